"""Series of maps in ChimeraX."""

import numpy as np
from chimerax import occupy
from chimerax.map_series import MapSeries
from support import VOXEL_SIZE, MapTestCase, session


class Series(MapTestCase):
    def test_every_map_of_a_series_is_estimated(self):
        maps = [self.open_map(factor * self.density, f"frame {factor}") for factor in (1, 2, 3)]
        session.models.remove(maps)
        series = MapSeries("series", maps, session)
        session.models.add([series])
        made = self.run_command(f"occupy estimate #{series.id_string} commonScale true color false")
        self.assertEqual(len(made), 3)
        full_scale = occupy.estimate(3 * self.density, VOXEL_SIZE).full_scale
        for factor, scale_map in zip((1, 2, 3), made, strict=True):
            expected = occupy.estimate(factor * self.density, VOXEL_SIZE, full_scale=full_scale).scale
            np.testing.assert_array_equal(scale_map.full_matrix(), expected)
