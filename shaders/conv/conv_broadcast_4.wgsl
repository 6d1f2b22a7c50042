// Subgroups of 4 lanes.
#variant conv_broadcast_4 LANES=4 OUT=4 PX=8 LOADS=4 INPUT=4 STEM=0 CHANNELS=4
#variant conv_broadcast_4_stem LANES=4 OUT=4 PX=8 LOADS=3 INPUT=4 STEM=1 CHANNELS=3

#include "conv/common/conv_texture.wgsl"

#include "conv/common/conv_broadcast.wgsl"
