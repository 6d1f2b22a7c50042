// Subgroups of 4 lanes.
#variant dense_texel_4x1 LANES=4 IMAGES=1
#variant dense_texel_4x4 LANES=4 IMAGES=4
#variant dense_texel_4x8 LANES=4 IMAGES=8

#include "dense/common/dense_texture.wgsl"

#include "dense/common/dense_texel.wgsl"
