// For every adapter.
#variant pool INPUT=2

#include "pool/common/pool.wgsl"

#include "common/input_buffer.wgsl"
#include "common/output_buffer.wgsl" OUTPUT=1
