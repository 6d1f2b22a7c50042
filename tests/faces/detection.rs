//! Faces of real photographs, and pictures that have none.
use std::path::{Path, PathBuf};

use image::{Rgb, RgbImage, imageops};
use moue::{
    Rect,
    face::{Detector, Face, SeetaFace},
    photo,
};

/// A folder beside the checkout; none where the data are not there.
fn data(folder: &str) -> Option<Vec<PathBuf>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(folder);
    let Ok(entries) = std::fs::read_dir(&folder) else {
        println!("skipped: no {}", folder.display());
        return None;
    };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    Some(paths)
}

fn faces(photo: &RgbImage) -> Vec<Face> {
    SeetaFace::new().unwrap().detect(photo).unwrap()
}

fn golden(name: &str) -> RgbImage {
    photo::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/goldens").join(name)).unwrap()
}

fn holds(rect: Rect, x: i32, y: i32) -> bool {
    (rect.x..rect.x + rect.width as i32).contains(&x) && (rect.y..rect.y + rect.height as i32).contains(&y)
}

#[test]
fn a_portraits_face_is_found_once_and_around_the_nose() {
    let found = faces(&golden("grace_hopper.png"));
    assert_eq!(found.len(), 1, "{found:?}");
    let Rect { width, height, .. } = found[0].rect;
    assert!(holds(found[0].rect, 275, 230) && width == height && (180..260).contains(&width), "{found:?}");
}

#[test]
fn several_faces_come_best_first_and_apart() {
    let face = golden("grace_hopper.png");
    let mut pair = RgbImage::from_pixel(face.width() * 2, face.height(), Rgb([90; 3]));
    imageops::replace(&mut pair, &face, 0, 0);
    let smaller = imageops::resize(&face, face.width() / 2, face.height() / 2, imageops::FilterType::Triangle);
    imageops::replace(&mut pair, &smaller, i64::from(face.width()) + 100, 100);
    let found = faces(&pair);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].score >= found[1].score, "{found:?}");
    for (x, y) in [(275, 230), (face.width() as i32 + 100 + 137, 100 + 115)] {
        assert_eq!(found.iter().filter(|face| holds(face.rect, x, y)).count(), 1, "{found:?}");
    }
}

#[test]
fn boxes_of_a_large_photograph_are_in_its_own_pixels() {
    let small = golden("grace_hopper.png");
    let large = imageops::resize(&small, small.width() * 5, small.height() * 5, imageops::FilterType::Triangle);
    let (one, other) = (faces(&small)[0].rect, faces(&large)[0].rect);
    let middle = |at: i32, side: u32| f64::from(at) + f64::from(side) / 2.0;
    assert!((middle(other.x, other.width) / 5.0 - middle(one.x, one.width)).abs() < 12.0, "{one:?} {other:?}");
    assert!((middle(other.y, other.height) / 5.0 - middle(one.y, one.height)).abs() < 12.0, "{one:?} {other:?}");
    assert!((f64::from(other.width) / 5.0 / f64::from(one.width) - 1.0).abs() < 0.1, "{one:?} {other:?}");
}

#[test]
fn pictures_of_any_size_and_brightness_are_answered() {
    let mut detector = SeetaFace::new().unwrap();
    let sizes = [
        (0, 0),
        (1, 1),
        (1, 5000),
        (39, 39),
        (40, 40),
        (41, 40),
        (50, 50),
        (51, 49),
        (62, 63),
        (40, 900),
        (900, 40),
        (1601, 803),
    ];
    for (width, height) in sizes {
        for level in [0, 128, 255] {
            let flat = RgbImage::from_pixel(width, height, Rgb([level; 3]));
            assert_eq!(detector.detect(&flat).unwrap(), [], "{width} x {height} of {level}");
        }
        let noise = RgbImage::from_fn(width, height, |x, y| Rgb([((x * 7919) ^ (y * 104_729) ^ ((x * y) >> 3)) as u8; 3]));
        detector.detect(&noise).unwrap();
    }
}

#[test]
fn a_face_smaller_than_the_window_is_no_error() {
    let portrait = golden("grace_hopper.png");
    assert_eq!(faces(&imageops::thumbnail(&portrait, 38, 45)), []);
}

#[test]
fn the_photographs_have_their_faces() {
    let Some(photographs) = data("photos") else { return };
    for path in photographs.iter().filter(|path| path.extension().is_some_and(|e| e != "md" && e != "txt")) {
        let found = faces(&photo::read(path).unwrap());
        // The group's fifth face is cut off above the eyes by the photograph's edge.
        let expected = if path.to_string_lossy().contains("group") { 4 } else { 1 };
        assert_eq!(found.len(), expected, "{}: {found:?}", path.display());
    }
}
