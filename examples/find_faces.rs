//! Faces without their expressions: boxes, pose and landmarks, and how long finding them takes. Then the same picture as frames of a camera, whose face is followed.
//!
//!     cargo run --release --example find_faces -- PICTURE [DEVICE] [fast|normal|thorough]

#![allow(clippy::print_stdout)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use moue::face::{Finder, Pose, Search, Thoroughness, Tracker, Tracking};
use moue::{Device, Model, Precision};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("which picture? find_faces PICTURE [DEVICE] [fast|normal|thorough]")?;
    let (device, _) = Device::select(arguments.next().as_deref(), None)?;
    let thoroughness = match arguments.next().as_deref() {
        Some("fast") => Thoroughness::Fast,
        Some("thorough") => Thoroughness::Thorough,
        _ => Thoroughness::Normal,
    };
    let photo = moue::photo::read(path.as_ref())?;
    let model = Arc::new(Model::faces()?);
    let mut finder = Finder::new(model, &device, Precision::F32, Search { thoroughness, ..Search::default() })?;
    for face in finder.find(&photo)? {
        let points = face.landmarks.as_deref();
        println!("{:?} {:.3} {:?}", face.rect, face.score, points.and_then(Pose::of));
    }
    let found = median(|| finder.find(&photo).map(drop))?;
    let (mut tracker, mut time) =
        (Tracker::new(Tracking { every: u32::MAX, within: Duration::MAX, ..Tracking::default() }), Duration::ZERO);
    let followed = median(|| {
        time += Duration::from_millis(40);
        finder.track(&mut tracker, &photo, time).map(drop)
    })?;
    println!("{} x {} on {}: found in {found:.1?}, followed in {followed:.1?}", photo.width(), photo.height(), device.name());
    Ok(())
}

/// Of runs for about three seconds, after one that is not counted.
fn median(mut run: impl FnMut() -> moue::Result<()>) -> moue::Result<Duration> {
    run()?;
    let (start, mut times) = (Instant::now(), Vec::new());
    while start.elapsed() < Duration::from_secs(3) {
        let before = Instant::now();
        run()?;
        times.push(before.elapsed());
    }
    times.sort();
    Ok(times[times.len() / 2])
}
