// For lavapipe.
#variant pool_image INPUT=2

#include "pool/common/pool.wgsl"

#include "common/input_image.wgsl"
#include "common/output_either.wgsl" OUTPUT=1
