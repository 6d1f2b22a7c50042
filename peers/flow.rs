//! What `peers/flow.py` asks for dense flow: `flow_peer DEVICE chain|pairs FOLDER ANSWER PYR_SCALE LEVELS WINSIZE ITERATIONS POLY_N POLY_SIGMA FLAGS`.
//!
//! The gray pictures of FOLDER, sorted, are frames: from each to the next (`chain`), or two by two (`pairs`). It says `ready` and the device's name; for every line it
//! reads it computes all of them, writes [N, H, W, 2] f32 to ANSWER and says how many seconds the computation took, from the frames on the host to the flow there.

#![allow(missing_docs, clippy::print_stdout)]

use std::error::Error;
use std::io::{Write, stdin, stdout};
use std::time::Instant;

use moue::Device;
use moue::flow::{Flow, Parameters, Window};

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [device, how, folder, answer, numbers @ ..] = &words[..] else { return Err("see the head of peers/flow.rs".into()) };
    let numbers: Vec<f64> = numbers.iter().map(|word| word.parse()).collect::<Result<_, _>>()?;
    let [pyr_scale, levels, winsize, iterations, poly_n, poly_sigma, flags] = numbers[..] else {
        return Err("seven parameters".into());
    };
    let [levels, winsize, iterations, poly_n] = [levels, winsize, iterations, poly_n].map(|number| number as u32);
    let window = if flags == 256.0 { Window::Gaussian } else { Window::Box };
    let (device, _) = Device::select(Some(device), None)?;
    let mut flow = Flow::new(&device, Parameters { pyr_scale, levels, winsize, iterations, poly_n, poly_sigma, window })?;
    let mut paths: Vec<_> = std::fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    paths.sort();
    let frames: Vec<_> = paths.iter().map(|path| image::open(path).map(|frame| frame.into_luma8())).collect::<Result<_, _>>()?;
    let frames: Vec<_> = frames.iter().collect();
    let step = if how == "chain" { 1 } else { 2 };
    let pairs: Vec<[usize; 2]> = (1..frames.len()).step_by(step).map(|at| [at - 1, at]).collect();
    println!("ready {}", device.name());
    for line in stdin().lines() {
        line?;
        let start = Instant::now();
        let fields = flow.between(&frames, &pairs)?;
        let seconds = start.elapsed().as_secs_f64();
        let bytes: Vec<u8> =
            fields.iter().flat_map(|field| field.data.as_flattened()).flat_map(|value| value.to_le_bytes()).collect();
        std::fs::write(answer, bytes)?;
        println!("{seconds}");
        stdout().flush()?;
    }
    Ok(())
}
