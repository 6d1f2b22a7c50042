//! Faces of real photographs on every device, and pictures that have none.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use image::{Rgb, RgbImage, imageops};
use moue::face::{Face, Finder, Search, Thoroughness};
use moue::{Device, Model, Precision, Rect, photo};

use crate::common::{devices, engine, thorough};

/// The files of a folder beside the checkout; none where the data are not there.
fn data(folder: &str) -> Option<Vec<PathBuf>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(folder);
    let Ok(entries) = std::fs::read_dir(&folder) else {
        println!("skipped: no {}", folder.display());
        return None;
    };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|e| e == "jpg" || e == "jpeg" || e == "png"));
    paths.sort();
    Some(paths)
}

fn finder(device: &Device, thoroughness: Thoroughness) -> Finder {
    let model = Arc::new(Model::faces().unwrap());
    let search = Search { thoroughness, blendshapes: true, ..Search::default() };
    Finder::new(model, device, Precision::F32, search).unwrap()
}

fn faces(photo: &RgbImage, thoroughness: Thoroughness) -> Vec<Face> {
    finder(&engine(), thoroughness).find(photo).unwrap()
}

fn golden(name: &str) -> RgbImage {
    photo::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/goldens").join(name)).unwrap()
}

fn holds(rect: Rect, x: i32, y: i32) -> bool {
    (rect.x..rect.x + rect.width as i32).contains(&x) && (rect.y..rect.y + rect.height as i32).contains(&y)
}

/// Where the tip of the nose is.
fn nose(face: &Face) -> [f32; 2] {
    let [x, y, _] = face.landmarks.as_ref().unwrap().five()[2];
    [x, y]
}

/// Adapters, the processor and the twins, each by its own code for tiles, candidates and crops. The twins take seconds a network.
#[test]
fn every_device_finds_the_same_points() {
    let portrait = imageops::resize(&golden("grace_hopper.png"), 256, 300, imageops::FilterType::Triangle);
    let found: Vec<(String, Vec<Face>)> = devices()
        .iter()
        .map(|device| (device.name().to_owned(), finder(device, Thoroughness::Fast).find(&portrait).unwrap()))
        .collect();
    let (_, want) = found.first().unwrap();
    assert_eq!(want.len(), 1);
    for (name, got) in &found {
        assert_eq!(got.len(), 1, "{name}");
        assert!((got[0].score - want[0].score).abs() < 1e-4, "{name}: {} {}", got[0].score, want[0].score);
        let points = |face: &Face| face.landmarks.as_ref().unwrap().points().concat();
        let apart = points(&got[0]).into_iter().zip(points(&want[0])).map(|(a, b)| (a - b).abs());
        let apart = apart.fold(0.0, f32::max);
        // Pixels of the photograph: where a last bit turns a crop's corner, some of its pixels differ by one level.
        assert!(apart < 0.05, "{name}: {apart} pixels apart");
        let shapes = |face: &Face| face.blendshapes.as_ref().unwrap().0;
        let apart = shapes(&got[0]).iter().zip(shapes(&want[0])).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(apart < 0.01, "{name}: blendshapes {apart} apart");
    }
}

/// The same tiles in batches, on adapters by indirect ways through several plans.
#[test]
fn adapters_and_the_processor_agree_on_a_picture_of_many_tiles() {
    let face = golden("grace_hopper.png");
    let mut pair = RgbImage::from_pixel(900, 620, Rgb([90; 3]));
    for (side, x, y) in [(300, 20, 10), (120, 400, 30), (90, 700, 60), (80, 640, 450)] {
        imageops::overlay(&mut pair, &imageops::thumbnail(&face, side, side * 6 / 5), x, y);
    }
    let all: Vec<Vec<Face>> = devices()
        .iter()
        .filter(|device| !matches!(device, Device::Reference))
        .map(|device| finder(device, Thoroughness::Normal).find(&pair).unwrap())
        .collect();
    for found in &all {
        assert_eq!(found.len(), 4, "{found:?}");
        for face in found {
            let [x, y] = nose(face);
            let same = all[0].iter().any(|other| (nose(other)[0] - x).hypot(nose(other)[1] - y) < 0.2);
            assert!(same, "{x}, {y} of {all:?}");
        }
    }
    let scores: Vec<f64> = all[0].iter().map(|face| face.score).collect();
    assert!(scores.is_sorted_by(|a, b| a >= b), "{scores:?}");
}

/// More faces than one suppression keeps, on adapters in parts: none is lost.
#[test]
fn a_crowd_is_found_to_the_last_face() {
    let face = imageops::crop_imm(&golden("grace_hopper.png"), 130, 70, 280, 330).to_image();
    let face = imageops::thumbnail(&face, 56, 66);
    let mut crowd = RgbImage::new(20 * 56, 15 * 66);
    for (row, column) in (0..15).flat_map(|row| (0..20).map(move |column| (row, column))) {
        imageops::replace(&mut crowd, &face, 56 * column, 66 * row);
    }
    for device in devices().iter().filter(|device| !matches!(device, Device::Reference)) {
        let found = finder(device, Thoroughness::Normal).find(&crowd).unwrap().len();
        assert_eq!(found, 300, "{}", device.name());
    }
}

#[test]
fn boxes_and_points_of_a_large_photograph_are_in_its_own_pixels() {
    let small = golden("grace_hopper.png");
    let large = imageops::resize(&small, small.width() * 5, small.height() * 5, imageops::FilterType::Triangle);
    let [one, other] = [&small, &large].map(|photo| faces(photo, Thoroughness::Normal));
    assert_eq!((one.len(), other.len()), (1, 1));
    let ([x, y], [u, v]) = (nose(&one[0]), nose(&other[0]));
    assert!((u / 5.0 - x).hypot(v / 5.0 - y) < 2.0, "{x} {y}, {u} {v}");
    assert!(holds(one[0].rect, 275, 230), "{:?}", one[0].rect);
    let wide = |face: &Face| f64::from(face.rect.width);
    assert!((wide(&other[0]) / wide(&one[0]) / 5.0 - 1.0).abs() < 0.03, "{:?} {:?}", one[0].rect, other[0].rect);
}

#[test]
fn a_face_that_lies_or_stands_on_its_head_is_found_thoroughly() {
    let small = imageops::thumbnail(&golden("grace_hopper.png"), 128, 150);
    for turned in [imageops::rotate90(&small), imageops::rotate180(&small), imageops::rotate270(&small)] {
        assert_eq!(faces(&turned, Thoroughness::Thorough).len(), 1);
    }
}

/// The detector gives it 0.62 and the mesh network 0.99998: only a second, wider look tells it from a face.
#[test]
fn a_cell_that_looks_like_a_face_is_none() {
    let photo = golden("cell.png");
    for thoroughness in [Thoroughness::Normal, Thoroughness::Thorough] {
        assert_eq!(faces(&photo, thoroughness), [], "{thoroughness:?}");
    }
}

#[test]
fn pictures_of_any_size_and_brightness_are_answered() {
    for thoroughness in [Thoroughness::Fast, Thoroughness::Normal] {
        let mut finder = finder(&engine(), thoroughness);
        for (width, height) in [(1, 1), (1, 500), (15, 16), (193, 192), (40, 900), (801, 403)] {
            for level in [0, 128, 255] {
                let flat = RgbImage::from_pixel(width, height, Rgb([level; 3]));
                assert_eq!(finder.find(&flat).unwrap(), [], "{width} x {height} of {level}");
            }
            let noise = RgbImage::from_fn(width, height, |x, y| Rgb([((x * 7919) ^ (y * 104_729) ^ ((x * y) >> 3)) as u8; 3]));
            finder.find(&noise).unwrap();
        }
        assert!(finder.find(&RgbImage::new(0, 0)).is_err());
    }
}

#[test]
fn what_is_looked_for_can_be_set() {
    let mut finder = finder(&engine(), Thoroughness::Normal);
    let portrait = golden("grace_hopper.png");
    let wide = finder.find(&portrait).unwrap()[0].rect.width;
    finder.set(Search { min_face: Some(2 * wide), ..Search::default() }).unwrap();
    assert_eq!(finder.find(&portrait).unwrap(), []);
    for wrong in [Search { min_face: Some(3), ..Search::default() }, Search { min_score: Some(1.5), ..Search::default() }] {
        assert!(finder.set(wrong).is_err(), "{wrong:?}");
    }
}

#[test]
fn the_photographs_have_their_faces() {
    let Some(photographs) = data("photos") else { return };
    for path in photographs {
        let found = faces(&photo::read(&path).unwrap(), Thoroughness::Normal);
        // The group's fifth face is cut off above the eyes by the photograph's edge.
        let expected = if path.to_string_lossy().contains("group") { 4..=5 } else { 1..=1 };
        assert!(expected.contains(&found.len()), "{}: {found:?}", path.display());
    }
}

/// All 204 of the London set and 1,235 of another one where tests are thorough; else every sixth, and every sixtieth.
#[test]
fn portraits_have_one_face_each() {
    let sets = [("london-450/neutral_front", 6, 0), ("london-450/smiling_front", 6, 0), ("faces/us-congress-portraits", 60, 10)];
    for (folder, step, missed) in sets {
        let Some(paths) = data(folder) else { return };
        let step = if thorough() { 1 } else { step };
        let mut finder = finder(&engine(), Thoroughness::Normal);
        let wrong: Vec<String> = paths
            .iter()
            .step_by(step)
            .filter_map(|path| {
                let count = finder.find(&photo::read(path).unwrap()).unwrap().len();
                (count != 1).then(|| format!("{}: {count}", path.display()))
            })
            .collect();
        println!("{folder}: {} of {} have other than one face", wrong.len(), paths.len().div_ceil(step));
        assert!(wrong.len() <= missed / step, "{wrong:?}");
    }
}

/// MediaPipe's own answers for the photographs: pixels of its square's 256 away, and blendshapes.
#[test]
fn points_and_blendshapes_are_those_of_mediapipe() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let golden = root.join("weights/mediapipe/golden");
    let Ok(text) = std::fs::read_to_string(golden.join("photos_blendshapes_landmarks478.json")) else {
        println!("skipped: no {}", golden.display());
        return;
    };
    let answers: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&text).unwrap();
    let table = std::fs::read_to_string(golden.join("photos_blendshapes.csv")).unwrap();
    let columns: Vec<&str> = table.lines().next().unwrap().split(',').collect();
    let (mut near, mut all) = (0, 0);
    for (key, answer) in &answers {
        let (file, number) = key.split_once('#').unwrap();
        let photo = photo::read(&root.join(file)).unwrap();
        let [width, height] = [photo.width(), photo.height()].map(|side| side as f32);
        let want: Vec<[f32; 2]> = answer["landmarks"]
            .as_array()
            .unwrap()
            .iter()
            .map(|point| [0, 1].map(|axis| point[axis].as_f64().unwrap() as f32 * [width, height][axis]))
            .collect();
        let found = faces(&photo, Thoroughness::Normal);
        let nose_of = |face: &Face| {
            let [x, y] = nose(face);
            (x - want[4][0]).hypot(y - want[4][1])
        };
        let face = found.iter().min_by(|a, b| nose_of(a).total_cmp(&nose_of(b))).unwrap();
        let points = face.landmarks.as_ref().unwrap();
        let span = |axis: usize| {
            let values = want.iter().map(|point| point[axis]);
            values.clone().fold(f32::MIN, f32::max) - values.fold(f32::MAX, f32::min)
        };
        let unit = 1.5 * span(0).max(span(1)) / 256.0;
        let mut away: Vec<f32> =
            points.points().iter().zip(&want).map(|(a, b)| (a[0] - b[0]).hypot(a[1] - b[1]) / unit).collect();
        away.sort_by(f32::total_cmp);
        let group = file.contains("group");
        println!("{key}: median {:.2}, worst {:.2} pixels of 256", away[239], away[477]);
        assert!(away[239] <= if group { 4.0 } else { 1.5 }, "{key}: {}", away[239]);
        if group || file.contains("angry") {
            continue;
        }
        let row = table.lines().find(|line| {
            let mut cells = line.split(',');
            cells.next() == Some(file) && cells.nth(2) == Some(number)
        });
        let row: Vec<&str> = row.unwrap().split(',').collect();
        for (name, value) in face.blendshapes.as_ref().unwrap().iter() {
            let column = columns.iter().position(|column| *column == name).unwrap();
            near += usize::from((row[column].parse::<f32>().unwrap() - value).abs() <= 0.15);
            all += 1;
        }
    }
    println!("{near} of {all} blendshapes within 0.15");
    assert!(100 * near >= 95 * all, "{near} of {all}");
}
