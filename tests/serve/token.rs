//! Who may ask, and how a service is refused that cannot be as it was asked for.

use crate::client::{Serving, portrait};
use crate::support::{moue, scratch, text};

#[test]
fn only_the_token_opens_and_health_needs_none() {
    let file = scratch("token").join("token");
    std::fs::write(&file, "correct-horse\n").unwrap();
    for serving in [Serving::start(&["--token-file", &text(&file)]), Serving::with(&[], &[("MOUE_TOKEN", "correct-horse")])] {
        let asked = |headers: &[(&str, &str)]| serving.send("POST", "/v1/analyze?faces=none", headers, &portrait()).unwrap();
        for right in [("authorization", "Bearer correct-horse"), ("x-api-key", "correct-horse")] {
            assert_eq!(asked(&[right]).status, 200, "{right:?}");
        }
        let wrong = [
            ("authorization", "Bearer correct-horse2"),
            ("authorization", "Bearer correct-hors"),
            ("authorization", "Basic correct-horse"),
            ("authorization", "Bearer "),
            ("x-api-key", "Correct-horse"),
            ("x-other", "correct-horse"),
        ];
        for wrong in wrong {
            let answer = asked(&[wrong]);
            assert_eq!((answer.status, answer.header("www-authenticate")), (401, Some("Bearer")), "{wrong:?}");
            assert!(!answer.text().contains("correct"));
        }
        assert_eq!(serving.get("/metrics").status, 401);
        for open in ["/health/live", "/health/ready", "/docs", "/openapi.json"] {
            assert_eq!(serving.get(open).status, 200, "{open}");
        }
        assert!(!serving.stderr().contains("horse"));
    }
}

#[test]
fn what_cannot_serve_ends_with_2_and_names_what_to_change() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let empty = scratch("no-token").join("token");
    std::fs::write(&empty, "\n").unwrap();
    let cases: [(&[&str], &str); 7] = [
        (&["--port", &port], "--port"),
        (&["--host", "256.0.0.1"], "--host"),
        (&["--token-file", "no such file"], "--token-file"),
        (&["--token-file", &text(&empty)], "--token-file"),
        (&["--model", "no such model"], "--model"),
        (&["--cors", "example.org"], "--cors"),
        (&["--device", "no such adapter"], "--device"),
    ];
    for (arguments, named) in cases {
        let device: &[&str] = if arguments[0] == "--device" { &[] } else { &["--device", "cpu"] };
        let port: &[&str] = if arguments[0] == "--port" { &[] } else { &["--port", "0"] };
        let ran = moue(&[&["serve"], device, port, arguments].concat());
        assert_eq!(ran.code, Some(2), "{arguments:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(named), "{arguments:?}: {}", ran.stderr);
    }
}
