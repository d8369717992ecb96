"""Maps as an ensemble of particles: how many are in each, and what follows for groups of atoms.

Read `populations` first, the share of the particles in each map; then `shares`, the share of particles that have each
group, and `subsets`, the maps whose particles have some groups and not others. `cells` are sums over particles, `pairs`
says what comes with what, `nested` which groups surely come only with another, `assembly` in which order.
"""
