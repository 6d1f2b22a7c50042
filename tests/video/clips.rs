//! Clips of known frames.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use image::{Rgb, RgbImage};

use crate::support::{scratch, text};
use crate::tiny;

/// Whether clips can be made; says so where not.
pub fn ffmpeg() -> bool {
    let there = Command::new("ffmpeg").arg("-version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    let there = there.is_ok_and(|status| status.success());
    if !there {
        println!("SKIPPED: no ffmpeg on the path, which makes the clips (Debian, Ubuntu: apt install ffmpeg)");
    }
    there
}

/// Runs ffmpeg with these arguments and bytes on its standard input; whether it made what was asked.
pub fn made(arguments: &[&str], input: &[u8]) -> bool {
    let mut child = Command::new("ffmpeg")
        .args(["-nostats", "-hide_banner", "-loglevel", "error", "-y"])
        .args(arguments)
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    // It may not want all of it.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait().unwrap().success()
}

/// What ffmpeg or its like prints.
pub fn said(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// Gray that tells a frame's number.
pub fn gray(number: usize) -> u8 {
    (30 + 13 * number % 200) as u8
}

/// A frame: gray, its first quarter white.
pub fn frame(number: usize, width: u32, height: u32) -> RgbImage {
    let gray = gray(number);
    RgbImage::from_fn(width, height, |x, y| Rgb(if x < width / 2 && y < height / 2 { [255; 3] } else { [gray; 3] }))
}

/// A clip of such frames at 25 a second, made with these arguments of the encoder.
pub fn clip(folder: &Path, name: &str, count: usize, [width, height]: [u32; 2], arguments: &[&str]) -> PathBuf {
    let path = folder.join(name);
    let pixels: Vec<u8> = (0..count).flat_map(|number| frame(number, width, height).into_raw()).collect();
    let (size, target) = (format!("{width}x{height}"), text(&path));
    let head = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-r", "25", "-s", &size, "-i", "pipe:0"];
    assert!(made(&[&head[..], arguments, &[&target]].concat(), &pixels), "{name}");
    path
}

/// Lossless, in RGB.
pub const EXACT: &[&str] = &["-c:v", "ffv1", "-pix_fmt", "bgr0"];
/// What most files have.
pub const H264: &[&str] = &["-c:v", "libx264", "-qp", "8", "-pix_fmt", "yuv420p"];

/// A clip with a face that moves to the right.
pub fn portrait(folder: &Path, name: &str, count: u32, arguments: &[&str]) -> PathBuf {
    let photo = image::open(Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/astronaut.png")).unwrap().into_rgb8();
    let path = folder.join(name);
    let frames =
        (0..count).flat_map(|number| image::imageops::crop_imm(&photo, 100 - number % 60, 0, 256, 224).to_image().into_raw());
    let pixels: Vec<u8> = frames.collect();
    let target = text(&path);
    let head = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-r", "25", "-s", "256x224", "-i", "pipe:0"];
    assert!(made(&[&head[..], arguments, &[&target]].concat(), &pixels), "{name}");
    path
}

/// A folder of its own, and a model that answers at once.
pub fn folder(name: &str) -> (PathBuf, String) {
    let folder = scratch(&format!("video-{name}"));
    let model = folder.join("tiny.safetensors");
    tiny::model(5).save(&model).unwrap();
    (folder, text(&model))
}
