// Subgroups of 8 lanes.
#variant conv_broadcast_8 LANES=8 PX=4 INPUT=4

#include "common/conv_image.wgsl"

#include "common/conv_broadcast.wgsl"
