"""occupy color in ChimeraX."""

import numpy as np
from chimerax.color_key.model import get_model
from chimerax.core.errors import UserError
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

    def test_model_without_surface_is_refused(self):
        self.run_command("marker #9 position 1,2,3")
        with self.assertRaises(UserError) as caught:
            self.run_command(f"occupy color #9 scaleMap #{self.scale.id_string}")
        self.assertIn("no surface", str(caught.exception))
