"""Modified maps: equalised, attenuated, through a sigmoid, without solvent; masks.

Read `factors` first, by what each scale is multiplied; then `limits`, what keeps noise from being amplified;
`smooth_scale`, `local_signal` and `map_signal`, what of a map is signal and by what it is amplified; `filled_noise`,
which is filled in; `multiply`, the map times the factors; `modifier`, all steps for one map; `result`, what they give;
`modify`, what others call; `masks`.
"""
