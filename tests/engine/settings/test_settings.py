"""The table of settings, its checks, and the defaults that follow."""

import json
from math import inf, isfinite, nan

import numpy as np
import pytest
from chimerax.occupy import SETTINGS, OccuPyError, SettingError
from chimerax.occupy.engine.settings.checks import check_lowpass, checked, checked_voxel_size, split
from chimerax.occupy.engine.settings.defaults import resolve_estimation
from chimerax.occupy.engine.settings.kinds import KINDS
from chimerax.occupy.engine.settings.table import (
    ESTIMATION,
    FLEXIBILITY,
    MASK,
    MODIFICATION,
    OCCUPANCY,
    PUBLISHED_MODES,
    UNCERTAINTY,
    default_in_words,
    group,
    respelled,
)

NUMBERS = [setting for setting in SETTINGS.values() if setting.kind in ("float", "int")]


def values_beyond_the_range():
    """Each number's values that are just outside of its range."""
    for setting in NUMBERS:
        step = 1 if setting.kind == "int" else 1e-9
        yield setting, nan
        yield setting, setting.lowest - step
        yield setting, -inf
        if setting.open_ends in ("low", "both"):
            yield setting, setting.lowest
        if isfinite(setting.highest):
            yield setting, setting.highest + step
            yield setting, inf
        if setting.open_ends in ("high", "both"):
            yield setting, setting.highest
        if setting.odd:
            yield setting, setting.lowest + 1


def ends_of_ranges():
    """Each number's lowest and highest value where they belong to the range."""
    for setting in NUMBERS:
        if setting.open_ends not in ("low", "both"):
            yield setting, setting.lowest
        if setting.open_ends not in ("high", "both"):
            yield setting, setting.highest


def resolved(voxel_size, **settings):
    return resolve_estimation(checked_voxel_size(voxel_size), checked(settings, ESTIMATION))


@pytest.mark.parametrize(("setting", "value"), list(values_beyond_the_range()), ids=lambda v: getattr(v, "name", v))
def test_a_value_beyond_its_range_raises_and_the_message_names_setting_value_and_range(setting, value):
    with pytest.raises(SettingError) as caught:
        checked({setting.name: value}, setting.group)
    message = str(caught.value)
    assert message.startswith(f"{setting.name} is {value}, but must be ")
    ends = [end for end in (setting.lowest, setting.highest) if isfinite(end)]
    assert all((str(end) if setting.kind == "int" else f"{end:g}") in message for end in ends)
    assert caught.value.name == setting.name


@pytest.mark.parametrize(("setting", "value"), list(ends_of_ranges()), ids=lambda v: getattr(v, "name", v))
def test_the_ends_of_a_closed_range_are_allowed(setting, value):
    assert checked({setting.name: value}, setting.group)[setting.name] == value


@pytest.mark.parametrize("setting", NUMBERS, ids=lambda s: s.name)
@pytest.mark.parametrize("value", ["5", True, 5j, [5], np.bool_(1)], ids=repr)
def test_what_is_no_number_is_refused(setting, value):
    with pytest.raises(SettingError, match=f"^{setting.name} is .*must be an? .*number"):
        setting.check(value)


@pytest.mark.parametrize("setting", [s for s in SETTINGS.values() if s.kind == "bool"], ids=lambda s: s.name)
@pytest.mark.parametrize("value", [0, 1, "true", None])
def test_what_is_not_true_or_false_is_refused(setting, value):
    with pytest.raises(SettingError, match=f"^{setting.name} is {value}, but must be true or false"):
        setting.check(value)


@pytest.mark.parametrize(
    ("name", "expected"), [("mode", "calibrated or occupancy or resolution"), ("normalization", "tiles or maximum")]
)
@pytest.mark.parametrize("value", ["other", "", 3, None, ["occupancy", "tiles"]])
def test_an_unknown_choice_raises_and_the_message_lists_the_choices(name, expected, value):
    with pytest.raises(SettingError) as caught:
        SETTINGS[name].check(value)
    assert str(caught.value) == f"{name} is {value}, but must be {expected}"


@pytest.mark.parametrize("name", ["kernel_size", "tile_size"])
@pytest.mark.parametrize("value", [7, 7.0, np.int8(7), np.float32(7), np.uint64(7)], ids=repr)
def test_whole_numbers_of_any_type_become_int(name, value):
    result = SETTINGS[name].check(value)
    assert (type(result), result) == (int, 7)


@pytest.mark.parametrize("value", [7.5, np.float32(7.25)], ids=repr)
def test_a_fraction_is_no_whole_number(value):
    with pytest.raises(SettingError, match="whole number"):
        SETTINGS["tile_size"].check(value)


def test_an_unknown_setting_raises_and_the_message_lists_the_known_ones():
    with pytest.raises(SettingError, match=r"^lowPass is not a setting here; expected one of mode, lowpass, "):
        checked({"lowPass": 8}, ESTIMATION)


def test_a_setting_of_another_group_is_unknown():
    with pytest.raises(SettingError, match=r"^power is not a setting here"):
        checked({"power": 3}, ESTIMATION)


def test_a_kind_of_modification_has_settings_and_defaults_of_its_own():
    powers = {kind: checked({}, kind)["power"] for kind in KINDS}
    assert powers == {"equalize": inf, "attenuate": 2, "sigmoid": 2}
    assert [kind for kind in KINDS if "pivot" in checked({}, kind)] == ["sigmoid"]
    assert [kind for kind in KINDS if "seed" in checked({}, kind)] == ["attenuate", "sigmoid"]
    with pytest.raises(SettingError, match=r"^pivot is not a setting here; expected one of power, scale_map, "):
        checked({"pivot": 0.4}, "equalize")


def test_settings_not_given_take_their_defaults():
    values = checked({"power": 3}, MODIFICATION)
    assert values.pop("power") == 3
    assert values == {s.name: s.default for s in group(MODIFICATION) if s.name != "power"}


@pytest.mark.parametrize("mode", PUBLISHED_MODES)
def test_in_the_published_modes_what_is_not_given_takes_the_published_default(mode):
    assert checked({}, ESTIMATION)["solvent_model"] == "auto"
    assert checked({"mode": mode}, ESTIMATION)["solvent_model"] == "uniform"
    assert checked({"mode": mode, "solvent_model": "auto"}, ESTIMATION)["solvent_model"] == "auto"
    assert resolved(2.0, mode=mode).solvent_model == "uniform"
    assert checked({"mode": mode}, "sigmoid", ESTIMATION)["signal_only"] is False
    assert checked({}, "sigmoid", mode=mode)["signal_only"] is False
    assert checked({"signal_only": True}, "sigmoid", mode=mode)["signal_only"] is True
    assert checked({"mode": "calibrated"}, "sigmoid", ESTIMATION, mode=mode)["signal_only"] is True


def test_only_what_the_published_method_does_not_have_differs_in_its_modes():
    groups = ESTIMATION, UNCERTAINTY, FLEXIBILITY, *KINDS, MASK
    pairs = zip(group(*groups), group(*groups, mode=OCCUPANCY), strict=True)
    assert {new.name for old, new in pairs if old != new} == {
        "solvent_model",
        "signal_only",
        "keep_noise",
        "remove_solvent",
    }


def test_a_default_in_words_tells_that_of_the_published_modes_where_it_is_another():
    told = {name: default_in_words(SETTINGS[name], str) for name in ("signal_only", "clip", "tau")}
    assert told["signal_only"] == "True; False in the modes occupancy and resolution"
    assert told["clip"] == "True"
    assert told["tau"] == SETTINGS["tau"].derived


@pytest.mark.parametrize("setting", list(SETTINGS.values()), ids=lambda s: s.name)
def test_every_default_is_usable_and_every_setting_explained(setting):
    assert setting.check(setting.default) == setting.default
    assert setting.help.endswith(".")
    assert setting.default is not None or setting.derived
    assert setting.published_default is None or setting.check(setting.published_default) == setting.published_default


def test_one_name_has_three_spellings():
    setting = SETTINGS["use_confidence"]
    assert (setting.name, setting.camel, setting.kebab) == ("use_confidence", "useConfidence", "use-confidence")


def test_a_sentence_of_the_engine_is_respelled_as_users_type_the_names():
    sentence = "max_box 40 and half_maps, but not box, mode, half_mapsx or max_boxes"
    expected = "maxBox 40 and halfMaps, but not box, mode, half_mapsx or max_boxes"
    assert respelled(sentence, lambda setting: setting.camel) == expected
    assert respelled("scale_limit", lambda setting: setting.kebab) == "scale-limit"


def test_split_parts_the_settings_of_an_estimate_from_all_others():
    assert split({"tau": 0.9, "power": 3, "unheard_of": 1}) == ({"tau": 0.9}, {"power": 3, "unheard_of": 1})


@pytest.mark.parametrize(
    ("voxel_size", "expected"),
    [(2, (2.0, 2.0, 2.0)), ((1, 2, 3), (1.0, 2.0, 3.0)), (np.array([1, 1.5, 2]), (1.0, 1.5, 2.0))],
)
def test_a_voxel_size_is_one_for_all_axes_or_one_for_each(voxel_size, expected):
    assert checked_voxel_size(voxel_size) == expected


@pytest.mark.parametrize("voxel_size", [0, -1.0, nan, inf, (1, 1, 0), (1, -2, 1), (1, 2), "wide", None, [[1, 2], [3]]])
def test_a_bad_voxel_size_raises_and_the_message_says_what_it_is(voxel_size):
    with pytest.raises(SettingError) as caught:
        checked_voxel_size(voxel_size)
    assert str(caught.value).startswith(f"voxel_size is {voxel_size}")


@pytest.mark.parametrize("voxel_size", [1e-200, 1e200])
def test_a_voxel_size_of_no_map_raises_an_error_for_the_user(voxel_size):
    with pytest.raises(OccuPyError, match="voxel_size"):
        resolved(voxel_size)


@pytest.mark.parametrize(
    ("voxel_size", "settings", "lowpass"),
    [
        (1.0, {}, 8.0),
        (1.0, {"resolution": 10}, 10.0),
        (1.0, {"resolution": 3}, 3.0),
        (1.5, {"resolution": 3}, 4.5),
        (3.0, {}, 9.0),
        (1.0, {"lowpass": 5}, 5.0),
        (1.0, {"lowpass": 2}, 2.0),
        (1.0, {"lowpass": 5, "resolution": 6}, 6.0),
        (1.0, {"lowpass": 7, "resolution": 6}, 7.0),
        ((1.0, 2.0, 4.0), {"lowpass": 4}, 4.0),
    ],
)
def test_lowpass_is_the_resolution_or_8_angstroms_and_at_least_3_voxels(voxel_size, settings, lowpass):
    assert resolved(voxel_size, **settings).lowpass == pytest.approx(lowpass, rel=1e-12)


def test_a_lowpass_finer_than_two_voxels_raises():
    with pytest.raises(SettingError, match=r"^lowpass is 3.9 Å, but must be at least two voxels, 4 Å here"):
        resolved(2.0, lowpass=3.9)


def test_an_output_lowpass_finer_than_two_of_the_smallest_voxels_raises():
    check_lowpass("output_lowpass", None, (1.0, 2.0, 3.0))
    check_lowpass("output_lowpass", 2.0, (1.0, 2.0, 3.0))
    with pytest.raises(SettingError, match=r"^output_lowpass is 1.9 Å, but must be at least two voxels, 2 Å here"):
        check_lowpass("output_lowpass", 1.9, (1.0, 2.0, 3.0))


def test_kernel_and_tau_can_be_set():
    settings = resolved(2.0, mode="occupancy", kernel_size=7, kernel_radius=3, tau=0.8, tile_size=20)
    assert (settings.kernel.size, settings.kernel.radius, settings.kernel.voxels) == (7, 6.0, 123)
    assert (settings.tau, settings.tile_size) == (0.8, 20)


def test_the_kernel_of_a_map_with_three_voxel_sizes_is_measured_by_their_geometric_mean():
    settings = resolved((1.0, 2.0, 4.0), lowpass=10)
    assert settings.mean_voxel_size == pytest.approx(2)
    assert settings.kernel_size == 5
    assert settings.kernel.radius == pytest.approx(5)


def test_resolved_settings_can_be_written_as_json():
    written = json.loads(json.dumps(resolved((1.0, 1.0, 2.0), resolution=9).as_dict()))
    assert written["voxel_size"] == [1.0, 1.0, 2.0]
    assert written["lowpass"] == 9
    assert written["kernel_voxels"] == resolved((1.0, 1.0, 2.0), resolution=9).kernel.voxels
