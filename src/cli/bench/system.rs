//! What a report says of the system, and nothing of who uses it.

/// Name and version of the operating system, where a file of its own says them.
pub fn version() -> Option<String> {
    let read = |path: &str| std::fs::read_to_string(path).ok();
    if cfg!(target_os = "macos") {
        return property(&read("/System/Library/CoreServices/SystemVersion.plist")?, "ProductVersion");
    }
    if cfg!(target_os = "linux") {
        return read("/etc/os-release").or_else(|| read("/usr/lib/os-release")).as_deref().and_then(pretty);
    }
    None
}

/// `PRETTY_NAME` of an os-release file.
fn pretty(text: &str) -> Option<String> {
    let value = text.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="))?;
    Some(value.trim().trim_matches(['"', '\'']).to_owned()).filter(|name| !name.is_empty())
}

/// The string that follows a key in a property list.
fn property(text: &str, key: &str) -> Option<String> {
    let (_, rest) = text.split_once(&format!("<key>{key}</key>"))?;
    let (_, rest) = rest.split_once("<string>")?;
    rest.split_once("</string>").map(|(value, _)| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_of_the_files_of_systems() {
        let linux = "NAME=\"Debian GNU/Linux\"\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n";
        assert_eq!(pretty(linux).as_deref(), Some("Debian GNU/Linux 12 (bookworm)"));
        assert_eq!((pretty("PRETTY_NAME=\"\"\n"), pretty("ID=x\n")), (None, None));
        let mac =
            "<dict>\n<key>ProductName</key>\n<string>macOS</string>\n<key>ProductVersion</key>\n<string>14.5</string>\n</dict>";
        assert_eq!(property(mac, "ProductVersion").as_deref(), Some("14.5"));
        assert_eq!(property(mac, "Other"), None);
    }
}
