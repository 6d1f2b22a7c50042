// For lavapipe.
#variant lrn_image INPUT=1

#include "lrn/common/lrn.wgsl"

#include "common/input_image.wgsl"
