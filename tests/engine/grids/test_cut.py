import numpy as np
import pytest
from chimerax.occupy.engine.grids.cut import Cut


def box(shape, *corners):
    counts = np.zeros(shape, bool)
    counts[tuple(slice(a, b) for a, b in corners)] = True
    return counts


@pytest.mark.parametrize(("n", "m"), [(256, 90), (101, 40), (64, 64), (97, 31)])
def test_faces_are_those_of_voxels_of_both_grids_within_a_tenth_of_a_voxel(n, m):
    cut = Cut((n,) * 3, (m,) * 3, box((m,) * 3, *[(m // 3, m // 2)] * 3), (2, 2, 2))
    for fine, coarse in zip(cut.fine, cut.coarse, strict=True):
        for face, same in ((fine.start, coarse.start), (fine.stop, coarse.stop)):
            assert abs(face - same * n / m) <= 0.1


def test_what_counts_and_its_margins_are_held_and_most_else_is_cut_away():
    counts = box((90, 90, 90), (20, 40), (30, 50), (25, 45))
    cut = Cut((256, 256, 256), counts.shape, counts, (3, 4, 5))
    held = np.zeros_like(counts)
    held[cut.coarse] = True
    assert held[17:43, 26:54, 20:50].all()
    assert np.prod(cut.fine_shape) < 0.15 * 256**3
    assert cut.coarse_shape == counts[cut.coarse].shape
    assert cut.fine_shape == tuple(part.stop - part.start for part in cut.fine)


def test_the_box_is_not_left():
    cut = Cut((60, 61, 62), (30, 30, 30), box((30, 30, 30), (0, 29), (1, 30), (0, 30)), (5, 5, 5))
    assert cut.fine_shape == (60, 61, 62)
    assert cut.coarse_shape == (30, 30, 30)


def test_where_nothing_counts_all_is_held():
    cut = Cut((60, 60, 60), (30, 30, 30), np.zeros((30, 30, 30), bool), (1, 1, 1))
    assert cut.fine_shape == (60, 60, 60)
