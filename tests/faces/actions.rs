//! Action units: what Python, OpenCV and PyTorch make of a face and of a moving one (models/actions/golden_actions.py), by twins, processor and adapters; and videos
//! cut up in any way.

use std::collections::HashMap;

use crate::common::gpus;
use image::RgbImage;
use moue::actions::{Actions, Followed, History, Reader, Stream};
use moue::face::{TrackId, align};
use moue::operators::Region;
use moue::{Device, Model, Rect, reference};
use safetensors::SafeTensors;

/// Sums of f16 weights over a thousand values.
const NEAR: f32 = 1e-3;
/// Where a level of flow is rounded the other way, what the network makes of it.
const MOVED: f32 = 3e-3;

fn goldens() -> HashMap<String, Vec<u8>> {
    let bytes = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/goldens/actions.safetensors")).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    file.tensors().into_iter().map(|(name, view)| (name, view.data().to_vec())).collect()
}

fn floats(goldens: &HashMap<String, Vec<u8>>, name: &str) -> Vec<f32> {
    bytemuck::pod_collect_to_vec(&goldens[name])
}

fn devices() -> Vec<Device> {
    let mut devices = vec![Device::Reference, Device::cpu().unwrap()];
    devices.extend(gpus().into_iter().map(Device::Gpu));
    devices
}

fn near(what: &str, got: &[f32], want: &[f32], allowed: f32) {
    assert_eq!(got.len(), want.len(), "{what}");
    for (at, (got, want)) in got.iter().zip(want).enumerate() {
        assert!((got - want).abs() <= allowed, "{what}, label {at}: {got} and {want}");
    }
}

fn stream(what: &str, got: &Stream, goldens: &HashMap<String, Vec<u8>>, of: &str, allowed: f32) {
    near(&format!("{what}, {of}/probability"), &got.probabilities, &floats(goldens, &format!("{of}/probability")), allowed);
    near(&format!("{what}, {of}/intensity"), &got.intensities, &floats(goldens, &format!("{of}/intensity")), allowed);
}

/// The crop of the photograph, byte by byte, and what the still network makes of it.
#[test]
fn a_photograph_is_read_as_python_reads_it() {
    let goldens = goldens();
    let photo = moue::photo::read(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/astronaut.png").as_ref()).unwrap();
    let model = Model::actions().unwrap();
    let canonical = model.description.canonical.clone();
    let points: Vec<[f32; 3]> = floats(&goldens, "photo/points").chunks_exact(2).map(|xy| [xy[0], xy[1], 0.0]).collect();
    let region: Region = align(&points, canonical.alignment.as_ref().unwrap(), canonical.size).unwrap().into();
    let crop = reference::gray(&reference::crop(&photo, region, canonical.size).unwrap());
    assert!(*crop.as_raw() == goldens["photo/crop"], "the crop");
    let labels = &model.description.labels;
    let only_moving = labels.iter().position(|label| label == "45").unwrap();
    let unread = labels.iter().position(|label| label == "unnamed").unwrap();
    for device in devices() {
        let mut reader = Reader::new(model.clone(), &device).unwrap();
        let read = reader.read(&[(&photo, region), (&photo, region)]).unwrap();
        for actions in &read {
            stream(device.name(), actions.streams[0].as_ref().unwrap(), &goldens, "photo", NEAR);
            assert!(actions.streams[1].is_none() && actions.units[only_moving].is_none() && actions.units[unread].is_none());
            let parted = actions.units[0].unwrap();
            near(device.name(), &[parted.probability], &floats(&goldens, "photo/probability")[..1], NEAR);
            near(device.name(), &[parted.intensity.unwrap() / 5.0], &floats(&goldens, "photo/intensity")[..1], NEAR);
            assert!(parted.present, "her lips are parted");
        }
    }
}

fn clip(goldens: &HashMap<String, Vec<u8>>) -> Vec<RgbImage> {
    let gray = goldens["clip/crops"].chunks_exact(88 * 64);
    gray.map(|frame| RgbImage::from_raw(64, 88, frame.iter().flat_map(|&v| [v; 3]).collect()).unwrap()).collect()
}

fn followed(picture: &RgbImage, track: u64) -> Followed<'_> {
    Followed { track: TrackId(track), picture, region: Rect::whole(picture.width(), picture.height()).into() }
}

/// The frames of `faces` (of each frame the pictures and whose they are), so many at a time, and the rest.
fn run(reader: &mut Reader, frames: &[Vec<Followed<'_>>], together: usize) -> Vec<Vec<Actions>> {
    let mut history = History::default();
    let mut answers = Vec::new();
    for (index, part) in frames.chunks(together).enumerate() {
        answers.extend(reader.follow(&mut history, part).unwrap());
        let known = ((index + 1) * together).min(frames.len());
        assert_eq!(answers.len(), known.saturating_sub(reader.delay()), "frames that are whole after {known}");
    }
    answers.extend(reader.finish(&mut history).unwrap());
    assert_eq!(answers.len(), frames.len());
    answers
}

/// Frame 3, whose first two flows are missing.
#[test]
fn a_moving_face_is_read_as_python_reads_it() {
    let goldens = goldens();
    let pictures = clip(&goldens);
    let frames: Vec<_> = pictures.iter().map(|picture| vec![followed(picture, 4)]).collect();
    for device in devices() {
        let mut reader = Reader::new(Model::actions().unwrap(), &device).unwrap();
        let answers = run(&mut reader, &frames, 5);
        let face = &answers[3][0];
        stream(device.name(), face.streams[0].as_ref().unwrap(), &goldens, "clip/still", NEAR);
        stream(device.name(), face.streams[1].as_ref().unwrap(), &goldens, "clip/motion", MOVED);
        for (at, (unit, want)) in face.units.iter().zip(floats(&goldens, "clip/fused")).enumerate() {
            assert_eq!(unit.is_none(), want.is_nan(), "{}, label {at}", device.name());
            if let Some(unit) = unit {
                near(device.name(), &[unit.probability], &[want], MOVED);
            }
        }
    }
}

/// Frames one by one, in fours and all at once; with another face beside, before and behind, and more faces than there was room for at first.
#[test]
fn a_video_says_the_same_however_it_is_cut_up_and_whoever_else_is_there() {
    let goldens = goldens();
    let pictures = clip(&goldens);
    let alone: Vec<_> = pictures.iter().map(|picture| vec![followed(picture, 0)]).collect();
    // Another is gone for a frame; at the sixth a crowd comes.
    let company: Vec<Vec<Followed<'_>>> = (0..pictures.len())
        .map(|at| {
            let mut faces = vec![followed(&pictures[at], 0)];
            let other = &pictures[pictures.len() - 1 - at];
            faces.splice(0..0, (at != 4).then(|| followed(other, 1)));
            faces.extend((2..if at < 6 { 2 } else { 20 }).map(|track| followed(other, track)));
            faces
        })
        .collect();
    for device in devices() {
        let mut reader = Reader::new(Model::actions().unwrap(), &device).unwrap();
        let own = |answers: Vec<Vec<Actions>>, at: &dyn Fn(usize) -> usize| -> Vec<Actions> {
            answers.into_iter().enumerate().map(|(frame, faces)| faces[at(frame)].clone()).collect()
        };
        let want = own(run(&mut reader, &alone, 4), &|_| 0);
        for (what, answers) in [
            ("one by one", own(run(&mut reader, &alone, 1), &|_| 0)),
            ("all at once", own(run(&mut reader, &alone, 12), &|_| 0)),
            ("in company", own(run(&mut reader, &company, 3), &|frame| usize::from(frame != 4))),
        ] {
            for (frame, (got, want)) in answers.iter().zip(&want).enumerate() {
                let what = format!("{}, {what}, frame {frame}", device.name());
                for (got, want) in got.streams.iter().zip(&want.streams) {
                    near(&what, &got.as_ref().unwrap().probabilities, &want.as_ref().unwrap().probabilities, 1e-5);
                }
            }
        }
    }
}

/// Frame by frame one of each; and a reader that goes on with a video which another one began: no flow leads from what it did not see.
#[test]
fn videos_that_are_read_by_turns_say_what_they_say_alone_and_another_reader_goes_on() {
    let goldens = goldens();
    let pictures = clip(&goldens);
    let forwards: Vec<_> = pictures.iter().map(|picture| vec![followed(picture, 0)]).collect();
    let backwards: Vec<_> = pictures.iter().rev().map(|picture| vec![followed(picture, 0)]).collect();
    for device in devices() {
        let mut reader = Reader::new(Model::actions().unwrap(), &device).unwrap();
        let want = [run(&mut reader, &forwards, 1), run(&mut reader, &backwards, 1)];
        let mut histories = [History::default(), History::default()];
        let mut answers = [Vec::new(), Vec::new()];
        for at in 0..pictures.len() {
            for ((history, answers), frames) in histories.iter_mut().zip(&mut answers).zip([&forwards, &backwards]) {
                answers.extend(reader.follow(history, &frames[at..=at]).unwrap());
            }
        }
        for (history, answers) in histories.iter_mut().zip(&mut answers) {
            answers.extend(reader.finish(history).unwrap());
        }
        assert!(answers == want && want[0] != want[1], "{}", device.name());

        let mut other = Reader::new(Model::actions().unwrap(), &device).unwrap();
        let mut history = History::default();
        let mut begun = reader.follow(&mut history, &forwards[..6]).unwrap();
        begun.extend(other.follow(&mut history, &forwards[6..]).unwrap());
        begun.extend(other.finish(&mut history).unwrap());
        assert_eq!(begun.len(), pictures.len());
        // Of the first frame the flows that it reads were known before; those of the last ones are all the other's.
        let later = run(&mut other, &forwards[6..], 1);
        assert!(begun[0] == want[0][0] && begun[pictures.len() - 1] == later[later.len() - 1], "{}", device.name());
    }
}

/// What is no model of action units says so, and expressions are not read by one.
#[test]
fn models_are_told_apart() {
    let cpu = Device::cpu().unwrap();
    let error = Reader::new(Model::embedded().unwrap(), &cpu).unwrap_err().to_string();
    assert!(error.contains("it reads expressions, not action units"), "{error}");
    let error = moue::Ensemble::new(Model::actions().unwrap(), cpu).unwrap_err().to_string();
    assert!(error.contains("it reads action units, not expressions"), "{error}");
    for (floor, motion, says) in
        [(Some(0.5), 1.0, "`floor` lies between -20 and 0, not 0.5"), (None, 11.0, "`motion` lies between 0 and 10, not 11")]
    {
        let mut wrong = Model::actions().unwrap();
        (wrong.description.fusion.floor, wrong.description.fusion.motion) = (floor, motion);
        let error = wrong.to_bytes().and_then(|bytes| Model::parse("wrong", &bytes)).unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
    let again = Model::parse("again", &Model::actions().unwrap().to_bytes().unwrap()).unwrap();
    assert_eq!(again.description, Model::actions().unwrap().description);
}
