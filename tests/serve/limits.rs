//! What is too much is refused before it costs anything, and what is admitted is answered.

use std::io::Write;
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use crate::client::{Serving, answer, claimed, portrait, profiled, slow};

/// Bytes by which a process may grow where nothing was allocated.
const SLACK: u64 = 48 << 20;

#[test]
fn a_large_body_is_413_whether_its_length_is_told_or_not() {
    let serving = Serving::start(&["--max-body", "1"]);
    let body = vec![0; (1 << 20) + 1];
    let told = serving.post("/v1/analyze", &body);
    assert_eq!(told.status, 413, "{}", told.text());
    let mut stream = TcpStream::connect(serving.address).unwrap();
    stream.write_all(b"POST /v1/analyze HTTP/1.1\r\nhost: moue\r\ntransfer-encoding: chunked\r\n\r\n").unwrap();
    let chunk = [b"10000\r\n", &vec![0; 0x10000][..], b"\r\n"].concat();
    for _ in 0..17 {
        let _ = stream.write_all(&chunk);
    }
    assert_eq!(answer(&mut stream).unwrap().status, 413);
    assert_eq!(serving.post("/v1/analyze?faces=none", &portrait()).status, 200);
}

#[test]
fn a_picture_that_claims_to_be_large_is_refused_by_its_head() {
    let serving = Serving::start(&[]);
    assert_eq!(serving.post("/v1/analyze", &portrait()).status, 200);
    let before = serving.resident();
    // More than moue reads, and more than this service does.
    for (width, height) in [(60_000, 60_000), (10_000, 9_000), (65_535, 1_000)] {
        for _ in 0..8 {
            let answer = serving.post("/v1/analyze", &claimed(width, height));
            assert_eq!(answer.status, 422);
            assert!(
                answer.json()["error"].as_str().unwrap().contains(&format!("{width} x {height} pixels")),
                "{}",
                answer.text()
            );
        }
    }
    if let (Some(before), Some(after)) = (before, serving.resident()) {
        assert!(after < before + SLACK, "{before} -> {after} bytes");
    }
}

#[test]
fn a_colour_profile_that_unpacks_to_a_gigabyte_is_not_unpacked() {
    let serving = Serving::start(&[]);
    assert_eq!(serving.post("/v1/analyze", &portrait()).status, 200);
    let bomb = profiled(1 << 30);
    assert!(bomb.len() < 4 << 20);
    let before = serving.resident();
    let most = std::sync::atomic::AtomicU64::new(0);
    std::thread::scope(|scope| {
        let sent = scope.spawn(|| serving.post("/v1/analyze", &bomb));
        while !sent.is_finished() {
            most.fetch_max(serving.resident().unwrap_or(0), std::sync::atomic::Ordering::Relaxed);
            std::thread::sleep(Duration::from_millis(1));
        }
        assert_eq!(sent.join().unwrap().status, 422);
    });
    let most = most.into_inner();
    assert!(before.is_none_or(|before| most < before + 4 * SLACK), "{before:?} -> {most} bytes");
}

#[test]
fn of_a_flood_what_is_admitted_is_answered_and_the_rest_is_told_when_to_come_again() {
    let serving = Serving::start(&["--max-waiting", "3"]);
    let picture = portrait();
    let (own, expected) = (&serving, serving.post("/v1/analyze", &picture).body);
    let answers: Vec<_> = std::thread::scope(|scope| {
        let all: Vec<_> = (0..24).map(|_| scope.spawn(|| own.post("/v1/analyze", &picture))).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let (good, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 200);
    assert!(good.len() >= 3 && !refused.is_empty(), "{} answered", good.len());
    assert!(good.iter().all(|answer| answer.body == expected));
    for answer in refused {
        assert_eq!(answer.status, 429);
        assert!(answer.header("retry-after").unwrap().parse::<u64>().unwrap() >= 1);
    }
    assert_eq!(serving.metric("moue_admitted_pictures"), 0, "every place came back");
    // More than there ever is room for is no matter of time.
    let part: (&str, Option<&str>, &[u8]) = ("a", None, &picture);
    assert_eq!(serving.form("/v1/analyze", &[part; 4]).status, 413);
}

#[test]
fn nobody_waits_for_what_would_come_too_late() {
    const CLIENTS: usize = 200;
    let serving = Serving::start(&["--deadline", "2"]);
    let picture = portrait();
    let begin = Instant::now();
    (0..4).for_each(|_| assert_eq!(serving.post("/v1/analyze", &picture).status, 200));
    let all = begin.elapsed() / 4 * CLIENTS as u32;
    // What is refused by its head takes no time, and says nothing of what others take.
    (0..50).for_each(|_| assert_eq!(serving.post("/v1/analyze", &claimed(60_000, 60_000)).status, 422));
    let own = &serving;
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let all: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(|| own.post("/v1/analyze", &picture).status)).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let count = |wanted: u16| statuses.iter().filter(|&&status| status == wanted).count();
    let (good, refused) = (count(200), count(429));
    assert!(good > 0 && good + refused == CLIENTS, "{statuses:?}");
    assert!(refused > 0 || all < Duration::from_secs(4), "{CLIENTS} pictures take {all:?}, and all were taken");
}

#[test]
fn what_takes_too_long_is_504_and_who_has_gone_is_not_read() {
    let serving = Serving::start(&["--deadline", "1", "--threads", "1"]);
    let (slow, picture) = (slow(), portrait());
    let begin = Instant::now();
    let late = std::thread::scope(|scope| {
        let late = scope.spawn(|| serving.post("/v1/analyze?find=thorough", &slow));
        std::thread::sleep(Duration::from_millis(400));
        for _ in 0..5 {
            let mut stream = TcpStream::connect(serving.address).unwrap();
            let head = format!("POST /v1/analyze HTTP/1.1\r\nhost: moue\r\ncontent-length: {}\r\n\r\n", picture.len());
            stream.write_all(head.as_bytes()).unwrap();
            stream.write_all(&picture).unwrap();
            std::thread::sleep(Duration::from_millis(20));
            stream.shutdown(Shutdown::Both).unwrap();
        }
        late.join().unwrap()
    });
    assert_eq!(late.status, 504, "after {:?}: {}", begin.elapsed(), late.text());
    // The slow one is read to its end, whoever waits.
    let begin = Instant::now();
    while serving.metric("moue_admitted_pictures") > 0 {
        assert!(begin.elapsed() < Duration::from_secs(60), "places do not come back");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(serving.post("/v1/analyze", &picture).status, 200);
    assert_eq!(serving.metric("moue_pictures_total"), 2, "the slow one and the last one");
}

#[test]
fn slow_senders_and_half_closed_ones_cost_their_own_connection() {
    let serving = Serving::start(&["--read-timeout", "1"]);
    let open = |text: &str| {
        let mut stream = TcpStream::connect(serving.address).unwrap();
        stream.write_all(text.as_bytes()).unwrap();
        stream
    };
    let head = "POST /v1/analyze HTTP/1.1\r\nhost: moue\r\ncontent-length: 1000\r\n";
    let begin = Instant::now();
    let mut silent = open("");
    let mut headless = open(head);
    let mut bodiless = open(&format!("{head}\r\nabc"));
    let mut half = open(&format!("{head}\r\nabc"));
    half.shutdown(Shutdown::Write).unwrap();
    assert!(answer(&mut half).is_none_or(|answer| answer.status == 400));
    assert_eq!(answer(&mut bodiless).unwrap().status, 408);
    assert!(answer(&mut headless).is_none_or(|answer| answer.status == 408));
    assert!(answer(&mut silent).is_none_or(|answer| answer.status == 408));
    assert!(begin.elapsed() < Duration::from_secs(10), "{:?}", begin.elapsed());
    assert_eq!(serving.post("/v1/analyze?faces=none", &portrait()).status, 200);
}
