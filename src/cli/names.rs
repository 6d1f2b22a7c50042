//! Names of files as they stand in answers: text from which their bytes can be had again.

use std::path::Path;

/// The path. A byte that is no UTF-8 becomes `\xHH`, and a backslash in front of what would look like that becomes `\x5C`: names that differ stay apart.
pub fn shown(path: &Path) -> String {
    let mut text = String::new();
    for chunk in path.as_os_str().as_encoded_bytes().utf8_chunks() {
        let valid = chunk.valid();
        for (at, letter) in valid.char_indices() {
            if letter == '\\' && is_escape(&valid.as_bytes()[at..]) {
                text.push_str("\\x5C");
            } else {
                text.push(letter);
            }
        }
        chunk.invalid().iter().for_each(|byte| text.push_str(&format!("\\x{byte:02X}")));
    }
    text
}

fn is_escape(bytes: &[u8]) -> bool {
    let hex = |byte: &u8| matches!(byte, b'0'..=b'9' | b'A'..=b'F');
    bytes.get(1) == Some(&b'x') && bytes.get(2).is_some_and(hex) && bytes.get(3).is_some_and(hex)
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    fn named(bytes: &[u8]) -> String {
        shown(Path::new(OsStr::from_bytes(bytes)))
    }

    /// The bytes of a name that is shown so.
    fn again(text: &str) -> Vec<u8> {
        let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
        while let Some((first, more)) = rest.split_first() {
            if *first == b'\\' && is_escape(rest) {
                bytes.push(u8::from_str_radix(std::str::from_utf8(&rest[2..4]).unwrap(), 16).unwrap());
                rest = &rest[4..];
            } else {
                bytes.push(*first);
                rest = more;
            }
        }
        bytes
    }

    #[test]
    fn plain_names_stay_as_they_are() {
        for name in ["a.png", "Zoë/ü.jpg", "C:\\photos\\x.png", "back\\slash", "\\xe9.png", "\\x4"] {
            assert_eq!(named(name.as_bytes()), name);
        }
        assert_eq!(named(b"a\xE9.png"), "a\\xE9.png");
    }

    #[test]
    fn the_bytes_of_a_name_can_be_had_again() {
        let names: [&[u8]; 9] = [
            b"a\xE9.png",
            b"a\xE8.png",
            b"a\\xE9.png",
            b"a\\x5CxE9.png",
            b"\\\xE9",
            b"\\x\xE9",
            b"\\x5\xE9",
            b"\xFF\xFE\\xFF",
            "ü\u{fffd}".as_bytes(),
        ];
        for name in names {
            assert_eq!(again(&named(name)), name, "{}", named(name));
        }
        let shown: std::collections::HashSet<String> = names.iter().map(|name| named(name)).collect();
        assert_eq!(shown.len(), names.len());
    }
}
