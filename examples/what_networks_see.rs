//! What the networks saw of every face of a photograph: `what_networks_see PHOTO FOLDER [DEVICE] [REPEATS]` writes the canonical crop, the picture of each
//! representation and its LBP codes as PNG files, and prints the reading as JSON, with the median milliseconds of each stage over some repeats.

#![allow(clippy::print_stdout)]

use std::error::Error;
use std::path::Path;
use std::time::{Duration, Instant};

use moue::Recognizer;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [photo, folder, rest @ ..] = &arguments[..] else { return Err("PHOTO FOLDER [DEVICE] [REPEATS]".into()) };
    let repeats = rest.get(1).map_or(Ok(1), |text| text.parse())?;
    let builder = Recognizer::builder();
    let mut recognizer = match rest.first() {
        Some(device) => builder.device_name(device).build()?,
        None => builder.build()?,
    };
    let photo = moue::photo::read(photo.as_ref())?;
    let folder = Path::new(folder);
    std::fs::create_dir_all(folder)?;
    let analysis = recognizer.analyze(&photo)?;
    let mut faces = Vec::new();
    for (index, face) in analysis.faces.iter().enumerate() {
        let seen = recognizer.seen(&photo, face)?;
        seen.crop.save(folder.join(format!("{index}-crop.png")))?;
        for part in &seen.representations {
            part.picture.save(folder.join(format!("{index}-{}.png", part.name)))?;
            if let Some(codes) = &part.codes {
                codes.save(folder.join(format!("{index}-{}-codes.png", part.name)))?;
            }
        }
        let representations: Vec<&str> = seen.representations.iter().map(|part| part.name.as_str()).collect();
        faces.push(serde_json::json!({
            "label": &*face.label,
            "probabilities": face.probabilities,
            "members": face.members,
            "representations": representations,
        }));
    }
    let mut stages: [Vec<Duration>; 5] = Default::default();
    for _ in 0..repeats {
        let (start, searched, before) = (Instant::now(), recognizer.searched(), recognizer.times());
        recognizer.analyze(&photo)?;
        let after = recognizer.times();
        let took = [
            recognizer.searched() - searched,
            after.upload - before.upload,
            after.compute - before.compute,
            after.readback - before.readback,
            start.elapsed(),
        ];
        stages.iter_mut().zip(took).for_each(|(stage, took)| stage.push(took));
    }
    let [detect, upload, compute, readback, total] = stages.map(median);
    println!(
        "{}",
        serde_json::json!({
            "device": recognizer.device_name(),
            "faces": faces,
            "times": { "detect": detect, "upload": upload, "compute": compute, "readback": readback, "total": total },
        })
    );
    Ok(())
}

/// In milliseconds.
fn median(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times.get(times.len() / 2).map_or(f64::NAN, |time| 1e3 * time.as_secs_f64())
}
