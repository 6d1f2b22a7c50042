// For every adapter.
#variant lrn INPUT=1

#include "lrn/common/lrn.wgsl"

#include "common/input_buffer.wgsl"
