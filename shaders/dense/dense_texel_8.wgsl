// Subgroups of 8 lanes.
#variant dense_texel_8x1 LANES=8 IMAGES=1
#variant dense_texel_8x4 LANES=8 IMAGES=4
#variant dense_texel_8x8 LANES=8 IMAGES=8

#include "dense/common/dense_image.wgsl"

#include "dense/common/dense_texel.wgsl"
