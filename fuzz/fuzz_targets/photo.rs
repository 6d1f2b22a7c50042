//! A photograph: refused with an error, or an upright picture within the limits.

#![no_main]

use std::collections::HashSet;
use std::io::Cursor;
use std::sync::Mutex;

use image::{DynamicImage, ImageFormat, ImageReader, RgbaImage};
use libfuzzer_sys::fuzz_target;
use moue::operators::MAX_SIDE;
use moue::photo::{MAX_PIXELS, decode};
use moue_fuzz::{files, plant};

/// Pictures between this and the limit are left out: they say nothing new, and each takes a second and half a gigabyte.
const MOST_PIXELS: u64 = 1 << 20;

fuzz_target!(init: start(), |bytes: &[u8]| {
    let size = ImageReader::new(Cursor::new(bytes)).with_guessed_format().ok().and_then(|reader| {
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| reader.into_dimensions().ok())).ok().flatten()
    });
    if size.is_some_and(|(w, h)| (MOST_PIXELS..=MAX_PIXELS).contains(&(u64::from(w) * u64::from(h)))) {
        return;
    }
    match decode(bytes) {
        Ok(picture) => {
            assert!(picture.width().max(picture.height()) <= MAX_SIDE);
            assert!(u64::from(picture.width()) * u64::from(picture.height()) <= MAX_PIXELS);
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});

fn start() {
    guard();
    seeds();
}

/// `decode` catches what a decoder panics on, and a panic of moue's own is a finding. libfuzzer-sys aborts on both.
fn guard() {
    static SEEN: Mutex<Option<HashSet<String>>> = Mutex::new(None);
    let aborting = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        let file = info.location().map_or("", |location| location.file()).replace('\\', "/");
        if !file.contains("/registry/src/") {
            return aborting(info);
        }
        if let Ok(mut seen) = SEEN.lock()
            && seen.get_or_insert_default().insert(format!("{:?}", info.location()))
        {
            eprintln!("a decoder panicked, and was caught: {info}");
        }
    }));
}

fn seeds() {
    let small = RgbaImage::from_fn(9, 7, |x, y| image::Rgba([(28 * x) as u8, (36 * y) as u8, 90, 255 - (8 * x) as u8]));
    let formats = [
        ("png", ImageFormat::Png),
        ("jpg", ImageFormat::Jpeg),
        ("gif", ImageFormat::Gif),
        ("webp", ImageFormat::WebP),
        ("bmp", ImageFormat::Bmp),
        ("tiff", ImageFormat::Tiff),
    ];
    let pictures = [
        ("rgba8", DynamicImage::ImageRgba8(small.clone())),
        ("rgb8", DynamicImage::ImageRgb8(DynamicImage::ImageRgba8(small.clone()).to_rgb8())),
        ("gray8", DynamicImage::ImageLuma8(DynamicImage::ImageRgba8(small.clone()).to_luma8())),
        ("rgb16", DynamicImage::ImageRgb16(DynamicImage::ImageRgba8(small).to_rgb16())),
    ];
    let mut made = Vec::new();
    for (extension, format) in formats {
        for (kind, picture) in &pictures {
            let mut bytes = Cursor::new(Vec::new());
            // Not every format holds every kind.
            if picture.write_to(&mut bytes, format).is_ok() {
                made.push((format!("{kind}.{extension}"), bytes.into_inner()));
            }
        }
    }
    for (folder, extension) in [
        ("tests/photos", "jpg"),
        ("tests/photos", "png"),
        ("tests/photos", "tiff"),
        ("tests/goldens", "png"),
        ("tests/goldens/exif", "jpg"),
    ] {
        made.extend(files(folder, extension));
    }
    plant("photo", made);
}
