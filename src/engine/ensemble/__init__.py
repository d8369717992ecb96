"""Maps as an ensemble of particles: what follows for groups of atoms from how many are in each.

`pairs` says what comes with what, in shares of particles; `nested`, which groups are surely there only with another;
`assembly`, an order of assembly from that.
"""
