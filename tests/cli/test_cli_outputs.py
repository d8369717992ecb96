"""What `occupy estimate` and `occupy equalize` write, against what the Python API returns."""

import json
import re
from importlib.metadata import version

import numpy as np
import pytest
from matplotlib.image import imread

import chimerax.occupy as library

ESTIMATE = ("map_occupancy.mrc", "map_occupancy.png", "map_occupancy.cxc", "map_occupancy.json")
EQUALIZE = ("map_equalized.mrc", "map_equalized_scale.mrc", "map_equalized.png", "map_equalized.cxc",
            "map_equalized.json")  # fmt: skip


def strict_json(path):
    """What a JSON file holds, if it keeps to the standard, which has no NaN and no infinity."""

    def refuse(constant):
        raise AssertionError(f"{constant} is not JSON")

    return json.loads(path.read_text(encoding="utf-8"), parse_constant=refuse)


def opened(script):
    """The files that a ChimeraX script opens."""
    return re.findall(r'^open "(.+)"$', script.read_text(encoding="utf-8"), re.MULTILINE)


@pytest.fixture(scope="module")
def folder(tmp_path_factory, store, density):
    folder = tmp_path_factory.mktemp("outputs")
    store(folder / "map.mrc", density)
    return folder


@pytest.fixture(scope="module")
def estimated(folder, occupy):
    """A run of `estimate` in its own folder; all defaults."""
    result = occupy("estimate", folder / "map.mrc", "--output-dir", folder / "new" / "estimated")
    assert result.returncode == 0, result.stderr
    return folder / "new" / "estimated", result


@pytest.fixture(scope="module")
def equalized(folder, occupy):
    """A run of `equalize` in its own folder; all defaults."""
    result = occupy("equalize", folder / "map.mrc", "--output-dir", folder / "equalized")
    assert result.returncode == 0, result.stderr
    return folder / "equalized", result


@pytest.fixture(scope="module")
def expected(density):
    return library.estimate(density, 1.5)


def test_estimate_writes_its_four_files_into_the_output_folder_and_names_them(estimated):
    folder, result = estimated
    assert sorted(path.name for path in folder.iterdir()) == sorted(ESTIMATE)
    assert all(str(folder / name) in result.stdout for name in ESTIMATE)


def test_equalize_writes_its_five_files_into_the_output_folder_and_names_them(equalized):
    folder, result = equalized
    assert sorted(path.name for path in folder.iterdir()) == sorted(EQUALIZE)
    assert all(str(folder / name) in result.stdout for name in EQUALIZE)


def test_outputs_are_beside_the_map_where_no_folder_is_given(occupy, map_file, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    assert occupy("estimate", map_file, cwd=tmp_path / "elsewhere").returncode == 0
    assert all((tmp_path / name).is_file() for name in ESTIMATE)
    assert list((tmp_path / "elsewhere").iterdir()) == []
    assert {path.name for path in tmp_path.iterdir()} == {"map.mrc", "elsewhere", *ESTIMATE}


def test_mode_resolution_writes_a_map_called_local_scale(occupy, map_file, tmp_path, load, density):
    assert occupy("estimate", map_file, "--mode", "resolution").returncode == 0
    assert {path.name for path in tmp_path.iterdir()} == {
        "map.mrc", *(name.replace("occupancy", "local_scale") for name in ESTIMATE)
    }  # fmt: skip
    scale = load(tmp_path / "map_local_scale.mrc")[0]
    assert np.array_equal(scale, library.estimate(density, 1.5, mode="resolution").scale)


def test_the_scale_map_is_that_of_the_python_api(estimated, equalized, expected, load):
    assert np.array_equal(load(estimated[0] / "map_occupancy.mrc")[0], expected.scale)
    assert np.array_equal(load(equalized[0] / "map_equalized_scale.mrc")[0], expected.scale)


def test_the_equalized_map_is_that_of_the_python_api(equalized, density, load):
    assert np.array_equal(load(equalized[0] / "map_equalized.mrc")[0], library.equalize(density, 1.5))


def test_equalise_is_equalize(occupy, equalized, map_file, tmp_path):
    assert occupy("equalise", map_file).returncode == 0
    for name in EQUALIZE[:3]:
        assert (tmp_path / name).read_bytes()[1024:] == (equalized[0] / name).read_bytes()[1024:]


def test_the_records_hold_the_map_settings_and_limits(estimated, equalized, expected, folder, density):
    for path in (estimated[0] / ESTIMATE[-1], equalized[0] / EQUALIZE[-1]):
        record = strict_json(path)
        assert record["map"] == str((folder / "map.mrc").resolve())
        assert record["program"].endswith(version("ChimeraX-OccuPy"))
        assert record["estimation"] == expected.settings.as_dict()
        assert record["limits"] == expected.limits()
        assert record["limits"]["highest_density"] == density.max()
        tau, voxels = record["estimation"]["tau"], record["estimation"]["kernel_voxels"]
        assert tau**voxels + tau == pytest.approx(1)
        assert record["warnings"] == []


def test_the_record_of_estimate_holds_every_estimation_setting(estimated):
    known = {name for name, setting in library.SETTINGS.items() if setting.group == "estimation"}
    assert known - strict_json(estimated[0] / ESTIMATE[-1])["estimation"].keys() == set()


def test_the_record_of_equalize_holds_every_modification_setting_and_the_gain(equalized, density, load):
    record = strict_json(equalized[0] / EQUALIZE[-1])["modification"]
    known = {name for name, setting in library.SETTINGS.items() if setting.group == "modification"}
    assert known - record.keys() == set()
    amplified = load(equalized[0] / "map_equalized.mrc")[0] / density
    assert 1 < np.nanmax(amplified) <= record["gain_reached"] * 1.0001 <= record["max_gain"] * 1.0002


def test_the_figure_is_a_png_with_a_picture(estimated, equalized):
    for path in (estimated[0] / "map_occupancy.png", equalized[0] / "map_equalized.png"):
        assert path.read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
        picture = imread(path)
        assert min(picture.shape[:2]) > 200
        assert picture.std() > 0.01


def test_the_script_of_estimate_colors_the_map_by_its_scale(estimated, folder):
    script = estimated[0] / "map_occupancy.cxc"
    assert opened(script) == ["map_occupancy.mrc", str((folder / "map.mrc").resolve())]
    assert 'color sample ##name="map.mrc" map ##name="map_occupancy.mrc"' in script.read_text(encoding="utf-8")


def test_the_script_of_equalize_opens_the_map_too_and_colors_the_result(equalized, folder):
    script = equalized[0] / "map_equalized.cxc"
    assert opened(script) == [str((folder / "map.mrc").resolve()), "map_equalized_scale.mrc", "map_equalized.mrc"]
    coloring = 'color sample ##name="map_equalized.mrc" map ##name="map_equalized_scale.mrc"'
    assert coloring in script.read_text(encoding="utf-8")


@pytest.mark.parametrize("command", ["estimate", "equalize"])
def test_the_script_opens_no_compressed_file_since_chimerax_cannot(occupy, store, density, tmp_path, command):
    source = store(tmp_path / "map.mrc.gz", density)
    assert occupy(command, source).returncode == 0
    (script,) = tmp_path.glob("*.cxc")
    assert [name for name in opened(script) if name.endswith((".gz", ".bz2"))] == []


ESTIMATION_OPTIONS = {
    "lowpass": 7.5,
    "resolution": 9.5,
    "kernel_size": 7,
    "kernel_radius": 2.5,
    "tau": 0.9,
    "tile_size": 9,
    "normalization": "maximum",
    "max_box": 38,
    "recalibrate": True,
}
MODIFICATION_OPTIONS = {
    "power": 2.5,
    "hedge": 1.5,
    "scale_limit": 0.2,
    "max_gain": 1.3,
    "use_confidence": False,
    "output_lowpass": 5.0,
    "clip": False,
    "remove_solvent": True,
}


def as_options(settings):
    """The settings as they are typed in the shell."""
    options = []
    for name, value in settings.items():
        kebab = name.replace("_", "-")
        options += [f"--{'' if value else 'no-'}{kebab}"] if isinstance(value, bool) else [f"--{kebab}", value]
    return options


def test_estimation_options_do_what_the_python_keywords_do(occupy, map_file, tmp_path, load, density):
    result = occupy("estimate", map_file, *as_options(ESTIMATION_OPTIONS))
    assert result.returncode == 0, result.stderr
    expected = library.estimate(density, 1.5, **ESTIMATION_OPTIONS)
    assert np.array_equal(load(tmp_path / "map_occupancy.mrc")[0], expected.scale)
    record = strict_json(tmp_path / "map_occupancy.json")
    assert record["notes"] == expected.notes != []
    assert record["estimation"] == expected.settings.as_dict()
    assert record["estimation"].items() >= (ESTIMATION_OPTIONS.items() - {("lowpass", 7.5), ("resolution", 9.5)})
    assert record["estimation"]["lowpass"] == 9.5, "the larger of lowpass and resolution counts"


@pytest.mark.parametrize("others", [{}, {"match_histogram": True, "clip": True, "power": 1.5}], ids=["", "matched"])
def test_modification_options_do_what_the_python_keywords_do(occupy, map_file, tmp_path, load, density, others):
    settings = MODIFICATION_OPTIONS | others
    result = occupy("equalize", map_file, *as_options(settings))
    assert result.returncode == 0, result.stderr
    assert np.array_equal(load(tmp_path / "map_equalized.mrc")[0], library.equalize(density, 1.5, **settings))
    assert strict_json(tmp_path / "map_equalized.json")["modification"].items() >= settings.items()


@pytest.fixture(scope="module")
def with_other_maps(folder, occupy, store, density):
    """A run of `equalize` with a solvent mask and a scale map, both with other axis orders than the map."""
    mask = store(folder / "mask.mrc", (density < 0.1).astype(np.int8), order="zyx")
    scale = store(folder / "scale.mrc", np.clip(density, 0, 1), order="yxz")
    options = ("--solvent-mask", mask, "--scale-map", scale, "--output-dir", folder / "others")
    result = occupy("equalize", folder / "map.mrc", *options)
    assert result.returncode == 0, result.stderr
    return folder / "others"


def test_solvent_mask_and_scale_map_are_read_whatever_their_axis_order(with_other_maps, load, density):
    mask, scale = density < 0.1, np.clip(density, 0, 1)
    expected = library.equalize(density, 1.5, solvent_mask=mask, scale_map=scale)
    assert np.array_equal(load(with_other_maps / "map_equalized.mrc")[0], expected)
    assert np.array_equal(load(with_other_maps / "map_equalized_scale.mrc")[0], scale)


@pytest.mark.parametrize(("group", "setting"), [("estimation", "solvent_mask"), ("modification", "scale_map")])
def test_the_record_names_the_other_maps_that_were_used(with_other_maps, group, setting):
    record = strict_json(with_other_maps / "map_equalized.json")[group]
    name = {"solvent_mask": "mask.mrc", "scale_map": "scale.mrc"}[setting]
    assert record.get(setting, "nothing").endswith(name)


def test_a_note_names_options_as_they_are_typed_in_the_shell(occupy, map_file):
    result = occupy("estimate", map_file, "--max-box", 32)
    assert "--max-box 32" in result.stdout
    assert "maxBox" not in result.stdout


def test_a_masked_map_gets_a_warning_and_its_outputs(occupy, store, density, tmp_path):
    masked = store(tmp_path / "map.mrc", np.where(density > 0.3, density, 0))
    result = occupy("estimate", masked)
    assert result.returncode == 0
    assert re.search(r"^ *warning +\d+% of the voxels are exactly 0: .*masked", result.stdout, re.MULTILINE)
    (warning, *_) = strict_json(tmp_path / "map_occupancy.json")["warnings"]
    assert warning in result.stdout


@pytest.mark.parametrize("encoding", ["ascii", "cp932", "gbk"])
def test_a_terminal_or_pipe_without_the_letters_of_the_summary_still_gets_it(occupy, map_file, tmp_path, encoding):
    result = occupy("estimate", map_file, encoding=encoding)
    assert "Traceback" not in result.stderr
    assert result.returncode == 0
    assert "map_occupancy.mrc" in result.stdout
