//! Reading clips, and comparing them with what was put in.

use std::path::Path;

use image::RgbImage;
use moue::video::{Frame, Frames, Options};

use crate::clips::gray;

/// All frames, and what is to be said of them.
pub fn all(path: &Path, options: Options) -> (Vec<Frame>, Option<String>) {
    let frames = Frames::open(path, options).unwrap();
    let report = frames.report();
    (frames.collect::<Result<_, _>>().unwrap(), report.remark())
}

pub fn whole(path: &Path) -> Vec<Frame> {
    let (frames, remark) = all(path, Options::default());
    assert_eq!(remark, None, "{}", path.display());
    frames
}

/// Whether these are the frames of those numbers, by their gray in the lower right corner.
pub fn are(frames: &[Frame], numbers: impl IntoIterator<Item = usize>) {
    let corner = |picture: &RgbImage| i32::from(picture.get_pixel(picture.width() - 2, picture.height() - 2).0[1]);
    let numbers: Vec<usize> = numbers.into_iter().collect();
    assert_eq!(frames.len(), numbers.len());
    for (frame, number) in frames.iter().zip(numbers) {
        let (got, want) = (corner(&frame.picture), i32::from(gray(number)));
        assert!((got - want).abs() <= 3, "frame {}: {got}, {want} wanted", frame.index);
    }
}

pub fn millis(frames: &[Frame]) -> Vec<u64> {
    frames.iter().map(|frame| frame.timestamp.as_nanos().div_ceil(1_000_000) as u64).collect()
}
