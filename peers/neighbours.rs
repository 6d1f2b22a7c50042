//! What `peers/neighbours.py` asks for nearest neighbours: `neighbours_peer DEVICE euclidean|cosine VECTORS QUERIES SIZE K ANSWER`.
//!
//! VECTORS and QUERIES are files of f32, rows of SIZE. It says `ready`, the device's name and the seconds that making the index took; for every line it reads it searches, writes
//! [Q, K] u32 to ANSWER and says how many seconds that took, from the queries on the host to the neighbours there, how many queries the host went through once more, and
//! the adapter's multiply-add ceiling in GFLOP/s at that moment, 0 of what is no adapter.

#![allow(missing_docs, clippy::print_stdout)]

use std::error::Error;
use std::io::{Write, stdin, stdout};
use std::time::Instant;

use moue::Device;
use moue::embed::{Index, Metric};
use moue::timing::PeakLoads;

fn floats(path: &str) -> Result<Vec<f32>, Box<dyn Error>> {
    Ok(std::fs::read(path)?.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect())
}

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [device, metric, vectors, queries, size, k, answer] = &words[..] else {
        return Err("see the head of peers/neighbours.rs".into());
    };
    let metric = if metric == "cosine" { Metric::Cosine } else { Metric::Euclidean };
    let (size, k): (usize, usize) = (size.parse()?, k.parse()?);
    let (vectors, queries) = (floats(vectors)?, floats(queries)?);
    let (device, _) = Device::select(Some(device), None)?;
    let mut peaks = match &device {
        Device::Gpu(gpu) => Some(PeakLoads::new(gpu)?),
        Device::Cpu(_) | Device::Reference => None,
    };
    let start = Instant::now();
    let mut index = Index::new(&device, vectors, size, metric)?;
    println!("ready {:.6} {}", start.elapsed().as_secs_f64(), device.name());
    for line in stdin().lines() {
        line?;
        let before = index.rescanned();
        let start = Instant::now();
        let found = index.nearest(&queries, k)?;
        let seconds = start.elapsed().as_secs_f64();
        let bytes: Vec<u8> = found.iter().flatten().flat_map(|one| (one.index as u32).to_le_bytes()).collect();
        std::fs::write(answer, bytes)?;
        let ceiling = match &mut peaks {
            Some(peaks) => {
                let seconds = peaks.seconds()?;
                peaks.peak(seconds).gflops
            }
            None => 0.0,
        };
        println!("{seconds} {} {ceiling}", index.rescanned() - before);
        stdout().flush()?;
    }
    Ok(())
}
