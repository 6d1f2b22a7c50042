// A pipeline a size and stride of the window.
#variant conv_depthwise_image_3 INPUT=4 KERNEL=3 STRIDE=1 DOWN=4 ACROSS=6
#variant conv_depthwise_image_3_2 INPUT=4 KERNEL=3 STRIDE=2 DOWN=5 ACROSS=9
#variant conv_depthwise_image_5 INPUT=4 KERNEL=5 STRIDE=1 DOWN=6 ACROSS=8
#variant conv_depthwise_image_5_2 INPUT=4 KERNEL=5 STRIDE=2 DOWN=7 ACROSS=11

#include "conv/common/conv_image.wgsl"

#include "conv/common/conv_rows.wgsl"
