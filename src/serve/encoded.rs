//! Pictures in texts.

use axum::body::Bytes;
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Clients leave out the padding, or do not.
const ENGINE: GeneralPurpose =
    GeneralPurpose::new(&STANDARD, GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent));

/// The bytes of base64, or of a data URI of that.
///
/// # Errors
/// It is neither: mostly an address or a path, which no client may have opened.
pub fn picture(text: &str) -> Result<Bytes, String> {
    let data = match text.strip_prefix("data:") {
        Some(uri) => uri.split_once(";base64,").map_or("", |(_, data)| data),
        None => text,
    };
    let plain: String;
    let data = if data.contains(['\n', '\r', ' ']) {
        plain = data.split_ascii_whitespace().collect();
        &plain
    } else {
        data
    };
    let bytes = ENGINE.decode(data).ok().filter(|bytes| !bytes.is_empty());
    let reason = "the picture is no base64: send its bytes so, or as a data URI; this service opens no addresses and no paths";
    bytes.map(Bytes::from).ok_or_else(|| reason.to_owned())
}

#[cfg(test)]
mod tests {
    use super::picture;

    #[test]
    fn base64_is_read_bare_padded_or_in_a_data_uri_and_nothing_else() {
        for text in ["bW91ZQ==", "bW91ZQ", "data:image/png;base64,bW91ZQ==", "bW91\nZQ=="] {
            assert_eq!(&picture(text).unwrap()[..], b"moue", "{text}");
        }
        for text in ["", "/etc/passwd", "https://example.org/a.png", "file:///a.png", "data:image/png,moue", "face.png"] {
            assert!(picture(text).unwrap_err().contains("no addresses"), "{text}");
        }
    }
}
