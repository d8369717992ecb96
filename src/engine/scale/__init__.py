"""The scale: the density around each voxel relative to the fullest part, and what regions read on it.

Read `published` first, maxima and the full scale of 0.1.13; then `mean_scale`, the means of mode calibrated, on the
coarse grid of `envelope`, by the `means` in the `molecule` and their `plateau`, with `low_frequencies` restored;
`flexibility`, told apart from it by the `band_power` in the molecule, a `part` of the box, beyond that of noise, the
`solvent_spectrum`; `freed_scale`, corrected for it; `suitability`, the warnings; `estimation`, all steps for one map;
`result`, what they give; `estimate`, what others call; `regions`, the occupancy of regions.
"""
