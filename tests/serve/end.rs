//! Signals: what was taken is answered.
#![cfg(unix)]

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::client::{Serving, portrait, send};

#[test]
fn a_signal_under_load_costs_no_admitted_request_its_answer() {
    for name in ["TERM", "INT"] {
        let mut serving = Serving::start(&[]);
        let (picture, address) = (portrait(), serving.address);
        let expected = serving.post("/v1/analyze", &picture).body;
        let good = AtomicU64::new(0);
        let admitted = std::thread::scope(|scope| {
            for _ in 0..16 {
                scope.spawn(|| {
                    // Who comes after the signal finds nobody, and is told so by the system.
                    if let Some(answer) = send(address, "POST", "/v1/analyze", &[], &picture) {
                        assert!(answer.status == 200 && answer.body == expected, "{}", answer.text());
                        good.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
            let begin = Instant::now();
            while serving.metric("moue_admitted_pictures") < 4 {
                assert!(begin.elapsed() < Duration::from_secs(20), "nobody waits");
            }
            let answered = good.load(Ordering::Relaxed);
            let waiting = serving.metric("moue_admitted_pictures");
            serving.signal(name);
            // Some may have been counted twice: answered after the first look.
            waiting.saturating_sub(good.load(Ordering::Relaxed) - answered)
        });
        assert!(good.load(Ordering::Relaxed) >= admitted, "{admitted} were admitted, {good:?} answered");
        assert_eq!(serving.ended(), Some(0), "{}", serving.stderr());
        assert!(send(address, "GET", "/health/live", &[], b"").is_none());
    }
}
