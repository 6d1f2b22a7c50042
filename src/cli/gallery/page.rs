//! What pages need: pictures and data that lie in the page itself.

use std::io::Cursor;

use image::RgbImage;
use image::codecs::jpeg::JpegEncoder;

use crate::error::{Error, Result};

/// Of small pictures: a face of 96 pixels takes about three kilobytes.
const QUALITY: u8 = 80;

/// `text` as it stands in HTML, in attributes too.
pub fn escaped(text: &str) -> String {
    crate::cli::svg::escaped(text).replace('"', "&quot;").replace('\'', "&#39;")
}

/// JSON as it stands in a script: no name of a file can end it.
pub fn json_in_script(value: &impl serde::Serialize) -> Result<String> {
    let text = serde_json::to_string(value).map_err(|error| Error::Defect(error.to_string()))?;
    // Both line ends are letters in JSON and were none in older JavaScript.
    Ok(text.replace('<', "\\u003c").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029"))
}

/// A page of which every `{{KEY}}` is what `parts` says; what they say is not looked through again.
pub fn filled(page: &str, parts: &[(&str, &str)]) -> String {
    let mut text = String::new();
    let mut rest = page;
    while let Some((before, after)) = rest.split_once("{{") {
        text.push_str(before);
        let Some((key, after)) = after.split_once("}}") else { break };
        text.push_str(parts.iter().find(|(name, _)| *name == key).map_or("", |(_, part)| part));
        rest = after;
    }
    text + rest
}

/// A picture as an address that holds it.
pub fn data_url(picture: &RgbImage) -> Result<String> {
    let mut bytes = Cursor::new(Vec::new());
    picture
        .write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, QUALITY))
        .map_err(|error| Error::Defect(error.to_string()))?;
    Ok(format!("data:image/jpeg;base64,{}", base64(bytes.get_ref())))
}

/// RFC 4648.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for part in bytes.chunks(3) {
        let word = part.iter().fold(0_u32, |word, &byte| word << 8 | u32::from(byte)) << (8 * (3 - part.len()));
        for at in 0..4 {
            let letter = char::from(LETTERS[(word >> (18 - 6 * at) & 63) as usize]);
            text.push(if at <= part.len() { letter } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file's name is somebody else's text: it stays text in a page.
    #[test]
    fn names_cannot_leave_their_place() {
        assert_eq!(escaped("<a b=\"c\">'&"), "&lt;a b=&quot;c&quot;&gt;&#39;&amp;");
        assert_eq!(json_in_script(&"</script><!--").unwrap(), "\"\\u003c/script>\\u003c!--\"");
    }

    #[test]
    fn what_fills_a_page_does_not_fill_it_again() {
        assert_eq!(filled("<{{A}}|{{B}}|{{A}}>", &[("A", "{{B}}"), ("B", "b")]), "<{{B}}|b|{{B}}>");
    }

    #[test]
    fn base64_is_what_browsers_read() {
        let pairs = [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")];
        for (plain, coded) in pairs {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
    }
}
