//! A large model goes from its file to the device in parts: what the host holds on the way is not the model's size.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, clippy::print_stderr)]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

#[allow(dead_code)]
mod common;

use common::gpus;
use moue::Precision;
use moue::graph::{Graph, Prepared};
use moue::kernels::View;
use moue::{Model, zoo};

/// Bytes beyond the device's own buffers, which are the host's memory too on a CPU adapter.
const MOST: u64 = 200_000_000;

fn anonymous() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("RssAnon")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}

/// What `work` gives, and by how much anonymous memory was larger than before at most.
fn peak<T>(work: impl FnOnce() -> T) -> (T, u64) {
    let before = anonymous();
    let (most, done) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let watcher = {
        let (most, done) = (Arc::clone(&most), Arc::clone(&done));
        std::thread::spawn(move || {
            while !done.load(Ordering::Relaxed) {
                most.fetch_max(anonymous(), Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(2));
            }
        })
    };
    let made = work();
    done.store(true, Ordering::Relaxed);
    watcher.join().unwrap();
    (made, most.load(Ordering::Relaxed).saturating_sub(before))
}

#[test]
fn half_a_gigabyte_of_weights_is_never_held() {
    let path = std::env::temp_dir().join(format!("moue-loading-{}.safetensors", std::process::id()));
    let vgg16 = zoo::find("vgg16").unwrap();
    let (_, written) = peak(|| zoo::model(&vgg16, vgg16.network(None).unwrap(), 1).unwrap().save(&path).unwrap());
    println!("written with {} MB", written / 1_000_000);
    let (model, read) = peak(|| Model::load(&path).unwrap());
    println!("read with {} MB", read / 1_000_000);
    assert!(written < MOST && read < MOST, "{written} and {read} bytes");
    let graph = Graph::new(&model.description.networks["vgg16"]).unwrap();
    for gpu in gpus() {
        let member = model.member("");
        let (prepared, peak) = peak(|| Prepared::new(&gpu, graph.clone(), &[&member], &[], Precision::F32).unwrap());
        let own = prepared.bytes();
        let beyond = peak.saturating_sub(own);
        println!("{} MB of weights on {} with {} MB beyond them", own / 1_000_000, gpu.name(), beyond / 1_000_000);
        assert!(beyond < MOST, "{beyond} bytes");
        assert!(prepared.largest() >= View::bytes(Precision::F32, 1, 64, 224, 224));
    }
    std::fs::remove_file(path).unwrap();
}
