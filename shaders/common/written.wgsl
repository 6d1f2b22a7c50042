// A texel that is written: f32. In the f16 form of a shader written_f16.wgsl stands in this place.
alias Written = texture_storage_2d<rgba32float, write>;
