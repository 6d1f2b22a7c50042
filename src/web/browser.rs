//! Which browser this is, by what it says of itself: name, first number of its version, system.

use js_sys::{Reflect, global};
use wasm_bindgen::JsValue;

/// Browsers by the word before their version, those first whose text has another's word too.
const BROWSERS: [(&str, &str); 7] = [
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("HeadlessChrome/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Version/", "Safari"),
    ("Node.js/", "Node.js"),
];

/// Systems by a word of theirs, in the same way.
const SYSTEMS: [(&str, &str); 7] = [
    ("Android", "android"),
    ("iPhone", "ios"),
    ("iPad", "ios"),
    ("CrOS", "chromeos"),
    ("Windows", "windows"),
    ("Mac OS X", "macos"),
    ("Linux", "linux"),
];

/// `navigator.userAgent`; empty where there is none.
pub fn agent() -> String {
    let of = |object: &JsValue, key: &str| Reflect::get(object, &key.into()).ok();
    let text = of(&global(), "navigator").and_then(|navigator| of(&navigator, "userAgent"));
    text.and_then(|text| text.as_string()).unwrap_or_default()
}

/// Name and version.
pub fn name(agent: &str) -> Option<String> {
    BROWSERS.iter().find_map(|(word, name)| {
        let (_, rest) = agent.split_once(word)?;
        let version: String = rest.chars().take_while(char::is_ascii_digit).collect();
        Some(format!("{name} {version}").trim_end().to_owned())
    })
}

/// As `system.os` of reports has it.
pub fn system(agent: &str) -> Option<&'static str> {
    SYSTEMS.iter().find(|(word, _)| agent.contains(word)).map(|(_, name)| *name)
}
