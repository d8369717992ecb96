"""The solvent: a Gaussian fitted to its peak in the histogram, or one at each place; how sure a voxel is no solvent.

Read `model` first, what is known of a solvent; then `region`, where it is sought, `histogram` and `fit`; `noise`, its
noise before the low-pass and by half maps, where `maxima` tell it; last a solvent that varies in space: `field`,
`blocks`, `products`, `varying`.
"""
