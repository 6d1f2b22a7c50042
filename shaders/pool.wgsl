// For every adapter.
#variant pool INPUT=2

#include "common/pool.wgsl"

#include "common/input_buffer.wgsl"
