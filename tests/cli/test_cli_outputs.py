"""What `occupy estimate`, `equalize`, `attenuate` and `sigmoid` write, against what the Python API returns."""

import json
import re
from importlib.metadata import version

import chimerax.occupy as library
import numpy as np
import pytest
from matplotlib.image import imread

STEM = {"estimate": "occupancy", "equalize": "equalized", "attenuate": "attenuated", "sigmoid": "sigmoid"}
MODIFICATIONS = ("equalize", "attenuate", "sigmoid")


def names(command):
    """The files that a command writes for map.mrc: the map, the scale map, the figure, the script, the record."""
    scale = "" if command == "estimate" else "_scale"
    stem = f"map_{STEM[command]}"
    return [f"{stem}.mrc", f"{stem}{scale}.mrc", f"{stem}.png", f"{stem}.cxc", f"{stem}.json"]


def strict_json(path):
    """What a JSON file holds, if it keeps to the standard, which has no NaN and no infinity."""

    def refuse(constant):
        raise AssertionError(f"{constant} is not JSON")

    return json.loads(path.read_text(encoding="utf-8"), parse_constant=refuse)


def as_json(values):
    """The values as they come out of a JSON file: tuples are lists."""
    return json.loads(json.dumps(values))


def opened(script):
    """The files that a ChimeraX script opens."""
    return list(opened_as(script).values())


def opened_as(script):
    """By the name that a ChimeraX script gives a map while it runs, the file."""
    found = re.findall(r'^open "(.+)" name (\w+)$', script.read_text(encoding="utf-8"), re.MULTILINE)
    return {name: path for path, name in found}


@pytest.fixture(scope="module")
def folder(tmp_path_factory, store, density):
    folder = tmp_path_factory.mktemp("outputs")
    store(folder / "map.mrc", density)
    return folder


@pytest.fixture(scope="module")
def done(folder, occupy):
    """A function from a command to the paths it wrote in a folder of its own, and to the process; all defaults."""
    results = {}

    def run(command):
        out = folder / "new" / command
        if command not in results:
            results[command] = occupy(command, folder / "map.mrc", "--output-dir", out)
            assert results[command].returncode == 0, results[command].stderr
        return [out / name for name in names(command)], results[command]

    return run


@pytest.fixture(scope="module")
def expected(density):
    return library.estimate(density, 1.5)


@pytest.mark.parametrize("command", STEM)
class TestEveryCommand:
    def test_all_files_are_written_into_the_output_folder_and_named(self, done, command):
        paths, result = done(command)
        assert set(paths[0].parent.iterdir()) == set(paths)
        assert all(str(path) in result.stdout for path in paths)

    def test_the_scale_map_is_that_of_the_python_api(self, done, expected, load, command):
        assert np.array_equal(load(done(command)[0][1])[0], expected.scale)

    def test_the_record_holds_the_map_settings_and_limits(self, done, expected, folder, density, command):
        record = strict_json(done(command)[0][4])
        assert record["map"] == str((folder / "map.mrc").resolve())
        assert record["program"].endswith(version("ChimeraX-OccuPy"))
        assert record["arguments"][0] == command
        assert record["estimation"].items() >= as_json(expected.settings.as_dict()).items()
        assert record["limits"] == as_json(expected.limits())
        assert record["limits"]["highest_density"] == density.max()
        tau, voxels = record["estimation"]["tau"], record["estimation"]["kernel_voxels"]
        assert tau**voxels + tau == pytest.approx(1)
        assert record["warnings"] == []

    def test_the_record_holds_every_setting(self, done, command):
        record = strict_json(done(command)[0][4])
        for setting in library.SETTINGS.values():
            if setting.group == "estimation" or (setting.group in record and command in setting.kinds):
                assert setting.name in record[setting.group]

    def test_the_figure_is_a_png_with_a_picture(self, done, command):
        figure = done(command)[0][2]
        assert figure.read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
        picture = imread(figure)
        assert min(picture.shape[:2]) > 200
        assert picture.std() > 0.01

    def test_the_script_opens_the_files_by_their_names_and_colors_by_the_scale_map(self, done, folder, command):
        paths = done(command)[0]
        source = (folder / "map.mrc").resolve().as_posix()
        assert set(opened(paths[3])) == {source, paths[0].name, paths[1].name}
        script, files = paths[3].read_text(encoding="utf-8"), opened_as(paths[3])
        (scale,) = re.findall(r'^color sample .* map ##name="(\w+)"', script, re.MULTILINE)
        assert files[scale] == paths[1].name
        (shown,) = re.findall(r'^volume ##name="(\w+)" style surface', script, re.MULTILINE)
        assert files[shown] == (source if command == "estimate" else paths[0].name)
        assert set(re.findall(r'^hide ##name="(\w+)" models$', script, re.MULTILINE)) == files.keys() - {shown}


@pytest.mark.parametrize("command", ["estimate", "equalize"])
def test_the_script_opens_no_compressed_file_since_chimerax_cannot(occupy, store, density, tmp_path, command):
    result = occupy(command, store(tmp_path / "map.mrc.gz", density))
    assert result.returncode == 0, result.stderr
    files = opened(tmp_path / names(command)[3])
    assert len(files) >= 2
    assert all((tmp_path / name).is_file() for name in files)
    assert [name for name in files if name.endswith((".gz", ".bz2"))] == []


@pytest.mark.parametrize("command", MODIFICATIONS)
def test_the_modified_map_is_that_of_the_python_api(done, density, load, command):
    modified = getattr(library, command)(density, 1.5)
    assert not np.array_equal(modified, density)
    assert np.array_equal(load(done(command)[0][0])[0], modified)


def test_the_record_holds_the_gain_that_was_reached(occupy, map_file, density, load, tmp_path):
    options = ("--no-signal-only", "--no-remove-solvent", "--output-dir", tmp_path)
    assert occupy("equalize", map_file, *options).returncode == 0
    record = strict_json(tmp_path / f"{map_file.stem}_equalized.json")["modification"]
    gain = (load(tmp_path / f"{map_file.stem}_equalized.mrc")[0] / density).max()
    assert record["signal_only"] is False
    assert 1 < gain <= record["gain_reached"] * 1.0001 <= record["max_gain"] * 1.0002


@pytest.mark.parametrize("command", ["equalize", "sigmoid"])
def test_what_comes_out_is_printed_and_in_the_record(done, density, command):
    paths, result = done(command)
    made = library.modify(density, 1.5, command)
    record = strict_json(paths[4])["modification"]
    assert record["scale_reached"] == made.reached.as_dict()
    assert record["notes"] == made.notes
    assert [line for line in result.stdout.splitlines() if line == f"  note      {made.notes[0]}"]


def test_the_resolution_of_what_is_shown_is_written_beside_the_map_and_kept_by_resume(
    occupy, map_file, tmp_path, load, density
):
    def run(*options):
        result = occupy("equalize", map_file, "--no-figures", *options)
        assert result.returncode == 0, result.stderr
        return result.stdout

    run()
    path = tmp_path / "map_equalized_resolution.mrc"
    assert not path.exists()
    assert str(path) in run("--resolution-map", "--resume")
    expected = library.modify(density, 1.5, resolution_map=True).resolution
    assert np.array_equal(load(path)[0], expected)
    written = path.stat().st_mtime_ns
    run("--resolution-map", "--resume")
    assert path.stat().st_mtime_ns == written
    path.unlink()
    run("--resolution-map", "--resume")
    assert np.array_equal(load(path)[0], expected)


@pytest.mark.parametrize("option", [["--no-signal-only"], ["--mode", "occupancy"]], ids=" ".join)
def test_the_resolution_of_what_is_shown_is_refused_where_the_map_is_multiplied(occupy, map_file, tmp_path, option):
    result = occupy("equalize", map_file, "--resolution-map", *option)
    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    assert "--resolution-map is known where the signal alone is shown" in line
    assert [path.name for path in tmp_path.iterdir()] == ["map.mrc"]


def test_equalise_is_equalize(occupy, done, map_file, tmp_path):
    assert occupy("equalise", map_file).returncode == 0
    for path in done("equalize")[0][:3]:
        assert (tmp_path / path.name).read_bytes()[1024:] == path.read_bytes()[1024:]


def test_outputs_are_beside_the_map_where_no_folder_is_given(occupy, map_file, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    assert occupy("estimate", map_file, cwd=tmp_path / "elsewhere").returncode == 0
    assert list((tmp_path / "elsewhere").iterdir()) == []
    assert {path.name for path in tmp_path.iterdir()} == {"map.mrc", "elsewhere", *names("estimate")}


def test_flexibility_is_written_in_square_angstrom_without_a_value_that_is_no_number(
    occupy, map_file, tmp_path, load, density
):
    options = ("--flexibility", "--uncertainty", "--output-dir", tmp_path)
    result = occupy("estimate", map_file, *options)
    assert result.returncode == 0
    found = library.estimate(density, 1.5, flexibility=True, uncertainty=True)
    for ending, values in (("", found.flexibility), ("_error", found.flexibility_error)):
        written, _ = load(tmp_path / f"{map_file.stem}_flexibility{ending}.mrc")
        np.testing.assert_array_equal(written, np.where(np.isnan(values), -1000, values))
    record = json.loads((tmp_path / f"{map_file.stem}_occupancy.json").read_text(encoding="utf-8"))
    assert record["estimation"]["flexibility"] is True
    assert record["limits"]["flexibility_untold"] == found.flexibility_untold
    assert all(note in result.stdout for note in found.notes)


def test_mode_resolution_writes_a_map_called_local_scale(occupy, map_file, tmp_path, load, density):
    assert occupy("estimate", map_file, "--mode", "resolution").returncode == 0
    made = {name.replace("occupancy", "local_scale") for name in names("estimate")}
    assert {path.name for path in tmp_path.iterdir()} == {"map.mrc", *made}
    scale = load(tmp_path / "map_local_scale.mrc")[0]
    assert np.array_equal(scale, library.estimate(density, 1.5, mode="resolution").scale)


ESTIMATION_OPTIONS = {
    "mode": "occupancy",
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
    assert record["notes"] == expected.notes
    assert record["estimation"].items() >= as_json(expected.settings.as_dict()).items()
    assert record["estimation"].items() >= (ESTIMATION_OPTIONS.items() - {("lowpass", 7.5), ("resolution", 9.5)})
    assert record["estimation"]["lowpass"] == 9.5, "the larger of lowpass and resolution counts"


@pytest.mark.parametrize(
    ("command", "others"),
    [
        ("equalize", {}),
        ("equalize", {"match_histogram": True, "clip": True, "power": 1.5}),
        ("attenuate", {"noise": False}),
        ("sigmoid", {"pivot": 0.3, "seed": 7}),
    ],
)
def test_modification_options_do_what_the_python_keywords_do(
    occupy, map_file, tmp_path, load, density, command, others
):
    settings = MODIFICATION_OPTIONS | others
    result = occupy(command, map_file, *as_options(settings))
    assert result.returncode == 0, result.stderr
    expected = getattr(library, command)(density, 1.5, **settings)
    assert np.array_equal(load(tmp_path / names(command)[0])[0], expected)
    record = strict_json(tmp_path / names(command)[4])["modification"]
    assert record["kind"] == command
    assert record.items() >= settings.items()


@pytest.mark.parametrize("mode", ["occupancy", "resolution"])
def test_a_full_scale_that_is_given_is_used_and_recorded(occupy, map_file, tmp_path, load, density, mode):
    assert occupy("estimate", map_file, "--full-scale", 0.8, "--mode", mode).returncode == 0
    (record,) = tmp_path.glob("*.json")
    assert strict_json(record)["limits"]["full_scale"] == 0.8
    scale = load(record.with_suffix(".mrc"))[0]
    assert np.array_equal(scale, library.estimate(density, 1.5, full_scale=0.8, mode=mode).scale)


@pytest.fixture(scope="module")
def other_maps(density):
    """A solvent mask, two half maps and a scale map, as arrays."""
    noise = 0.02 * np.random.default_rng(3).standard_normal(density.shape).astype(np.float32)
    mask = (density < 0.1).astype(np.int8)
    return {"solvent_mask": mask, "half_maps": [density - noise, density + noise], "scale_map": np.clip(density, 0, 1)}


@pytest.fixture(scope="module")
def with_other_maps(folder, occupy, store, other_maps):
    """A run of `equalize` with all of them in files with other axis orders than the map; its outputs."""
    mask = store(folder / "mask.mrc", other_maps["solvent_mask"], order="zyx")
    halves = [store(folder / f"half{i}.mrc", half, order="yzx") for i, half in enumerate(other_maps["half_maps"])]
    scale = store(folder / "scale.mrc", other_maps["scale_map"], order="yxz")
    options = ("--solvent-mask", mask, "--half-maps", *halves, "--scale-map", scale)
    result = occupy("equalize", folder / "map.mrc", *options, "--output-dir", folder / "others")
    assert result.returncode == 0, result.stderr
    return [folder / "others" / name for name in names("equalize")]


def test_masks_half_maps_and_scale_maps_are_read_whatever_their_axis_order(with_other_maps, load, density, other_maps):
    assert np.array_equal(load(with_other_maps[0])[0], library.equalize(density, 1.5, **other_maps))
    assert np.array_equal(load(with_other_maps[1])[0], other_maps["scale_map"])


@pytest.mark.parametrize("name", ["mask.mrc", "half0.mrc", "half1.mrc", "scale.mrc"])
def test_the_record_names_the_other_maps_among_the_settings(with_other_maps, name):
    record = strict_json(with_other_maps[4])
    assert name in json.dumps([record["estimation"], record["modification"]])


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


@pytest.mark.parametrize("encoding", ["gbk"])
def test_a_terminal_or_pipe_without_the_letters_of_the_summary_still_gets_it(occupy, map_file, tmp_path, encoding):
    result = occupy("estimate", map_file, encoding=encoding)
    assert "Traceback" not in result.stderr
    assert result.returncode == 0
    assert "map_occupancy.mrc" in result.stdout
