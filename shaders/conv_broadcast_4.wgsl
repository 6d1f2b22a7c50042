// Subgroups of 4 lanes.
#variant conv_broadcast_4 LANES=4 PX=8 INPUT=4

#include "common/conv_texture.wgsl"

#include "common/conv_broadcast.wgsl"
