// Four channels of a tensor in a texel: f16.
alias Texels = texture_storage_2d<rgba16float, read>;
