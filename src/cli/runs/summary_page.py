"""The page of a summary, around the rows of its maps."""

BEGIN = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>occupy $command: $count maps</title>
<style>
body { font: 14px/1.4 system-ui, sans-serif; margin: 1.5em; color: #222; background: #fff; }
h1 { font-size: 1.3em; font-weight: 600; }
table { border-collapse: collapse; }
th { position: sticky; top: 0; background: #eef2f7; text-align: left; padding: 0; }
th button { all: unset; white-space: nowrap; cursor: pointer; padding: .5em .8em; display: block; font-weight: 600; }
th button:focus-visible { outline: 2px solid #1f4e9c; }
th[aria-sort=ascending] button::after { content: " ▴"; }
th[aria-sort=descending] button::after { content: " ▾"; }
td { border-bottom: 1px solid #ddd; padding: .35em .8em; vertical-align: middle; overflow-wrap: anywhere; }
td:nth-child(3), td:nth-child(4), td:nth-child(5), td:nth-child(8) { white-space: nowrap; }
td p { margin: .1em 0; max-width: 34em; }
td:nth-child(1) { padding: .2em; }
td img { display: block; height: 110px; max-width: 274px; object-fit: cover; object-position: right; }
a { color: #1f4e9c; }
a.script { font-weight: 600; }
img.result { max-width: 40em; }
.made { color: #2b6e3f; }
.kept { color: #666; }
.failed { color: #b3261e; font-weight: 600; }
</style>
</head>
<body>
<h1>occupy $command: $count maps</h1>
<p id="going">This run is still going on, or was stopped before its end. Load the page again to see what has come.</p>
$results<p>Click a column's name to sort. A <b>.cxc</b> file opens the map in ChimeraX.</p>
<script>
document.addEventListener("click", function (event) {
  var button = event.target.closest("th button");
  if (!button) return;
  var head = button.parentNode, body = document.querySelector("tbody"), sign = 1;
  if (head.getAttribute("aria-sort") === "ascending") sign = -1;
  head.parentNode.querySelectorAll("th").forEach(function (other) { other.removeAttribute("aria-sort"); });
  head.setAttribute("aria-sort", sign === 1 ? "ascending" : "descending");
  function value(row) {
    var cell = row.cells[head.cellIndex];
    return cell.dataset.v === undefined ? cell.textContent : cell.dataset.v;
  }
  function compare(one, other) {
    var a = value(one), b = value(other);
    if (a === "" || b === "") return (a === "") - (b === "");
    return sign * (isNaN(a) || isNaN(b) ? a.localeCompare(b, undefined, {numeric: true}) : a - b);
  }
  Array.from(body.rows).sort(compare).forEach(function (row) { body.appendChild(row); });
});
</script>
<table>
<thead>
<tr>
<th></th>
<th><button>map</button></th>
<th><button>state</button></th>
<th><button>full scale</button></th>
<th><button>solvent</button></th>
<th><button>remarks</button></th>
<th><button>files</button></th>
<th><button>seconds</button></th>
</tr>
</thead>
<tbody>
"""

END = """\
</tbody>
</table>
<style>#going { display: none; }</style>
<p>$made made, $kept kept from an earlier run, $failed failed.</p>
</body>
</html>
"""
