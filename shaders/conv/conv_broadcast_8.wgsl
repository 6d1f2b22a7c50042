// Subgroups of 8 lanes.
#variant conv_broadcast_8 LANES=8 PX=4 INPUT=4 STEM=0 CHANNELS=4
#variant conv_broadcast_8_stem LANES=8 PX=4 INPUT=4 STEM=1 CHANNELS=3

#include "conv/common/conv_image.wgsl"

#include "conv/common/conv_broadcast.wgsl"
