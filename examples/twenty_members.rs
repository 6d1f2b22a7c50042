//! The paper's twenty networks on one photograph, ten crops each, with random weights: time, memory, pipelines and dispatches. It needs 6 GB.
//! `cargo run --release --example twenty_members [DEVICE]`

#![allow(clippy::print_stdout)]

use std::time::Instant;

use moue::{Device, Ensemble, Rect, photo, zoo};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let choice = std::env::args().nth(1);
    let (device, warning) = Device::select(choice.as_deref(), None)?;
    println!("on {} {}", device.name(), warning.unwrap_or_default());
    let start = Instant::now();
    let model = zoo::ensemble("levi_hassner", 1)?;
    let bytes: u64 = model.arrays().map(|(_, array)| array.length() as u64).sum();
    let mut ensemble = Ensemble::new(model, device)?;
    println!("{:.2} GB of weights made and on the device after {:.1} s", bytes as f64 / 1e9, start.elapsed().as_secs_f64());
    let picture = photo::read("examples/astronaut.png".as_ref())?;
    let face = Rect { x: 170, y: 60, width: 110, height: 110 };
    for run in ["first", "second", "third"] {
        let start = Instant::now();
        let reading = &ensemble.read(&[(&picture, face)], false)?[0];
        let sum: f32 = reading.probabilities.iter().sum();
        println!(
            "{run}: {:.2} s, {} members, probabilities sum to {sum:.5}",
            start.elapsed().as_secs_f64(),
            reading.members.len()
        );
    }
    if let Some(layout) = ensemble.layout(1)? {
        println!(
            "{} pipelines, {} dispatches, {} slabs of {:.0} MB, {} bytes read back",
            layout.pipelines,
            layout.dispatches,
            layout.slabs,
            layout.slab_bytes as f64 / 1e6,
            layout.read_bytes
        );
        println!("{:.0} GFLOP a photograph", layout.work.flops as f64 / 1e9);
    }
    if let Ok(status) = std::fs::read_to_string("/proc/self/status") {
        let peak = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default();
        println!("peak memory of the process: {}", peak.trim_start_matches("VmHWM:").trim());
    }
    Ok(())
}
