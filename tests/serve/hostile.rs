//! Bodies that mean harm: each costs its own answer, and nothing stays of it.

use std::io::Write;
use std::net::{Shutdown, TcpStream};
use std::path::{Path, PathBuf};

use crate::client::{Serving, claimed, form, portrait};

/// Bytes that the process may grow by over all of them.
const SLACK: u64 = 64 << 20;

/// Of each kind that is made up: 100, or with MOUE_THOROUGH=1 as many that there are 10,000 in all.
fn rounds() -> usize {
    if std::env::var_os("MOUE_THOROUGH").is_some() { 2500 } else { 100 }
}

/// Files of earlier findings, where they lie beside the repository, and what fuzzing left.
fn cases() -> Vec<Vec<u8>> {
    let mut folders = vec![PathBuf::from("../shared/cases"), PathBuf::from("fuzz/corpus")];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if entry.metadata().is_ok_and(|about| about.len() < 4 << 20) {
                found.push(std::fs::read(path).unwrap());
            }
        }
    }
    if found.is_empty() {
        println!("SKIPPED, of these: the files of {}", Path::new("../shared/cases").display());
    }
    found
}

#[test]
fn hostile_bodies_change_nothing() {
    let serving = Serving::start(&["--max-picture", "16"]);
    let (picture, mut state) = (portrait(), 7u64);
    let mut random = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize
    };
    let mut bodies = cases();
    let small = {
        let mut bytes = std::io::Cursor::new(Vec::new());
        image::load_from_memory(&picture).unwrap().thumbnail(64, 64).write_to(&mut bytes, image::ImageFormat::Jpeg).unwrap();
        bytes.into_inner()
    };
    for _ in 0..rounds() {
        bodies.push((0..random() % 4000).map(|_| random() as u8).collect());
        bodies.push(claimed(random() as u32, random() as u32));
        bodies.push(claimed(1 + random() as u32 % 4096, 1 + random() as u32 % 4096));
        let mut broken = small.clone();
        for _ in 0..8 {
            let at = random() % broken.len();
            broken[at] = random() as u8;
        }
        bodies.push(broken);
    }
    let expected = serving.post("/v1/analyze", &picture).body;
    let mut send = |body: &[u8]| {
        let kind = ["image/png", "multipart/form-data; boundary=limit", "multipart/form-data", "application/json"][random() % 4];
        let path = [
            "/v1/analyze",
            "/v1/analyze?faces=none",
            "/v1/analyze?%ff=%00",
            "/health/ready",
            "/analyze",
            "/api/v1/detection/detect",
            "/v2/models/default/infer",
        ][random() % 7];
        let answer = serving.send("POST", path, &[("content-type", kind)], body).expect("every request has an answer");
        assert!(matches!(answer.status, 200 | 400 | 405 | 413 | 422), "{}: {}", answer.status, answer.text());
    };
    let half = bodies.len() / 2;
    bodies[..half].iter().for_each(|body| send(body));
    let before = serving.resident();
    bodies[half..].iter().for_each(|body| send(body));
    let (kind, mut whole) = form(&[("a", Some("a"), &picture)]);
    for _ in 0..20 {
        whole.truncate(whole.len() * 3 / 4);
        serving.send("POST", "/v1/analyze", &[("content-type", &kind)], &whole).unwrap();
    }
    // Who says more than comes, and hears no more; others go on meanwhile.
    let head = format!("POST /v1/analyze HTTP/1.1\r\nhost: moue\r\ncontent-length: {}\r\n\r\n", picture.len());
    for body in bodies.iter().take(200) {
        let mut stream = TcpStream::connect(serving.address).unwrap();
        stream.write_all(head.as_bytes()).unwrap();
        let _ = stream.write_all(&body[..body.len().min(picture.len() / 2)]);
        let _ = stream.shutdown(Shutdown::Write);
    }
    println!("{} bodies", bodies.len() + 220);
    assert_eq!(serving.get("/health/ready").status, 200);
    assert_eq!(serving.post("/v1/analyze", &picture).body, expected);
    assert_eq!(serving.metric("moue_admitted_pictures"), 0);
    println!("resident: half of them {before:?}, all {:?} bytes", serving.resident());
    assert!(!serving.stderr().contains("panic"), "{}", serving.stderr());
    if let (Some(before), Some(after)) = (before, serving.resident()) {
        assert!(after < before + SLACK, "{before} -> {after} bytes");
    }
}
