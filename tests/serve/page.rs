//! The page at `/`: files of a folder and nothing beside it, with the headers that the page wants. The page itself is tested in a browser, web/tests/service.test.mjs.

use std::fs;

use crate::client::Serving;
use crate::support::{moue, scratch, text};

/// A page of few files, with a secret beside it.
fn built(name: &str) -> std::path::PathBuf {
    let around = scratch(name);
    let page = around.join("page");
    fs::create_dir_all(page.join("assets")).unwrap();
    fs::create_dir_all(page.join("v1")).unwrap();
    fs::write(around.join("secret"), "hidden").unwrap();
    for (file, content) in [
        ("index.html", "<title>moue</title>"),
        ("_headers", "/*\n  Content-Security-Policy: default-src 'none'; script-src 'self'\n"),
        ("assets/code.js", "let a;"),
        ("assets/moue.wasm", "\0asm"),
        ("assets/default.safetensors", "0123456789"),
        ("assets/two words.css", "p {}"),
        ("v1/service", "{ \"service\": null }"),
    ] {
        fs::write(page.join(file), content).unwrap();
    }
    page
}

#[test]
fn files_have_their_types_and_the_headers_of_the_page_and_need_no_token() {
    let page = built("page-files");
    let serving = Serving::with(&["--page", &text(&page)], &[("MOUE_TOKEN", "correct-horse")]);
    for (path, kind, content) in [
        ("/", "text/html", "<title>moue</title>"),
        ("/?model=own.safetensors", "text/html", "<title>moue</title>"),
        ("/index.html", "text/html", "<title>moue</title>"),
        ("/assets/code.js", "text/javascript", "let a;"),
        ("/assets/moue.wasm", "application/wasm", "\0asm"),
        ("/assets/default.safetensors", "application/octet-stream", "0123456789"),
        ("/assets/two%20words.css", "text/css", "p {}"),
    ] {
        let answer = serving.get(path);
        assert_eq!((answer.status, answer.text()), (200, content.to_owned()), "{path}");
        assert_eq!(answer.header("content-type"), Some(kind), "{path}");
        assert_eq!(answer.header("content-security-policy"), Some("default-src 'none'; script-src 'self'"), "{path}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("cache-control"), Some("no-cache"));
        let head = serving.send("HEAD", path, &[], b"").unwrap();
        assert_eq!((head.status, head.body.len()), (200, 0), "{path}");
        assert_eq!(head.header("content-length"), Some(&content.len().to_string()[..]), "{path}");
    }
    let whole = serving.get("/assets/default.safetensors");
    let seen = whole.header("last-modified").unwrap();
    let again = serving.send("GET", "/assets/default.safetensors", &[("if-modified-since", seen)], b"").unwrap();
    assert_eq!((again.status, again.body.len()), (304, 0), "it was not changed");
    let part = serving.send("GET", "/assets/default.safetensors", &[("range", "bytes=2-4")], b"").unwrap();
    assert_eq!((part.status, part.text()), (206, "234".to_owned()));
}

#[test]
fn routes_come_before_files_and_what_is_neither_is_refused_as_without_a_page() {
    let page = built("page-routes");
    let serving = Serving::with(&[], &[("MOUE_PAGE", &text(&page))]);
    let about = serving.get("/v1/service").json();
    assert_eq!((&about["service"], &about["token"]), (&"moue".into(), &false.into()));
    assert_eq!(about["model"]["labels"].as_array().unwrap().len(), 8);
    let unit = about["actions"]["units"].as_array().unwrap().iter().find(|unit| unit["name"] == "AU12").unwrap();
    assert_eq!((&unit["words"], &unit["photographs"]), (&"lip corners up".into(), &true.into()));
    for nothing in [
        "/nowhere",
        "/assets",
        "/assets/",
        "/index.html/",
        "//assets",
        "/assets/code.js/x",
        "/assets/%00",
        &format!("/{}", "a".repeat(5000)),
    ] {
        let answer = serving.get(nothing);
        assert_eq!(answer.status, 404, "{nothing}: {}", answer.text());
        assert!(answer.json()["error"].as_str().unwrap().contains("/docs"), "{nothing}");
    }
    for outside in [
        "/../secret",
        "/assets/../../secret",
        "/%2e%2e/secret",
        "/..%2fsecret",
        "/assets/..%2f..%2fsecret",
        "/..%5csecret",
        "/%252e%252e/secret",
        "//../secret",
        &format!("/{}", page.parent().unwrap().join("secret").display()),
    ] {
        let answer = serving.get(outside);
        assert_eq!(answer.status, 404, "{outside}");
        assert!(!answer.text().contains("hidden"), "{outside}");
    }
    assert_eq!(serving.post("/", b"").status, 405);
    assert_eq!(serving.post("/index.html", b"").status, 404);
    assert_eq!(serving.get("/v1/analyze").status, 405);
    assert_eq!(serving.get("/docs").status, 200);
}

#[test]
fn without_a_page_a_few_words_lead_on_and_a_token_is_said_to_be_wanted() {
    let serving = Serving::with(&[], &[("MOUE_TOKEN", "correct-horse")]);
    let answer = serving.get("/");
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("text/html; charset=utf-8")));
    for link in ["href=\"docs\"", "href=\"health/ready\"", "--page"] {
        assert!(answer.text().contains(link), "{link}");
    }
    assert_eq!(serving.get("/index.html").status, 404);
    let about = serving.get("/v1/service");
    assert_eq!(about.json()["token"], true);
    assert!(!about.text().contains("horse"));
}

#[test]
fn a_folder_that_is_no_page_ends_with_2_and_says_what_builds_one() {
    let empty = scratch("page-none");
    let other = built("page-headers");
    fs::write(other.join("_headers"), "/assets/*\n  Cache-Control: no-cache\n").unwrap();
    for (folder, named) in [(&empty, "index.html"), (&empty.join("missing"), "index.html"), (&other, "`/assets/*`")] {
        let ran = moue(&["serve", "--port", "0", "--device", "cpu", "--page", &text(folder)]);
        assert_eq!(ran.code, Some(2), "{}", ran.stderr);
        for part in ["--page", named, "cargo xtask web"] {
            assert!(ran.stderr.contains(part), "{part}: {}", ran.stderr);
        }
    }
}
