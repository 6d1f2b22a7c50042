//! Files that are not what they seem: each has a record that names the cause, or the right answer, and the others are still answered.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{devices, moue, scratch, text};
use image::{DynamicImage, ImageBuffer, LumaA, Rgb, RgbImage};
use serde_json::{Value, json};

const ASTRONAUT: &str = "examples/astronaut.png";

fn root() -> PathBuf {
    env!("CARGO_MANIFEST_DIR").into()
}

fn photo() -> RgbImage {
    image::open(root().join(ASTRONAUT)).unwrap().into_rgb8()
}

/// The records of these inputs with the photograph behind them, which must be answered whatever came before, and the exit status.
fn answered(device: &str, inputs: &[&Path], flags: &[&str]) -> (Vec<Value>, Option<i32>) {
    let mut arguments: Vec<String> = ["analyze", "--json", "--device", device].map(String::from).into();
    arguments.extend(flags.iter().map(|flag| flag.to_string()));
    arguments.extend(inputs.iter().map(text));
    arguments.push(ASTRONAUT.into());
    let ran = moue(&arguments);
    assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
    let mut records = ran.records();
    let last = records.pop().unwrap();
    assert_eq!((&last["input"], &last["error"]), (&json!(ASTRONAUT), &Value::Null), "{}", ran.stderr);
    assert_eq!(last["faces"].as_array().unwrap().len(), 1);
    (records, ran.code)
}

fn refused(input: &Path, words: &[&str]) {
    for device in devices() {
        let (records, code) = answered(&device, &[input], &[]);
        assert_eq!((records.len(), code), (1, Some(1)), "{records:?}");
        let record = &records[0];
        assert_eq!((&record["input"], &record["faces"]), (&json!(text(input)), &json!([])));
        assert_eq!((&record["width"], &record["height"]), (&Value::Null, &Value::Null));
        let reason = record["error"].as_str().unwrap().to_lowercase();
        assert!(words.iter().any(|word| reason.contains(word)), "{reason}");
    }
}

/// The one face of the photograph is found in `input`, and read as in the photograph to within `tolerance`.
fn read_as_the_photograph(input: &Path, tolerance: f64) {
    for device in devices() {
        let (records, code) = answered(&device, &[input, &root().join(ASTRONAUT)], &[]);
        assert_eq!((records.len(), code), (2, Some(0)), "{records:?}");
        let faces: Vec<&Value> = records.iter().map(|record| &record["faces"][0]).collect();
        let corner = |face: &Value| [face["box"][0].as_f64().unwrap(), face["box"][1].as_f64().unwrap()];
        let ([x, y], [u, v]) = (corner(faces[0]), corner(faces[1]));
        assert!((x - u).abs() <= 8.0 && (y - v).abs() <= 8.0, "{faces:?}");
        for (label, value) in faces[0]["probabilities"].as_object().unwrap() {
            let other = faces[1]["probabilities"][label].as_f64().unwrap();
            assert!((value.as_f64().unwrap() - other).abs() <= tolerance, "{label}: {faces:?}");
        }
    }
}

#[test]
fn an_empty_file() {
    let path = scratch("empty").join("empty.png");
    fs::write(&path, b"").unwrap();
    refused(&path, &["empty"]);
}

#[test]
fn a_truncated_jpeg() {
    let folder = scratch("truncated");
    let (whole, cut) = (folder.join("whole.jpg"), folder.join("cut.jpg"));
    photo().save(&whole).unwrap();
    let bytes = fs::read(&whole).unwrap();
    for length in [bytes.len() / 2, bytes.len() - 9, 40, 2] {
        fs::write(&cut, &bytes[..length]).unwrap();
        refused(&cut, &["truncated", "holds no"]);
    }
}

#[test]
fn a_text_file_named_png() {
    let path = scratch("text").join("notes.png");
    fs::write(&path, "to buy: bread, milk, a proper picture\n".repeat(20)).unwrap();
    refused(&path, &["holds no"]);
}

#[test]
fn a_picture_of_one_pixel() {
    let path = scratch("one").join("one.png");
    RgbImage::from_pixel(1, 1, Rgb([9, 99, 199])).save(&path).unwrap();
    for device in devices() {
        let (records, code) = answered(&device, &[&path], &[]);
        assert_eq!((code, &records[0]["faces"], &records[0]["error"]), (Some(0), &json!([]), &Value::Null));
        assert_eq!((&records[0]["width"], &records[0]["height"]), (&json!(1), &json!(1)));
    }
}

#[test]
fn a_picture_of_one_pixel_read_as_a_face_gives_probabilities() {
    let path = scratch("one_face").join("one.png");
    RgbImage::from_pixel(1, 1, Rgb([9, 99, 199])).save(&path).unwrap();
    for device in devices() {
        let ran = moue(&["analyze", &text(&path), "--json", "--faces", "none", "--device", &device]);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        let face = &ran.records()[0]["faces"][0];
        let sum: f64 = face["probabilities"].as_object().unwrap().values().map(|p| p.as_f64().unwrap()).sum();
        assert!((sum - 1.0).abs() < 1e-4, "{face}");
    }
}

#[test]
fn a_16_bit_picture() {
    let path = scratch("deep").join("deep.png");
    let deep = ImageBuffer::<Rgb<u16>, _>::from_fn(512, 512, {
        let photo = photo();
        move |x, y| Rgb(photo.get_pixel(x, y).0.map(|v| u16::from(v) * 257))
    });
    DynamicImage::ImageRgb16(deep).save(&path).unwrap();
    read_as_the_photograph(&path, 1e-6);
}

#[test]
fn a_gray_picture_with_alpha() {
    let folder = scratch("alpha");
    let (gray, alpha) = (folder.join("gray.png"), folder.join("alpha.png"));
    let light = DynamicImage::ImageRgb8(photo()).into_luma8();
    let veiled = ImageBuffer::<LumaA<u8>, _>::from_fn(512, 512, |x, y| LumaA([light.get_pixel(x, y).0[0], (x / 2) as u8]));
    light.save(&gray).unwrap();
    DynamicImage::ImageLumaA8(veiled).save(&alpha).unwrap();
    for device in devices() {
        let (records, code) = answered(&device, &[&gray, &alpha], &[]);
        assert_eq!(code, Some(0), "{records:?}");
        assert_eq!(records[0]["faces"].as_array().unwrap().len(), 1);
        assert_eq!(records[0]["faces"], records[1]["faces"], "alpha is dropped");
    }
}

#[test]
fn a_palette_picture() {
    let path = root().join("tests/pictures/palette.png");
    let plain = scratch("palette").join("plain.png");
    moue::reference::gray(&image::imageops::crop_imm(&photo(), 140, 30, 160, 160).to_image()).save(&plain).unwrap();
    for device in devices() {
        let (records, code) = answered(&device, &[&path, &plain], &[]);
        assert_eq!(code, Some(0), "{records:?}");
        assert_eq!(records[0]["faces"].as_array().unwrap().len(), 1);
        assert_eq!(records[0]["faces"], records[1]["faces"]);
    }
}

#[test]
fn a_cmyk_jpeg() {
    let path = root().join("tests/pictures/cmyk.jpg");
    for device in devices() {
        let (records, code) = answered(&device, &[&path], &["--faces", "all"]);
        assert_eq!((code, &records[0]["error"]), (Some(0), &Value::Null), "{records:?}");
        assert_eq!((&records[0]["width"], &records[0]["height"]), (&json!(160), &json!(160)));
        assert_eq!(records[0]["faces"].as_array().unwrap().len(), 1, "a face needs the right colours");
    }
}

/// A JPEG whose EXIF block says that its first row is the right-hand side.
fn rotated(photo: &RgbImage) -> Vec<u8> {
    let mut plain = std::io::Cursor::new(Vec::new());
    let stored = image::imageops::rotate270(photo);
    stored.write_with_encoder(image::codecs::jpeg::JpegEncoder::new_with_quality(&mut plain, 98)).unwrap();
    let plain = plain.into_inner();
    let tiff: &[u8] = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
    let length = u16::try_from(tiff.len() + 2).unwrap().to_be_bytes();
    [&plain[..2], &[0xff, 0xe1], &length[..], tiff, &plain[2..]].concat()
}

#[test]
fn a_photograph_rotated_by_exif() {
    let path = scratch("exif").join("rotated.jpg");
    let portrait = image::imageops::crop_imm(&photo(), 60, 0, 320, 512).to_image();
    fs::write(&path, rotated(&portrait)).unwrap();
    let upright = path.with_file_name("upright.png");
    portrait.save(&upright).unwrap();
    for device in devices() {
        let (records, code) = answered(&device, &[&path, &upright], &[]);
        assert_eq!(code, Some(0), "{records:?}");
        assert_eq!((&records[0]["width"], &records[0]["height"]), (&json!(320), &json!(512)));
        let boxes: Vec<[i64; 4]> =
            records.iter().map(|record| serde_json::from_value(record["faces"][0]["box"].clone()).unwrap()).collect();
        assert!(boxes[0].iter().zip(boxes[1]).all(|(a, b)| (a - b).abs() <= 8), "{boxes:?}");
    }
}

#[test]
fn a_missing_file() {
    refused(Path::new("no/such/picture.png"), &["no such file"]);
}

#[test]
fn a_folder_without_pictures() {
    let folder = scratch("bare");
    fs::write(folder.join("notes.txt"), "nothing to see").unwrap();
    refused(&folder, &["no picture"]);
}

#[test]
fn a_pattern_without_a_match() {
    refused(&scratch("pattern").join("*.png"), &["no file matches"]);
}

#[test]
fn a_pattern_and_a_folder_give_their_pictures_in_order() {
    let folder = scratch("many");
    fs::create_dir(folder.join("sub")).unwrap();
    for name in ["b.png", "a.png", "sub/c.png"] {
        RgbImage::from_pixel(30, 20, Rgb([1, 2, 3])).save(folder.join(name)).unwrap();
    }
    let (records, code) = answered("cpu", &[&folder, &folder.join("*.png")], &[]);
    let names: Vec<String> = records.iter().map(|record| record["input"].as_str().unwrap().to_string()).collect();
    assert_eq!(names, ["a.png", "b.png", "sub/c.png", "a.png", "b.png"].map(|name| text(folder.join(name))));
    assert_eq!(code, Some(0));
}

#[test]
fn nothing_but_bad_inputs_is_still_a_run() {
    let ran = moue(&["analyze", "--json", "--device", "cpu", "no/such/picture.png"]);
    assert_eq!((ran.code, ran.records().len()), (Some(1), 1));
}
