//! Text files of other programs.

use std::path::Path;

use crate::error::{Error, Result};

/// The text of a file, without the byte-order mark that some editors put before it.
///
/// # Errors
/// [`Error::Io`]; [`Error::Argument`] where it is no UTF-8.
pub fn read(path: &Path) -> Result<String> {
    let bytes = std::fs::read(path).map_err(|error| Error::io(path, error))?;
    text(bytes).map_err(|reason| Error::Argument(format!("{}: {reason}", path.display())))
}

fn text(bytes: Vec<u8>) -> Result<String, &'static str> {
    // A text of ASCII letters in UTF-16 or UTF-32 has zeros in the first of them.
    if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) || bytes.iter().take(4).any(|&byte| byte == 0) {
        return Err("it is UTF-16 text or none: save it as UTF-8");
    }
    let text = String::from_utf8(bytes).map_err(|_| "it is no UTF-8 text: save it as UTF-8")?;
    Ok(match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_order_mark_is_no_text() {
        assert_eq!(text(b"\xEF\xBB\xBFangry\n".to_vec()).unwrap(), "angry\n");
        assert_eq!(text(b"angry\n".to_vec()).unwrap(), "angry\n");
        assert_eq!(text(b"\xEF\xBB\xBF".to_vec()).unwrap(), "");
    }

    #[test]
    fn other_encodings_are_refused_with_the_remedy() {
        for bytes in [&b"\xFF\xFEa\0"[..], b"\xFE\xFF\0a", b"a\0n\0", b"\0a\0n", b"\xFF\xFE\0\0a\0\0\0", b"Z\xFCrich"] {
            assert!(text(bytes.to_vec()).unwrap_err().contains("UTF-8"), "{bytes:?}");
        }
    }
}
