"""occupy color in ChimeraX."""

import numpy as np
from chimerax.color_key.model import get_model
from chimerax.core.errors import UserError
from chimerax.occupy.commands.maps import new_map, sample
from chimerax.occupy.figures.palette import UNTOLD
from chimerax.surface.colorvol import volume_coloring
from support import MapTestCase, session


class Color(MapTestCase):
    def setUp(self):
        super().setUp()
        self.scale = self.run_command("occupy estimate #1 color false")

    def test_surfaces_of_maps_and_others_are_colored(self):
        self.run_command("shape sphere radius 20 center 40,40,40")
        self.run_command(f"occupy color #1,3 scaleMap #{self.scale.id_string}")
        sphere = next(m for m in session.models.list() if m.name == "sphere")
        for surface in (self.map.surfaces[0], sphere):
            self.assertIs(volume_coloring(surface).volume, self.scale)
            self.assertGreater(len(np.unique(surface.vertex_colors, axis=0)), 10)

    def test_coloring_is_undone(self):
        self.run_command(f"occupy color #1 scaleMap #{self.scale.id_string}")
        self.assertIsNotNone(self.colors_of(self.map))
        session.undo.undo(silent=True)
        self.assertIsNone(self.colors_of(self.map))

    def test_key_false_shows_no_key(self):
        self.run_command(f"occupy color #1 scaleMap #{self.scale.id_string} key false")
        self.assertIsNone(get_model(session, create=False))

    def test_palette_with_values_keeps_them_unless_a_range_is_given(self):
        self.run_command(f"occupy color #1 scaleMap #{self.scale.id_string} palette 0.1,blue:0.5,white:0.7,red")
        colormap = volume_coloring(self.map.surfaces[0]).colormap
        np.testing.assert_allclose(colormap.data_values, (0.1, 0.5, 0.7))

    def test_palette_with_values_is_stretched_to_a_range_that_is_given(self):
        for ends in ("range 0.2,0.8", "range full"):
            self.run_command(f"occupy color #1 scaleMap #{self.scale.id_string} palette 0,blue:60,white:100,red {ends}")
            recolor = volume_coloring(self.map.surfaces[0])
            values, _ = recolor.volume_values()
            low, high = (0.2, 0.8) if "full" not in ends else (values.min(), values.max())
            expected = (low, low + 0.6 * (high - low), high)
            np.testing.assert_allclose(recolor.colormap.data_values, expected, rtol=1e-5)

    def test_full_range_spans_the_scale_on_the_surface(self):
        self.run_command(f"occupy color #1 scaleMap #{self.scale.id_string} range full")
        recolor = volume_coloring(self.map.surfaces[0])
        values, _ = recolor.volume_values()
        np.testing.assert_allclose(recolor.colormap.data_values[[0, -1]], (values.min(), values.max()), rtol=1e-6)

    def flexibility(self):
        """A flexibility map with a value in one half only."""
        values = np.full(self.scale.full_matrix().shape, -1000, np.float32)
        values[:, :, : values.shape[2] // 2] = 60
        made = new_map(sample(self.scale), values, "small flexibility")
        return f"#{made.id_string}"

    def test_flexibility_has_colors_of_its_own_and_gray_where_there_is_no_value(self):
        self.run_command(f"occupy color #1 flexibilityMap {self.flexibility()}")
        recolor = volume_coloring(self.map.surfaces[0])
        values, _ = recolor.volume_values()
        colors = self.map.surfaces[0].vertex_colors
        self.assertEqual("#" + "".join(f"{c:02x}" for c in colors[values < -999][0][:3]), UNTOLD)
        self.assertEqual(len(np.unique(colors[values == 60], axis=0)), 1)
        np.testing.assert_allclose(recolor.colormap.data_values[-5:], (0, 25, 50, 75, 100))
        texts = [text or "" for _, text in get_model(session, create=False).rgbas_and_labels]
        self.assertEqual(texts, ["0", "", "ΔB in Å²", "", "100"])

    def test_full_range_of_a_flexibility_map_is_that_of_what_is_told(self):
        self.run_command(f"occupy color #1 flexibilityMap {self.flexibility()} range full palette blue:white:red")
        self.assertEqual(volume_coloring(self.map.surfaces[0]).colormap.data_values[-1], 100)

    def test_one_map_to_color_by_is_needed(self):
        for maps in ("", f"scaleMap #{self.scale.id_string} flexibilityMap #{self.scale.id_string}"):
            with self.assertRaisesRegex(UserError, "one map to color by"):
                self.run_command(f"occupy color #1 {maps}")

    def test_model_without_surface_is_refused(self):
        self.run_command("marker #9 position 1,2,3")
        with self.assertRaises(UserError) as caught:
            self.run_command(f"occupy color #9 scaleMap #{self.scale.id_string}")
        self.assertIn("no surface", str(caught.exception))
