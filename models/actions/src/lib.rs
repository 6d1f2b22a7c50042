//! The weights of moue's model of facial action units, in a crate of their own so that each package stays small. `moue` embeds it by its feature `action-model`; what
//! it can and cannot do, and on which data it was measured, is on its card, this crate's README.
#![no_std]

/// The model file, version 1 of moue's format: a safetensors file with its description.
pub static MODEL: &[u8] = include_bytes!("../actions.safetensors");

/// SHA-256 of [`MODEL`], in hexadecimal digits.
pub const SHA256: &str = "daca5559f74ce01dc34aee63731f32f21067c45855d4e479fd9db28aa202ce00";

#[cfg(test)]
mod tests {
    extern crate std;

    use std::fmt::Write as _;
    use std::string::String;

    #[test]
    fn the_file_is_the_one_that_was_measured() {
        let mut hex = String::new();
        for byte in hmac_sha256::Hash::hash(super::MODEL) {
            let _ = write!(hex, "{byte:02x}");
        }
        assert_eq!(
            hex,
            super::SHA256,
            "the card's figures are of another file: measure again, raise the version, write its SHA-256"
        );
    }
}
