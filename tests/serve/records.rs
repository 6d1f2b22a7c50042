//! The records are those of `moue analyze --json`.

use crate::client::{Serving, portrait};
use crate::support::{moue, moue_reading};
use serde_json::Value;

fn printed(options: &[&str], picture: &[u8]) -> Vec<u8> {
    let ran = moue_reading(&[&["analyze", "-", "--json", "--device", "cpu"], options].concat(), picture);
    assert!(!ran.stdout.is_empty(), "{}", ran.stderr);
    ran.stdout
}

#[test]
fn a_picture_has_the_record_of_the_command_line_byte_for_byte() {
    let serving = Serving::start(&[]);
    let cases: [(&str, &[&str]); 4] = [
        ("", &[]),
        (
            "?faces=largest&top=3&landmarks=68&blendshapes",
            &["--faces", "largest", "--top", "3", "--landmarks", "68", "--blendshapes"],
        ),
        ("?actions=true&threshold=learned&embed=true", &["--actions", "--threshold", "learned", "--embed"]),
        ("?faces=none&oversample=true&find=fast&min-face=40&min-score=0.9", &["--faces", "none", "--oversample"]),
    ];
    for (query, options) in cases {
        let answer = serving.post(&format!("/v1/analyze{query}"), &portrait());
        assert_eq!(answer.status, 200, "{query}: {}", answer.text());
        assert_eq!(answer.header("content-type"), Some("application/json"));
        assert_eq!(answer.text(), String::from_utf8(printed(options, &portrait())).unwrap(), "{query}");
    }
    // What the last one asked for is nobody else's.
    assert_eq!(serving.post("/v1/analyze", &portrait()).body, printed(&[], &portrait()));
}

#[test]
fn a_broken_picture_is_422_with_its_record() {
    let serving = Serving::start(&[]);
    let cut = &portrait()[..20_000];
    for broken in [cut, b"", b"no picture at all"] {
        let answer = serving.post("/v1/analyze", broken);
        assert_eq!(answer.status, 422);
        assert_eq!(answer.body, printed(&[], broken));
        assert!(answer.json()["error"].is_string());
    }
}

#[test]
fn a_form_has_a_record_a_file_and_a_broken_one_costs_its_own() {
    let serving = Serving::start(&[]);
    let picture = portrait();
    let parts: [(&str, Option<&str>, &[u8]); 3] = [
        ("a", Some("examples/astronaut.png"), &picture),
        ("b", Some("../../etc/passwd"), &picture[..9999]),
        ("c", None, &picture),
    ];
    let answer = serving.form("/v1/analyze", &parts);
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/x-ndjson")));
    let text = answer.text();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 3);
    let own = moue(&["analyze", "examples/astronaut.png", "--json", "--device", "cpu"]);
    assert_eq!(format!("{}\n", lines[0]), own.text());
    let broken: Value = serde_json::from_str(lines[1]).unwrap();
    // What a client calls a file is only repeated.
    assert_eq!(broken["input"], "../../etc/passwd");
    assert!(broken["error"].as_str().unwrap().contains("truncated"));
    assert_eq!(lines[2], lines[0].replace("examples/astronaut.png", "c"));
    for wrong in [
        serving.form("/v1/analyze", &[]),
        serving.send("POST", "/v1/analyze", &[("content-type", "multipart/form-data")], b"x").unwrap(),
    ] {
        assert_eq!(wrong.status, 400, "{}", wrong.text());
    }
    assert!(!serving.stderr().contains("passwd"), "no log has a file's name: {}", serving.stderr());
}

#[test]
fn what_is_wrong_with_a_request_is_named() {
    let serving = Serving::start(&[]);
    for (query, named) in [("face=all", "`face`"), ("top=0", "top=0"), ("faces=two", "faces=two"), ("threshold=0.5", "actions")] {
        let answer = serving.post(&format!("/v1/analyze?{query}"), &portrait());
        assert_eq!(answer.status, 400);
        assert!(answer.json()["error"].as_str().unwrap().contains(named), "{}", answer.text());
    }
    assert_eq!(serving.get("/v1/analyze").status, 405);
    assert_eq!(serving.get("/nowhere").status, 404);
    let document = serving.get("/openapi.json").json();
    assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
    let page = serving.get("/docs").text();
    assert!(page.contains("openapi.json") && !page.contains("http:") && !page.contains("https:"), "the page works offline");
    assert_eq!(serving.metric("moue_ready"), 1);
    assert!(serving.get("/metrics").text().ends_with("# EOF\n"));
}

#[test]
fn pages_of_others_may_not_ask_until_their_origin_is_named() {
    let origin = [("origin", "https://example.org")];
    let closed = Serving::start(&[]);
    let answer = closed.send("GET", "/health/live", &origin, b"").unwrap();
    assert_eq!(answer.header("access-control-allow-origin"), None);
    let open = Serving::with(&[], &[("MOUE_CORS", "https://example.com,https://example.org")]);
    let answer = open.send("GET", "/health/live", &origin, b"").unwrap();
    assert_eq!(answer.header("access-control-allow-origin"), Some("https://example.org"));
    let other = open.send("GET", "/health/live", &[("origin", "https://example.net")], b"").unwrap();
    assert_eq!(other.header("access-control-allow-origin"), None);
}
