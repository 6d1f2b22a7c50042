// For every adapter.
#variant lrn INPUT=1

#include "common/lrn.wgsl"

#include "common/input_buffer.wgsl"
