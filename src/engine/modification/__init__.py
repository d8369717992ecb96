"""Modified maps: equalised, attenuated, through a sigmoid, without solvent; masks.

Read `factors` first, by what each scale is multiplied; then `limits`, what keeps noise from being amplified;
`low_blocks`, in which parts of a map are judged, and `smooth_scale`, by what they are amplified; `bands` and
`local_signal`, what of a map is signal; `gain`, with which it reaches its goal; `map_signal`, all of this;
`filled_noise`, which is filled in; `multiply`, the map times the factors; `modifier`, all steps for one map; `result`,
what they give; `modify`, what others call; `masks`.
"""
