"""Arrays on grids: a kernel's neighbourhood of voxels, filters in Fourier space, coarser grids and back.

Read `kernel` first, the ball around a voxel; then `dilate`, the maximum over it; `coefficients`, transforms of a few
frequencies, and from these `fourier`, low-pass filters, crop and pad, and `smoothing`, Gaussians; `cut`, parts of a
box; `interpolation`, from a cropped grid back to that of the map; `blocks`, means over blocks of voxels.
"""
