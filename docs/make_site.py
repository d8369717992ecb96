"""Make the site: what lies beside docs/, README first, joins the documents (a hook of MkDocs, see mkdocs.yml).

pip install mkdocs && mkdocs serve
"""

from pathlib import Path

from mkdocs.structure.files import File

ROOT = Path(__file__).resolve().parents[1]
BESIDE = {"README.md": "index.md", "CHANGELOG.md": "CHANGELOG.md", "CITATION.cff": "CITATION.cff"}


def on_files(files, config):
    """Add the files beside docs/, which link from outside of it."""
    for name, page in BESIDE.items():
        text = (ROOT / name).read_text(encoding="utf-8").replace("](docs/", "](")
        files.append(File.generated(config, page, content=text))
    return files
