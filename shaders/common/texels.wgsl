// Four channels of a tensor in a texel: f32. In the f16 form of a shader texels_f16.wgsl stands in this place.
alias Texels = texture_storage_2d<rgba32float, read>;
