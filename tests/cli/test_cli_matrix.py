"""occupy refine on several maps: one matrix, on maps that gemmi simulates with known occupancies."""

import csv
import json
import shutil
from base64 import b64decode
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest
from chimerax.occupy.cli import matrix
from chimerax.occupy.cli.files.atom_groups import AtomChoice
from PIL import Image
from test_cli_many_maps import Page
from test_cli_refine import CORNERS, ORIGIN, SHAPE, VOXEL_SIZE, bundle, put, simulated, write

TRUTH = {
    "vol_a": {"A": 1.0, "B": 1.0, "C": 1.0},
    "vol_b": {"A": 1.0, "B": 0.0, "C": 1.0},
    "vol_c": {"A": 1.0, "B": 0.4, "C": 0.0},
    "vol_d": {"A": 1.0, "B": 0.0, "C": 1.0},
}
CLOSE = 0.03


@pytest.fixture(scope="module")
def densities():
    return {name: simulated(bundle(), truth) for name, truth in TRUTH.items()}


@pytest.fixture
def maps(tmp_path, store, densities):
    return [put(store, tmp_path / f"{name}.mrc", density) for name, density in densities.items()]


@pytest.fixture
def model_file(tmp_path):
    return write(tmp_path / "model.cif", bundle())


@pytest.fixture
def refined(occupy, tmp_path):
    """A function that refines and returns the matrix of the JSON file."""

    def run(*arguments, status=0):
        done = occupy("refine", *arguments, "--overwrite")
        assert done.returncode == status, done.stderr
        return json.loads((tmp_path / "occupancy_matrix.json").read_text())["matrix"]

    return run


def assert_truth(found, names=tuple(TRUTH), close=CLOSE):
    expected = [[TRUTH[name][chain] for chain in found["groups"]] for name in names]
    np.testing.assert_allclose(np.array(found["occupancies"], float), expected, atol=close)


def test_several_maps_make_one_matrix_in_csv_json_and_a_figure(occupy, maps, model_file, tmp_path):
    done = occupy("refine", *maps, "--atoms", model_file)
    assert done.returncode == 0, done.stderr
    saved = json.loads((tmp_path / "occupancy_matrix.json").read_text())
    assert_truth(saved["matrix"])
    assert saved["matrix"]["maps"] == [str(path) for path in maps]
    assert saved["atoms"]["models"] == [str(model_file.resolve())]
    with open(tmp_path / "occupancy_matrix.csv", newline="", encoding="utf-8") as file:
        headings, *rows = csv.reader(file)
    of_groups = [f"{name}{what}" for what in ("", " error", " correlation") for name in "ABC"]
    assert headings == ["map", "set", "correlation", "unexplained", *of_groups, "notes", "problem"]
    assert [row[0] for row in rows] == [str(path) for path in maps]
    np.testing.assert_allclose(np.array([row[4:7] for row in rows], float), saved["matrix"]["occupancies"])
    np.testing.assert_allclose(np.array([row[7:10] for row in rows], float), saved["matrix"]["standard_errors"])
    np.testing.assert_allclose(np.array([row[10:13] for row in rows], float), saved["matrix"]["local_correlations"])
    assert f"correlation {np.mean(saved['matrix']['correlations']):.2f} with the model on the mean" in done.stdout
    with Image.open(tmp_path / "occupancy_matrix.png") as picture:
        assert min(picture.size) > 300
        assert len(picture.convert("RGB").getcolors(1 << 24)) > 50
    assert "without B: vol_b, vol_d" in done.stdout
    assert not list(tmp_path.rglob(".*"))
    summary, sums = {"occupy_refine.csv", "occupy_refine.html"}, "occupancy_matrix_sums"
    made = {f"occupancy_matrix.{ending}" for ending in ("csv", "json", "png")} | summary | {sums}
    made |= {"occupancy_pairs.csv", "occupancy_assembly.png"}
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in (*maps, model_file)} | made
    assert len(list((tmp_path / sums).iterdir())) == len(maps)


class TestFlexibility:
    """ΔB of chains in maps in one of which chain B moves, and is absent in another."""

    SHIFT = 80.0

    @pytest.fixture
    def flexible(self, store, densities, tmp_path):
        moving = bundle()
        for residue in moving[0]["B"]:
            for atom in residue:
                atom.b_iso += self.SHIFT
        found = {"rest": densities["vol_a"], "moves": simulated(moving, TRUTH["vol_a"]), "absent": densities["vol_b"]}
        return [put(store, tmp_path / f"{name}.mrc", density) for name, density in found.items()]

    def test_it_is_in_json_csv_and_on_the_screen_and_as_of_each_map_alone(self, occupy, flexible, model_file, tmp_path):
        options = ("--atoms", model_file, "--flexibility", "--reference", "A", "--no-figures")
        done = occupy("refine", *flexible, *options)
        assert done.returncode == 0, done.stderr
        found = json.loads((tmp_path / "occupancy_matrix.json").read_text())["matrix"]
        assert found["b_shifts"][1][1] == pytest.approx(self.SHIFT, abs=20)
        assert found["b_shifts"][2][1] is found["b_shift_errors"][2][1] is None
        with open(tmp_path / "occupancy_matrix.csv", newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        for what, name in (("b_shift", "b_shifts"), ("b_shift error", "b_shift_errors")):
            read = [
                [float(row[f"{chain} {what}"]) if row[f"{chain} {what}"] else None for chain in "ABC"] for row in rows
            ]
            assert read == found[name]
        assert [float(row["b_shift_lowpass"]) for row in rows] == found["b_shift_lowpasses"]
        assert "  ΔB        of 8 of 9 cells, up to " in done.stdout
        assert done.stdout.split("of 8 of 9 cells")[1].splitlines()[0].endswith("of B in moves")
        alone = tmp_path / "alone.json"
        assert occupy("refine", flexible[1], *options, "--json", alone).returncode == 0
        (of_b,) = [row for row in json.loads(alone.read_text()) if row["group"] == "B"]
        assert found["b_shifts"][1][1] == pytest.approx(of_b["b_shift"], abs=0.5 * of_b["b_shift_error"])

    def test_resume_takes_it_from_what_was_read_and_reads_anew_where_it_was_not_asked_for(
        self, occupy, flexible, model_file, tmp_path
    ):
        options = ("--atoms", model_file, "--no-figures", "--resume")

        def states(*more):
            assert occupy("refine", *flexible, *options, *more).returncode == 0
            with open(tmp_path / "occupy_refine.csv", newline="", encoding="utf-8") as file:
                return {row["state"] for row in csv.DictReader(file)}

        assert states() == {"made"}
        assert states("--flexibility") == {"made"}
        table = tmp_path / "occupancy_matrix.csv"
        before = table.read_bytes()
        table.unlink()
        assert states("--flexibility") == {"kept"}
        assert table.read_bytes() == before

    def test_workers_tell_what_one_process_tells(self, refined, flexible, model_file):
        pytest.importorskip("distributed")
        options = ("--atoms", model_file, "--flexibility", "--no-figures")
        alone, found = refined(*flexible, *options), refined(*flexible, *options, "--workers", "2")
        for name in ("b_shifts", "b_shift_errors", "b_shift_lowpasses"):
            np.testing.assert_allclose(np.array(found[name], float), np.array(alone[name], float), atol=0.01)


def test_maps_on_other_grids_and_compressed_are_rows_like_others(refined, store, densities, maps, model_file, tmp_path):
    cropped = put_at(store, tmp_path / "vol_e.mrc.gz", densities["vol_c"][2:, 3:, :-4], (0, 3, 2))
    coarse = tmp_path / "vol_f.mrc"
    store(coarse, binned(densities["vol_b"]), 2 * VOXEL_SIZE, origin=tuple(ORIGIN + VOXEL_SIZE / 2))
    found = refined(*maps, cropped, coarse, "--atoms", model_file)
    assert found["lowpass"] == pytest.approx(2.1 * 2 * VOXEL_SIZE)
    assert_truth(found, [*TRUTH, "vol_c", "vol_b"], 0.06)


def test_a_file_that_is_no_map_fails_alone_and_changes_nothing_for_the_others(refined, maps, model_file, tmp_path):
    alone = refined(*maps, "--atoms", model_file)
    (tmp_path / "known.csv").write_text("map,A,B,C\n" + 100 * "vol_a.mrc,1,0.5,0\n")
    found = refined(*maps, tmp_path / "known.csv", "--atoms", model_file, status=1)
    assert (found["lowpass"], list(found["failed"])) == (alone["lowpass"], [str(tmp_path / "known.csv")])
    assert found["occupancies"][:-1] == alone["occupancies"]


def test_a_chain_that_is_displaced_in_a_map_is_told_of_and_in_the_csv(occupy, store, maps, model_file, tmp_path):
    shifted = np.roll(simulated(bundle(), {"A": 0, "B": 1, "C": 0}), 3, axis=0)
    maps[1].unlink()
    put(store, maps[1], shifted + simulated(bundle(), {"A": 1, "B": 0, "C": 1}))
    done = occupy("refine", *maps, "--atoms", model_file, "--overwrite")
    assert done.returncode == 0, done.stderr
    assert "  notes     on B (1 of 4 maps)" in done.stdout
    with open(tmp_path / "occupancy_matrix.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [bool(row["notes"]) for row in rows] == [False, True, False, False]
    assert rows[1]["notes"].startswith("B: displaced? a shift of ")


def test_the_page_of_the_run_begins_with_the_heat_map(refined, maps, model_file, tmp_path):
    refined(*maps, "--atoms", model_file)
    page = Page(tmp_path / "occupy_refine.html")
    assert page.pictures == ["occupancy_matrix.png", "occupancy_assembly.png"]
    tables = {"occupancy_matrix.csv", "occupancy_matrix.json", "occupancy_pairs.csv"}
    assert tables | set(page.pictures) < set(page.links)
    assert all((tmp_path / link).exists() for link in page.links)
    refined(*maps, "--atoms", model_file, "--no-figures")
    assert Page(tmp_path / "occupy_refine.html").pictures == []


def test_what_comes_with_what_is_in_a_table_and_in_json(refined, maps, model_file, tmp_path):
    refined(*maps, "--atoms", model_file)
    saved = json.loads((tmp_path / "occupancy_matrix.json").read_text())
    with open(tmp_path / "occupancy_pairs.csv", newline="", encoding="utf-8") as file:
        rows = {(row["of those with"], row["have"]): row for row in csv.DictReader(file)}
    assert len(rows) == 6
    assert float(rows["A", "B"]["share"]) == pytest.approx(1.4 / 4, abs=CLOSE)
    assert float(rows["C", "B"]["share"]) == saved["pairs"]["shares"][2][1] == pytest.approx(1 / 3, abs=CLOSE)
    assert [node["groups"] for node in saved["assembly"]["nodes"]] == [["A"], ["C"], ["B"]]
    assert saved["assembly"]["arrows"] == []


def test_an_order_of_assembly_is_told_and_drawn(occupy, store, model_file, tmp_path):
    paths = []
    for there, count in (("ABC", 5), ("AB", 5), ("A", 7)):
        density = simulated(bundle(), {chain: float(chain in there) for chain in "ABC"})
        paths += [put(store, tmp_path / f"{there}{i}.mrc", density) for i in range(count)]
    done = occupy("refine", *paths, "--atoms", model_file, "--reference", "A")
    assert done.returncode == 0, done.stderr
    assert "  order     C only with B\n" in done.stdout
    assembly = json.loads((tmp_path / "occupancy_matrix.json").read_text())["assembly"]
    assert [node["groups"] for node in assembly["nodes"]] == [["A"], ["B"], ["C"]]
    assert assembly["arrows"] == [[1, 2]]
    with Image.open(tmp_path / "occupancy_assembly.png") as picture:
        assert len(picture.convert("RGB").getcolors(1 << 24)) > 50


def put_at(store, path, density, first):
    return store(path, density, VOXEL_SIZE, origin=tuple(ORIGIN + VOXEL_SIZE * np.array(first)))


def binned(density):
    z, y, x = (n // 2 for n in density.shape)
    return density[: 2 * z, : 2 * y, : 2 * x].reshape(z, 2, y, 2, x, 2).mean(axis=(1, 3, 5))


def test_reference_maps_are_rows_too_and_cancel_what_the_model_gets_wrong(refined, maps, tmp_path):
    blurred = bundle()
    residues = list(blurred[0]["B"])
    for residue in residues[: len(residues) // 2]:  # of a whole chain a B-factor is found
        for atom in residue:
            atom.b_iso = 400
    model = write(tmp_path / "blurred.cif", blurred)
    plain = refined(*maps[1:], "--atoms", model)
    found = refined(*maps[1:], "--atoms", model, "--reference-maps", maps[0])
    assert found["maps"] == [str(path) for path in (*maps[1:], maps[0])]
    assert found["reference_maps"] == [str(maps[0])]
    assert_truth(found, [*list(TRUTH)[1:], "vol_a"], 0.04)
    assert abs(plain["occupancies"][1][1] - 0.4) > 2 * abs(found["occupancies"][1][1] - 0.4)


def test_each_map_may_have_a_model_of_its_own(refined, store, maps, tmp_path):
    moved_corners = {name: tuple(np.add(corner, (4, 6, -2))) for name, corner in CORNERS.items()}
    moved = put(store, tmp_path / "moved.mrc", simulated(bundle(moved_corners), TRUTH["vol_c"]))
    models = [write(tmp_path / "first.cif", bundle()), write(tmp_path / "second.cif", bundle(moved_corners))]
    found = refined(maps[1], moved, "--each-atoms", *models)
    assert_truth(found, ["vol_b", "vol_c"], 0.04)


def test_chains_may_have_any_name_and_maps_of_one_name_are_told_apart(occupy, store, densities, tmp_path):
    structure = bundle()
    names = {"A": "Aa", "B": "set", "C": "long-name.1"}
    for chain in structure[0]:
        chain.name = names[chain.name]
    model = write(tmp_path / "model.cif", structure)
    folders = [tmp_path / name for name in ("one", "$two_{")]
    for folder in folders:
        folder.mkdir()
    sources = [put(store, f / "vol.mrc", d) for f, d in zip(folders, list(densities.values())[1:], strict=False)]
    done = occupy("refine", *sources, "--atoms", model, "--output-dir", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "out" / "occupancy_matrix.json").read_text())["matrix"]
    assert found["groups"] == list(names.values())
    assert str(sources[1]) in done.stdout


def test_a_map_that_fails_is_a_row_that_says_why(occupy, store, densities, maps, model_file, tmp_path):
    empty = put(store, tmp_path / "empty.mrc", np.zeros_like(densities["vol_a"]))
    noise = np.random.default_rng(4).standard_normal(SHAPE).astype(np.float32)
    other = put(store, tmp_path / "other.mrc", noise)
    done = occupy("refine", empty, *maps[:2], other, tmp_path / "none.mrc", "--atoms", model_file)
    assert done.returncode == 1
    assert "no such file" in done.stderr
    found = json.loads((tmp_path / "occupancy_matrix.json").read_text())["matrix"]
    assert list(found["failed"]) == [str(empty), str(tmp_path / "none.mrc"), str(other)]
    assert "the model is not in the map" in found["failed"][str(other)]
    assert found["occupancies"][0] == [None] * 3
    with open(tmp_path / "occupancy_matrix.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [bool(row["problem"]) for row in rows] == [True, False, False, True, True]
    assert [row["A"] == "" for row in rows] == [True, False, False, True, True]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--atoms", "model.cif", "--half-maps", "vol_a.mrc", "vol_b.mrc"], "--half-maps is for one map"),
        (["--each-atoms", "model.cif"], "--each-atoms has 1 models for 2 maps"),
        (["--atoms", "model.cif", "--each-atoms", "model.cif", "model.cif"], "either --atoms"),
        ([], "either --atoms"),
        (["--atoms", "model.cif", "--reference", "Q"], "the reference Q is not a group"),
        (["--atoms", "model.cif", "--write-model", "new.cif"], "expected one map, not 2"),
        (["--atoms", "model.cif", "--csv", "x.csv", "--json", "x.csv"], "would be written twice"),
    ],
)
def test_a_mistake_is_told_in_a_sentence_and_leaves_nothing(occupy, maps, model_file, tmp_path, options, message):
    before = sorted(tmp_path.iterdir())
    done = occupy("refine", "vol_a.mrc", "vol_b.mrc", *options, cwd=tmp_path)
    assert done.returncode in (1, 2)
    assert message in done.stderr
    assert sorted(tmp_path.iterdir()) == before


def test_too_many_groups_are_refused_once_and_nothing_is_left(occupy, maps, tmp_path):
    model = write(tmp_path / "long.cif", bundle(residues=60))
    before = sorted(tmp_path.iterdir())
    done = occupy("refine", *maps, "--atoms", model, "--by", "residue")
    assert done.returncode == 1
    assert done.stderr.count("720 groups; expected at most 600: group atoms by segment or chain instead") == 1
    assert sorted(tmp_path.iterdir()) == before


def test_existing_files_are_not_replaced_unless_asked_for(occupy, maps, model_file, tmp_path):
    (tmp_path / "occupancy_matrix.png").write_text("mine")
    done = occupy("refine", *maps, "--atoms", model_file)
    assert done.returncode == 1
    assert "exists already" in done.stderr
    assert (tmp_path / "occupancy_matrix.png").read_text() == "mine"


@pytest.mark.parametrize("options", [("--workers", "2"), ("--workers", "2", "--no-figures")])
def test_workers_make_the_matrix_that_one_process_makes(refined, maps, model_file, tmp_path, options):
    pytest.importorskip("distributed")
    alone = refined(*maps, "missing.mrc", "--atoms", model_file, status=1)
    pictures = [tmp_path / "occupancy_matrix.png", tmp_path / "occupancy_assembly.png"]
    for picture in pictures:
        picture.unlink()
    found = refined(*maps, "missing.mrc", "--atoms", model_file, *options, status=1)
    for name in ("occupancies", "standard_errors"):
        np.testing.assert_allclose(np.array(found.pop(name), float), np.array(alone.pop(name), float), atol=1e-4)
    assert found["sets"] == alone["sets"]
    assert found["failed"] == alone["failed"] == {"missing.mrc": "missing.mrc: no such file"}
    assert [picture.exists() for picture in pictures] == ["--no-figures" not in options] * 2


class TestResume:
    """What was read of each map is kept, and what is read anew is told by the summary."""

    @pytest.fixture
    def states(self, occupy, tmp_path):
        """A function that refines with --resume and returns what became of each map."""

        def run(*arguments, status=0):
            done = occupy("refine", *arguments, "--resume")
            assert done.returncode == status, done.stderr
            with open(tmp_path / "occupy_refine.csv", newline="", encoding="utf-8") as file:
                return {Path(row["map"]).stem: row["state"] for row in csv.DictReader(file)}

        return run

    def test_maps_that_were_read_are_not_read_again_and_give_the_same_matrix(self, states, maps, model_file, tmp_path):
        table = tmp_path / "occupancy_matrix.csv"
        assert set(states(*maps[:3], "--atoms", model_file).values()) == {"made"}
        states(*maps, "--atoms", model_file)
        again, before = states(*maps, "--atoms", model_file), table.read_bytes()
        assert set(again.values()) == {"kept"}
        (tmp_path / "occupy_refine.csv").unlink()
        shutil.rmtree(tmp_path / "occupancy_matrix_sums")
        assert set(states(*maps, "--atoms", model_file).values()) == {"made"}
        assert table.read_bytes() == before

    def test_other_references_and_more_maps_read_new_maps_only(self, states, maps, model_file, tmp_path):
        states(*maps[1:3], "--atoms", model_file)
        found = states(*maps[1:], "--atoms", model_file, "--reference", "A", "--reference-maps", maps[0])
        assert found == {"vol_a": "made", "vol_b": "kept", "vol_c": "kept", "vol_d": "made"}
        matrix = json.loads((tmp_path / "occupancy_matrix.json").read_text())["matrix"]
        assert_truth(matrix, [*list(TRUTH)[1:], "vol_a"])

    def test_maps_are_read_anew_where_a_map_its_model_or_a_setting_is_another(self, states, store, maps, tmp_path):
        models = [write(tmp_path / f"{i}.cif", bundle()) for i in range(4)]
        assert set(states(*maps, "--each-atoms", *models).values()) == {"made"}
        maps[0].unlink()
        put(store, maps[0], simulated(bundle(), TRUTH["vol_c"]))
        write(models[2], bundle({name: tuple(np.add(corner, (1, 0, 0))) for name, corner in CORNERS.items()}))
        found = states(*maps, "--each-atoms", *models)
        assert found == {"vol_a": "made", "vol_b": "kept", "vol_c": "made", "vol_d": "kept"}
        assert set(states(*maps, "--each-atoms", *models, "--lowpass", 9).values()) == {"made"}

    def test_a_map_of_larger_voxels_lowers_the_resolution_of_all_so_that_all_are_read(
        self, states, store, densities, maps, model_file, tmp_path
    ):
        states(*maps, "--atoms", model_file)
        coarse = tmp_path / "coarse.mrc"
        store(coarse, binned(densities["vol_b"]), 2 * VOXEL_SIZE, origin=tuple(ORIGIN + VOXEL_SIZE / 2))
        assert set(states(*maps, coarse, "--atoms", model_file).values()) == {"made"}


def test_a_map_is_read_the_same_in_another_process(maps, model_file, tmp_path):
    source = str(maps[1])
    work = partial(matrix.read_one, voxel_size=None, settings={"lowpass": 9.0})
    files = [matrix.SumsFile(source, AtomChoice((model_file,)), tmp_path / name) for name in ("there", "here")]
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        there = pool.submit(work, source, files[0]).result().rows[0]
    here = work(source, files[1]).rows[0]
    assert there.pop("box") == here.pop("box")
    for name in ("cross", "power"):
        values = [np.frombuffer(b64decode(row[name])) for row in (there, here)]
        np.testing.assert_allclose(*values, rtol=1e-4, atol=1e-6 * np.abs(values[0]).max())
