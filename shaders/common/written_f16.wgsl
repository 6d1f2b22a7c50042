// A texel that is written: f16.
alias Written = texture_storage_2d<rgba16float, write>;
