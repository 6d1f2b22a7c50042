// Subgroups of 8 lanes; tiles of 8 output vec4s, and of 4 and 2 for few channels.
#variant conv_broadcast_8 LANES=8 OUT=8 PX=4 LOADS=4 INPUT=4 STEM=0 CHANNELS=4
#variant conv_broadcast_8_stem LANES=8 OUT=8 PX=4 LOADS=3 INPUT=4 STEM=1 CHANNELS=3
#variant conv_broadcast_8x4 LANES=8 OUT=4 PX=8 LOADS=2 INPUT=4 STEM=0 CHANNELS=4
#variant conv_broadcast_8x2 LANES=8 OUT=2 PX=8 LOADS=1 INPUT=4 STEM=0 CHANNELS=4

#include "conv/common/conv_image.wgsl"

#include "conv/common/conv_broadcast.wgsl"
