//! The figures of docs/serve.md, of the device that MOUE_DEVICE names:
//! `MOUE_DEVICE=cpu MOUE_SECONDS=600 cargo test --release --test serve measure -- --ignored --nocapture`

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Barrier, Mutex};
use std::time::{Duration, Instant};

use moue::Recognizer;

use crate::client::{Serving, portrait};
use crate::support::{moue, scratch, text};

/// Pictures of a run, and clients that send them.
const PICTURES: usize = 64;
const CLIENTS: usize = 16;
/// Clients of the flood: more than the places that there are.
const FLOOD: usize = 400;
/// Of a flood that goes before, so that all threads and buffers are there; and until what is free is given back.
const FIRST: Duration = Duration::from_secs(20);
const BREATH: Duration = Duration::from_secs(5);

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// Seconds of `work`, of so many runs the median, after a few that do not count.
fn timed(runs: usize, mut work: impl FnMut()) -> f64 {
    (0..3).for_each(|_| work());
    median((0..runs).map(|_| seconds(&mut work)).collect())
}

fn seconds(work: &mut impl FnMut()) -> f64 {
    let begin = Instant::now();
    work();
    begin.elapsed().as_secs_f64()
}

#[test]
#[ignore = "it measures: minutes"]
fn measure() {
    let device = std::env::var("MOUE_DEVICE").unwrap_or_else(|_| "cpu".into());
    let picture = portrait();
    let mut recognizer = Recognizer::builder().device_name(&device).build().unwrap();
    println!("device: {}", recognizer.device_name());
    let library = timed(25, || drop(recognizer.analyze(&moue::photo::decode(&picture).unwrap()).unwrap()));
    drop(recognizer);
    let serving = Serving::on(&device, &[], &[]);
    let service = timed(25, || assert_eq!(serving.post("/v1/analyze", &picture).status, 200));
    println!("one picture: library {:.1} ms, service {:.1} ms, {:.2} x", 1e3 * library, 1e3 * service, service / library);

    let (few, many) = (folder("few", 8), folder("many", PICTURES + 8));
    let run = |folder: &PathBuf| {
        let begin = Instant::now();
        let ran = moue(&["analyze", &text(folder), "--json", "--device", &device]);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        begin.elapsed().as_secs_f64()
    };
    run(&few);
    let (mut program, mut service) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        program.push(PICTURES as f64 / (run(&many) - run(&few)));
        let (next, begin) = (AtomicUsize::new(0), Instant::now());
        std::thread::scope(|scope| {
            for _ in 0..CLIENTS {
                scope.spawn(|| {
                    while next.fetch_add(1, Ordering::Relaxed) < PICTURES {
                        assert_eq!(serving.post("/v1/analyze", &picture).status, 200);
                    }
                });
            }
        });
        service.push(PICTURES as f64 / begin.elapsed().as_secs_f64());
    }
    println!("pictures a second, three runs in turns: program {program:.1?}, service {service:.1?}");
    let rate = median(service);
    println!("the service has {:.2} x the program's", rate / median(program));

    flood(&serving, &picture, rate, FIRST);
    let before = serving.resident();
    let seconds = std::env::var("MOUE_SECONDS").map_or(60, |seconds| seconds.parse().unwrap());
    flood(&serving, &picture, rate, Duration::from_secs(seconds));
    let mebibytes = |bytes: Option<u64>| bytes.map_or(0.0, |bytes| bytes as f64 / f64::from(1 << 20));
    println!("resident: before {:.1} MiB, after {:.1} MiB", mebibytes(before), mebibytes(serving.resident()));
}

/// Ten times what is answered.
fn flood(serving: &Serving, picture: &[u8], rate: f64, lasts: Duration) {
    let (answers, start) = (Mutex::new(Vec::new()), Barrier::new(FLOOD));
    std::thread::scope(|scope| {
        for _ in 0..FLOOD {
            scope.spawn(|| {
                start.wait();
                let begin = Instant::now();
                while begin.elapsed() < lasts {
                    let asked = Instant::now();
                    let answer = serving.post("/v1/analyze", picture);
                    answers.lock().unwrap().push((answer.status, asked.elapsed().as_secs_f64()));
                    if answer.status != 200 {
                        std::thread::sleep(Duration::from_secs_f64(FLOOD as f64 / (10.0 * rate)));
                    }
                }
            });
        }
    });
    std::thread::sleep(BREATH);
    let answers = answers.into_inner().unwrap();
    let mut good: Vec<f64> = answers.iter().filter(|(status, _)| *status == 200).map(|(_, took)| *took).collect();
    good.sort_by(f64::total_cmp);
    let refused = answers.iter().filter(|(status, _)| *status == 429).count();
    let others: Vec<u16> = answers.iter().map(|(status, _)| *status).filter(|status| ![200, 429].contains(status)).collect();
    let (half, most) = (good[good.len() / 2], good[good.len() * 99 / 100]);
    println!(
        "a flood of {lasts:?}: {} requests, {} answered (median {half:.1} s, p99 {most:.1} s), {refused} refused with 429, others {others:?}",
        answers.len(),
        good.len()
    );
}

/// A folder of so many portraits.
fn folder(name: &str, count: usize) -> PathBuf {
    let folder = scratch(name);
    for at in 0..count {
        std::fs::copy("examples/astronaut.png", folder.join(format!("{at}.png"))).unwrap();
    }
    folder
}
