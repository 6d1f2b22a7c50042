//! Faces followed through made clips: portraits that move, cross, leave and return, by the networks themselves.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use image::{Rgb, RgbImage, imageops};
use moue::face::{Face, Finder, Search, Thoroughness, TrackId, Tracker, Tracking};
use moue::{Device, Model, Precision, photo};

use crate::common::{engine, gpus, thorough};

const FRAME: Duration = Duration::from_millis(40);

fn finder(device: &Device) -> Finder {
    let model = Arc::new(Model::faces().unwrap());
    let search = Search { thoroughness: Thoroughness::Fast, ..Search::default() };
    Finder::new(model, device, Precision::F32, search).unwrap()
}

/// A portrait cut to the head, `side` pixels wide.
fn head(path: &str, [x, y, width, height]: [u32; 4], side: u32) -> RgbImage {
    let portrait = photo::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap();
    let cut = imageops::crop_imm(&portrait, x, y, width, height).to_image();
    imageops::resize(&cut, side, side * height / width, imageops::FilterType::Triangle)
}

fn heads() -> [RgbImage; 2] {
    [head("tests/goldens/grace_hopper.png", [140, 90, 250, 290], 150), head("examples/astronaut.png", [155, 30, 140, 180], 150)]
}

/// The second head in front of the first one, each with its middle at a column.
fn frame(columns: [Option<i64>; 2], heads: &[RgbImage; 2]) -> RgbImage {
    let mut frame = RgbImage::from_fn(640, 360, |x, y| Rgb([(90 + x / 16) as u8, (100 + y / 8) as u8, 120]));
    for (column, head) in columns.into_iter().zip(heads) {
        if let Some(column) = column {
            imageops::overlay(&mut frame, head, column - i64::from(head.width()) / 2, 80);
        }
    }
    frame
}

/// Who is nearest to a column.
fn at(faces: &[Face], column: i64) -> Option<TrackId> {
    let away = |face: &Face| (i64::from(face.rect.x) + i64::from(face.rect.width) / 2 - column).abs();
    faces.iter().filter(|face| away(face) < 50).min_by_key(|face| away(face))?.track
}

#[test]
fn two_people_who_cross_keep_their_names() {
    let heads = heads();
    let (mut finder, mut tracker) = (finder(&engine()), Tracker::new(Tracking::default()));
    let mut names: Vec<[Option<TrackId>; 2]> = Vec::new();
    for number in 0..56_i64 {
        let columns = [90 + 8 * number, 550 - 8 * number];
        let picture = frame(columns.map(Some), &heads);
        let found = finder.track(&mut tracker, &picture, FRAME * number as u32).unwrap();
        names.push(columns.map(|column| at(&found, column)));
    }
    // Before they touch, and once they are apart.
    let (before, after) = (names[..20].to_vec(), names[40..].to_vec());
    for person in 0..2 {
        let name = before[5][person].expect("found in the sixth frame");
        assert!(before[5..].iter().chain(&after[6..]).all(|names| names[person] == Some(name)), "{person}: {names:?}");
    }
}

#[test]
fn who_leaves_and_returns_within_a_second_has_the_same_name() {
    let heads = heads();
    let (mut finder, mut tracker) = (finder(&engine()), Tracker::new(Tracking::default()));
    let mut named = Vec::new();
    for number in 0..40_i64 {
        // Out to the left, 12 frames away, and back again.
        let column = match number {
            0..14 => 200 - 25 * number,
            14..26 => -150,
            _ => -150 + 25 * (number - 26),
        };
        let picture = frame([Some(column), None], &heads);
        let found = finder.track(&mut tracker, &picture, FRAME * number as u32).unwrap();
        assert!(found.len() <= 1, "{number}: {found:?}");
        named.extend(found.iter().filter_map(|face| face.track));
        assert!(!(16..26).contains(&number) || found.is_empty(), "{number}: {found:?}");
    }
    assert!(named.len() > 15 && named.iter().all(|name| *name == named[0]), "{named:?}");
}

/// 2,000 frames where tests are thorough, else 120: faces come and go, and the device holds no more at the end than after the first ones.
#[test]
fn a_camera_that_runs_for_long_takes_no_more_memory() {
    let heads = heads();
    let frames = if thorough() { 2000 } else { 120 };
    for gpu in gpus() {
        let (mut finder, mut tracker) = (finder(&Device::Gpu(gpu.clone())), Tracker::new(Tracking::default()));
        let mut early = None;
        for number in 0..frames {
            let shown = |who: i64| (number / 10 % 3 != who).then_some(150 + 300 * who + number % 10);
            let picture = frame([0, 1].map(shown), &heads);
            finder.track(&mut tracker, &picture, FRAME * number as u32).unwrap();
            if number == 60 {
                early = gpu.allocated();
            }
        }
        assert_eq!(gpu.allocated(), early, "{}", gpu.name());
    }
}
