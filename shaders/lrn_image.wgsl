// For lavapipe.
#variant lrn_image INPUT=1

#include "common/lrn.wgsl"

#include "common/input_image.wgsl"
