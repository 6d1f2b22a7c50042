//! What a photograph's file may be, and what is said of one that is none.
use std::{io::Cursor, path::Path};

use image::{DynamicImage, GrayImage, ImageBuffer, ImageFormat, LumaA, Rgb, RgbImage, Rgba};
use moue::photo::{decode, decode_remarked, read};
use serde_json::Value;

/// 24 x 16 pixels of few colours, and none alike in two rows.
fn sample() -> RgbImage {
    RgbImage::from_fn(24, 16, |x, y| Rgb([(x / 8 * 100) as u8, (y * 15) as u8, ((x / 8 + y) % 3 * 90) as u8]))
}

fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// A small file of each format and variant.
fn files() -> Vec<(&'static str, Vec<u8>)> {
    let rgb = DynamicImage::ImageRgb8(sample());
    let sixteen = DynamicImage::ImageRgb16(rgb.to_rgb16());
    vec![
        ("PNG", encoded(&rgb, ImageFormat::Png)),
        ("16-bit PNG", encoded(&sixteen, ImageFormat::Png)),
        ("BMP", encoded(&rgb, ImageFormat::Bmp)),
        ("TIFF", encoded(&rgb, ImageFormat::Tiff)),
        ("16-bit TIFF", encoded(&sixteen, ImageFormat::Tiff)),
        ("WebP", encoded(&rgb, ImageFormat::WebP)),
        ("GIF", encoded(&rgb, ImageFormat::Gif)),
        ("JPEG", encoded(&rgb, ImageFormat::Jpeg)),
        ("CMYK JPEG", include_bytes!("../photos/cmyk.jpg").to_vec()),
        ("progressive JPEG", include_bytes!("../photos/progressive.jpg").to_vec()),
        ("palette PNG", include_bytes!("../photos/palette.png").to_vec()),
    ]
}

fn farthest(a: &RgbImage, b: &RgbImage) -> u8 {
    assert_eq!(a.dimensions(), b.dimensions());
    a.as_raw().iter().zip(b.as_raw()).map(|(a, b)| a.abs_diff(*b)).max().unwrap()
}

fn refusal(bytes: &[u8]) -> String {
    decode(bytes).unwrap_err().to_string()
}

#[test]
fn lossless_formats_keep_every_byte() {
    for (name, bytes) in files() {
        if ["PNG", "16-bit PNG", "BMP", "TIFF", "16-bit TIFF", "WebP"].contains(&name) {
            assert_eq!(decode(&bytes).unwrap(), sample(), "{name}");
        }
    }
}

#[test]
fn a_gif_keeps_its_palettes_colours() {
    // 256 colours are enough for the sample's, but the encoder's quantiser rounds.
    let (_, bytes) = files().into_iter().find(|(name, _)| *name == "GIF").unwrap();
    assert!(farthest(&decode(&bytes).unwrap(), &sample()) <= 8);
}

#[test]
fn palette_cmyk_and_progressive_files_have_their_colours() {
    const SQUARES: [[u8; 3]; 4] = [[200, 50, 30], [20, 160, 90], [240, 240, 240], [10, 20, 70]];
    let squares = RgbImage::from_fn(32, 32, |x, y| Rgb(SQUARES[(y / 16 * 2 + x / 16) as usize]));
    for (name, most) in [("palette PNG", 0), ("CMYK JPEG", 3)] {
        let (_, bytes) = files().into_iter().find(|(found, _)| *found == name).unwrap();
        assert!(farthest(&decode(&bytes).unwrap(), &squares) <= most, "{name}");
    }
    // Chroma at half the resolution bleeds at the squares' edges, not in their middle.
    let progressive = decode(include_bytes!("../photos/progressive.jpg")).unwrap();
    for (square, (x, y)) in SQUARES.iter().zip([(8, 8), (24, 8), (8, 24), (24, 24)]) {
        assert!(progressive.get_pixel(x, y).0.iter().zip(square).all(|(a, b)| a.abs_diff(*b) <= 4));
    }
}

#[test]
fn alpha_is_dropped_with_the_colours_it_hides_kept() {
    let rgba = ImageBuffer::from_fn(24, 16, |x, y| {
        let Rgb([r, g, b]) = *sample().get_pixel(x, y);
        Rgba([r, g, b, (x * 10) as u8])
    });
    assert_eq!(decode(&encoded(&DynamicImage::ImageRgba8(rgba), ImageFormat::Png)).unwrap(), sample());
    let la = ImageBuffer::from_fn(3, 2, |x, y| LumaA([(x * 100 + y) as u8, 7]));
    let gray = RgbImage::from_fn(3, 2, |x, y| Rgb([(x * 100 + y) as u8; 3]));
    assert_eq!(decode(&encoded(&DynamicImage::ImageLumaA8(la), ImageFormat::Png)).unwrap(), gray);
}

#[test]
fn gray_becomes_rgb_and_one_pixel_is_a_picture() {
    let one = GrayImage::from_pixel(1, 1, image::Luma([77]));
    for format in [ImageFormat::Png, ImageFormat::Tiff, ImageFormat::Bmp] {
        let decoded = decode(&encoded(&DynamicImage::ImageLuma8(one.clone()), format)).unwrap();
        assert_eq!(decoded, RgbImage::from_pixel(1, 1, Rgb([77; 3])), "{format:?}");
    }
}

#[test]
fn every_orientation_comes_out_upright() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let goldens: Value = serde_json::from_slice(&std::fs::read(root.join("tests/goldens/goldens.json")).unwrap()).unwrap();
    let exif = &goldens["exif"];
    let file = std::fs::read(root.join("tests/goldens").join(exif["file"].as_str().unwrap())).unwrap();
    let tensors = safetensors::SafeTensors::deserialize(&file).unwrap();
    let upright = tensors.tensor(exif["expected"].as_str().unwrap()).unwrap();
    let [height, width, 3] = *upright.shape() else { panic!("not a picture: {:?}", upright.shape()) };
    let upright = RgbImage::from_raw(width as u32, height as u32, upright.data().to_vec()).unwrap();
    let cases = exif["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 8);
    for case in cases {
        let path = root.join(case["path"].as_str().unwrap());
        let most = exif["tolerance"].as_u64().unwrap();
        assert!(u64::from(farthest(&read(&path).unwrap(), &upright)) <= most, "{}", path.display());
    }
}

#[test]
fn what_is_no_picture_is_called_so() {
    assert!(refusal(b"").contains("empty"));
    for text in [&b"not a picture, whatever my name"[..], b"P", &[0; 64]] {
        assert!(refusal(text).contains("no PNG, JPEG, GIF, WebP, BMP or TIFF"), "{}", refusal(text));
    }
    for (head, words) in [
        (&b"\0\0\0\x18ftypheic\0\0\0\0"[..], "HEIC is not supported: convert it to PNG or JPEG"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0", "HEIC is not supported"),
        (b"\0\0\0\x18ftypavif\0\0\0\0", "AVIF is not supported"),
        (b"\0\0\0\x20ftypisom\0\0\0\0", "video files are not supported"),
        (b"\x1A\x45\xDF\xA3\0\0\0\0", "video files are not supported"),
        (b"\0\0\0\x0CJXL \r\n\x87\n", "JPEG XL"),
        (b"\0\0\0\x0CjP  \r\n\x87\n", "JPEG 2000"),
        (b"8BPS\0\x01\0\0", "Photoshop"),
        (b"%PDF-1.7\n", "PDF"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'>", "SVG"),
        (b"<!DOCTYPE html><html>", "it is text"),
    ] {
        assert!(refusal(head).contains(words), "{words}: {}", refusal(head));
    }
}

#[test]
fn tiffs_of_palettes_ycbcr_and_lab_have_their_colours() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/photos");
    // Of a palette every byte; decoders of JPEG and conversions of L*a*b* round differently.
    for (name, most) in [("palette", 0), ("ycbcr", 3), ("lab", 2)] {
        let pillow = image::open(folder.join(format!("{name}.tiff.png"))).unwrap().into_rgb8();
        let read = read(&folder.join(format!("{name}.tiff"))).unwrap();
        assert!(farthest(&read, &pillow) <= most, "{name}: {}", farthest(&read, &pillow));
    }
}

/// A TIFF file of one strip with these tags, each of values of 16 bits, and the strip's place behind them.
fn tiff(big: bool, tags: &[(u16, Vec<u16>)], strip: &[u8]) -> Vec<u8> {
    let two = |value: u16| if big { value.to_be_bytes() } else { value.to_le_bytes() };
    let four = |value: usize| if big { (value as u32).to_be_bytes() } else { (value as u32).to_le_bytes() };
    let mut tags = tags.to_vec();
    tags.extend([(273, vec![0]), (279, vec![strip.len() as u16])]);
    tags.sort();
    let data = 8 + 2 + 12 * tags.len() + 4;
    let extra: usize = tags.iter().filter(|(_, values)| values.len() > 2).map(|(_, values)| 2 * values.len()).sum();
    let (mut file, mut behind) = (Vec::new(), Vec::new());
    file.extend(if big { b"MM" } else { b"II" });
    file.extend(two(42));
    file.extend(four(8));
    file.extend(two(tags.len() as u16));
    for (tag, values) in tags {
        let values = if tag == 273 { vec![(data + extra) as u16] } else { values };
        let bytes: Vec<u8> = values.iter().flat_map(|&value| two(value)).collect();
        file.extend([two(tag), two(3)].concat());
        file.extend(four(values.len()));
        if bytes.len() <= 4 {
            file.extend(bytes.iter().chain(&[0; 4]).take(4));
        } else {
            file.extend(four(data + behind.len()));
            behind.extend(bytes);
        }
    }
    file.extend(four(0));
    [file, behind, strip.to_vec()].concat()
}

#[test]
fn palettes_of_tiff_are_read_in_both_byte_orders_and_depths_and_as_old_programs_wrote_them() {
    let map = |step: u16| -> Vec<u16> {
        let red = (0..256).map(|i| i * step);
        let green = (0..256).map(|i| (255 - i) * step);
        red.chain(green).chain((0..256).map(|_| 9 * step)).collect()
    };
    for big in [false, true] {
        for step in [257, 1] {
            let tags = [(256, vec![4]), (257, vec![1]), (258, vec![8]), (259, vec![1]), (262, vec![3]), (277, vec![1])];
            let file = tiff(big, &[&tags[..], &[(278, vec![1]), (320, map(step))]].concat(), &[0, 7, 200, 255]);
            let want = RgbImage::from_fn(4, 1, |x, _| Rgb([[0, 255, 9], [7, 248, 9], [200, 55, 9], [255, 0, 9]][x as usize]));
            assert_eq!(decode(&file).unwrap(), want, "big {big}, step {step}");
        }
        let tags = [(256, vec![4]), (257, vec![1]), (258, vec![1]), (259, vec![1]), (262, vec![3]), (277, vec![1])];
        let map = vec![0x1100, 0x2200, 0x3300, 0x4400, 0x5500, 0x6600];
        let file = tiff(big, &[&tags[..], &[(278, vec![1]), (320, map)]].concat(), &[0b0110_0000]);
        let (off, on) = (Rgb([0x11, 0x33, 0x55]), Rgb([0x22, 0x44, 0x66]));
        assert_eq!(decode(&file).unwrap(), RgbImage::from_fn(4, 1, |x, _| if x == 1 || x == 2 { on } else { off }));
    }
}

#[test]
fn tiffs_that_are_not_read_are_refused_by_name() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/photos");
    let said = |name: &str| read(&folder.join(name)).unwrap_err().to_string();
    assert!(said("fax.tiff").contains("a TIFF file compressed as a fax is not supported: save it as an 8-bit PNG or JPEG"));
    assert!(said("int32.tiff").contains("of signed 32-bit integers"), "{}", said("int32.tiff"));
    let tags = [(256, vec![2]), (257, vec![1]), (258, vec![4]), (259, vec![1]), (262, vec![3]), (277, vec![1]), (278, vec![1])];
    let file = tiff(false, &[&tags[..], &[(320, vec![0; 48])]].concat(), &[0]);
    assert!(refusal(&file).contains("with a palette and 4 bits a pixel"), "{}", refusal(&file));
}

#[test]
fn no_sentence_about_a_damaged_file_shows_a_programs_insides() {
    let (_, mut bytes) = files().into_iter().next().unwrap();
    let data = bytes.windows(4).position(|four| four == b"IDAT").unwrap();
    let length = u32::from_be_bytes(bytes[data - 4..data].try_into().unwrap()) as usize;
    bytes[data + 4 + length] ^= 0xFF;
    assert!(
        refusal(&bytes).contains("the PNG file is damaged (a checksum is wrong): copy or download it again"),
        "{}",
        refusal(&bytes)
    );
    for (name, whole) in files() {
        for place in 0..whole.len().min(400) {
            let mut bytes = whole.clone();
            bytes[place] ^= 0x5A;
            if let Err(error) = decode(&bytes) {
                let said = error.to_string();
                assert!(!said.contains(['{', '[', '`', '_', '"']) && !said.contains("::"), "{name}, byte {place}: {said}");
            }
        }
    }
}

#[test]
fn a_file_is_read_by_its_content_and_named_in_the_error() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let (disguised, text) = (folder.join("a_png.jpg"), folder.join("text.png"));
    std::fs::write(&disguised, &files()[0].1).unwrap();
    std::fs::write(&text, "I am text").unwrap();
    assert_eq!(read(&disguised).unwrap(), sample());
    assert!(read(&text).unwrap_err().to_string().contains("text.png"));
    assert!(read(&folder.join("missing.png")).unwrap_err().to_string().contains("missing.png"));
}

#[test]
fn a_file_cut_short_is_called_truncated() {
    for (name, bytes) in files() {
        for part in [4, 2] {
            let reason = refusal(&bytes[..bytes.len() - bytes.len() / part]);
            assert!(reason.contains("truncated"), "{name} without 1/{part}: {reason}");
        }
    }
}

#[test]
fn a_jpeg_without_its_end_mark_is_read_and_without_more_it_is_truncated() {
    for (name, bytes) in files().into_iter().filter(|(name, _)| name.ends_with("JPEG")) {
        let whole = decode(&bytes).unwrap();
        for missing in [1, 2] {
            let cut = &bytes[..bytes.len() - missing];
            if name == "progressive JPEG" {
                // It may lack scans that refine it.
                assert!(refusal(cut).contains("truncated"), "{name} without {missing} bytes");
                continue;
            }
            let read = decode_remarked(cut).unwrap();
            assert_eq!(read.picture, whole, "{name} without {missing} bytes");
            assert!(read.remark.unwrap().contains("end mark"), "{name}");
        }
        for missing in [4, 5, 10, bytes.len() / 4] {
            assert!(refusal(&bytes[..bytes.len() - missing]).contains("truncated"), "{name} without {missing} bytes");
        }
        assert_eq!(decode_remarked(&bytes).unwrap().remark, None);
        let trailed = [bytes.as_slice(), b"a phone's appended video"].concat();
        assert_eq!(decode(&trailed).unwrap(), decode(&bytes).unwrap(), "{name}");
    }
}

#[test]
fn a_picture_too_large_is_refused_before_it_is_decoded() {
    let mut bytes = encoded(&DynamicImage::ImageRgb8(sample()), ImageFormat::Bmp);
    bytes[18..22].copy_from_slice(&60_000_u32.to_le_bytes());
    bytes[22..26].copy_from_slice(&60_000_u32.to_le_bytes());
    assert!(refusal(&bytes).contains("60000 x 60000"), "{}", refusal(&bytes));
}

#[test]
fn damaged_files_end_in_an_answer() {
    // splitmix64
    let mut state = 5_u64;
    let mut random = |end: usize| {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % end as u64) as usize
    };
    for (name, whole) in files() {
        let mut refused = 0;
        for round in 0..100 {
            let mut bytes = whole.clone();
            for _ in 0..=round % 4 {
                let bit = random(bytes.len() * 8);
                bytes[bit / 8] ^= 1 << (bit % 8);
            }
            if round % 3 == 0 {
                bytes.truncate(random(bytes.len()));
            }
            match decode(&bytes) {
                Ok(picture) => assert!(picture.width() > 0 && picture.height() > 0, "{name}, round {round}"),
                Err(error) => {
                    assert!(!error.to_string().contains("gave up"), "{name}, round {round}: {error}");
                    refused += 1;
                }
            }
        }
        assert!(refused > 20, "{name}: only {refused} of 100 damaged files were refused");
    }
}
