//! MediaPipe's networks for faces as one model of moue, in a crate of their own so that each package stays small. `moue` embeds it by its feature `face-model`;
//! what is in it, where it comes from and what it is known to get wrong is on its card, this crate's README.
#![no_std]

/// The model file, version 1 of moue's format: a safetensors file with its description. Its members are `full_range`, `short_range`, `mesh` and `blendshapes`.
pub static MODEL: &[u8] = include_bytes!("../face.safetensors");

/// SHA-256 of [`MODEL`], in hexadecimal digits.
pub const SHA256: &str = "af4c91d6a55881ec93bd3c64d88ee9e96e67e3a5174e38bb16498a1579975d0d";

#[cfg(test)]
mod tests {
    extern crate std;

    use std::fmt::Write as _;
    use std::string::String;

    #[test]
    fn the_file_is_the_one_that_make_py_writes() {
        let mut hex = String::new();
        for byte in hmac_sha256::Hash::hash(super::MODEL) {
            let _ = write!(hex, "{byte:02x}");
        }
        assert_eq!(hex, super::SHA256, "measure the card's figures again, raise the version, write its SHA-256");
    }
}
