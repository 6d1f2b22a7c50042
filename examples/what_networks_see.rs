//! What the networks saw of every face of a photograph: `what_networks_see PHOTO FOLDER [DEVICE] [REPEATS] [MODEL] [FACES] [explain]` writes the canonical crop, the picture
//! of each representation and its LBP codes as PNG files, and prints the reading as JSON, with the median milliseconds of each stage over some repeats. MODEL: a
//! model file instead of the default model. FACES: a JSON file of the faces that are read, `[{ "box": { "x", "y", "width", "height" }, "score", "landmarks" }]`,
//! instead of those found. With `explain` the reading also has what the networks looked at.

#![allow(clippy::print_stdout)]

use std::error::Error;
use std::path::Path;
use std::time::{Duration, Instant};

use image::RgbImage;
use moue::face::{Detector, Face, Landmarks};
use moue::operators::Rect;
use moue::recognizer::AnalyzedFace;
use moue::{Model, Recognizer};
use serde_json::Value;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [photo, folder, rest @ ..] = &arguments[..] else {
        return Err("PHOTO FOLDER [DEVICE] [REPEATS] [MODEL] [FACES] [explain]".into());
    };
    let repeats = rest.get(1).map_or(Ok(1), |text| text.parse())?;
    let model = rest.get(2).map(|path| Model::load(path.as_ref())).transpose()?;
    let builder = || {
        let mut builder = Recognizer::builder();
        if let Some(device) = rest.first() {
            builder = builder.device_name(device);
        }
        if let Some(model) = &model {
            builder = builder.model(model.clone());
        }
        builder
    };
    let mut recognizer = builder().build()?;
    let photo = moue::photo::read(photo.as_ref())?;
    let folder = Path::new(folder);
    std::fs::create_dir_all(folder)?;
    let analysis = recognizer.analyze(&photo)?;
    let found: Vec<Value> = analysis.faces.iter().map(found).collect();
    let mut reader = None;
    let read = match rest.get(3) {
        Some(path) => {
            let given = given(&std::fs::read_to_string(path)?).ok_or("FACES: no list of faces")?;
            reader.insert(builder().detector(Box::new(Given(given))).build()?).analyze(&photo)?
        }
        None => analysis,
    };
    let reader = reader.as_mut().unwrap_or(&mut recognizer);
    let mut faces = Vec::new();
    for (index, face) in read.faces.iter().enumerate() {
        let seen = reader.seen(&photo, face)?;
        seen.crop.save(folder.join(format!("{index}-crop.png")))?;
        for part in &seen.representations {
            part.picture.save(folder.join(format!("{index}-{}.png", part.name)))?;
            if let Some(codes) = &part.codes {
                codes.save(folder.join(format!("{index}-{}-codes.png", part.name)))?;
            }
        }
        let representations: Vec<&str> = seen.representations.iter().map(|part| part.name.as_str()).collect();
        let explanation = match rest.get(4).is_some_and(|word| word == "explain") {
            true => Some(reader.explain(&photo, face)?),
            false => None,
        };
        faces.push(serde_json::json!({
            "explanation": explanation.map(|found| serde_json::json!({
                "fused": found.fused.values,
                "members": found.members.into_iter().map(|map| map.map(|map| map.values)).collect::<Vec<_>>(),
            })),
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
            "found": found,
            "faces": faces,
            "times": { "detect": detect, "upload": upload, "compute": compute, "readback": readback, "total": total },
        })
    );
    Ok(())
}

/// What was found of a face.
fn found(face: &AnalyzedFace) -> Value {
    let Rect { x, y, width, height } = face.rect;
    serde_json::json!({
        "box": { "x": x, "y": y, "width": width, "height": height },
        "score": face.score,
        "landmarks": face.landmarks.as_deref().map(|landmarks| landmarks.points().to_vec()),
        "pose": face.pose.map(|pose| [pose.yaw, pose.pitch, pose.roll]),
    })
}

/// Faces that are known.
struct Given(Vec<Face>);

impl Detector for Given {
    fn detect(&mut self, _: &RgbImage) -> moue::Result<Vec<Face>> {
        Ok(self.0.clone())
    }
}

fn given(text: &str) -> Option<Vec<Face>> {
    let all: Vec<Value> = serde_json::from_str(text).ok()?;
    let face = |value: &Value| {
        let whole = |name: &str| value["box"][name].as_i64();
        let [width, height] = [u32::try_from(whole("width")?).ok()?, u32::try_from(whole("height")?).ok()?];
        let rect = Rect { x: i32::try_from(whole("x")?).ok()?, y: i32::try_from(whole("y")?).ok()?, width, height };
        let points: Vec<[f32; 3]> = serde_json::from_value(value["landmarks"].clone()).ok()?;
        let landmarks = Some(Landmarks::new(&points)?.into());
        Some(Face { rect, score: value["score"].as_f64()?, landmarks, blendshapes: None, track: None })
    };
    all.iter().map(face).collect()
}

/// In milliseconds.
fn median(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times.get(times.len() / 2).map_or(f64::NAN, |time| 1e3 * time.as_secs_f64())
}
