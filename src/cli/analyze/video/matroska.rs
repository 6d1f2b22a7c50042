//! Raw frames with their times, as a Matroska stream (RFC 9559): what ffmpeg takes from a pipe without a rate.

use std::io::{self, Write};
use std::time::Duration;

use image::RgbImage;

/// Writes one.
pub struct Matroska<W>(W);

impl<W: Write> Matroska<W> {
    /// A stream of frames of this size.
    pub fn new(mut out: W, width: u32, height: u32) -> io::Result<Self> {
        let head = [element(&[0x42, 0x82], b"matroska"), number(&[0x42, 0x87], 4), number(&[0x42, 0x85], 2)].concat();
        out.write_all(&element(&[0x1A, 0x45, 0xDF, 0xA3], &head))?;
        // A segment of unknown length.
        out.write_all(&[0x18, 0x53, 0x80, 0x67, 0x01, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF])?;
        // Times are milliseconds.
        let about = [number(&[0x2A, 0xD7, 0xB1], 1_000_000), element(&[0x4D, 0x80], b"moue"), element(&[0x57, 0x41], b"moue")];
        out.write_all(&element(&[0x15, 0x49, 0xA9, 0x66], &about.concat()))?;
        let video = [number(&[0xB0], width.into()), number(&[0xBA], height.into()), element(&[0x2E, 0xB5, 0x24], b"RGB\x18")];
        let track = [
            number(&[0xD7], 1),
            number(&[0x73, 0xC5], 1),
            number(&[0x83], 1),
            element(&[0x86], b"V_UNCOMPRESSED"),
            element(&[0xE0], &video.concat()),
        ];
        out.write_all(&element(&[0x16, 0x54, 0xAE, 0x6B], &element(&[0xAE], &track.concat())))?;
        Ok(Self(out))
    }

    /// The next frame, of the stream's size, each in a cluster of its own.
    pub fn add(&mut self, picture: &RgbImage, time: Duration) -> io::Result<()> {
        let millis = u64::try_from((time + Duration::from_micros(500)).as_millis()).unwrap_or(u64::MAX);
        let time = number(&[0xE7], millis);
        // Track 1, at the cluster's time, a key frame.
        let block = [0x81, 0, 0, 0x80];
        let pixels = picture.as_raw();
        let mut begin = vec![0xA3];
        begin.extend(length(block.len() + pixels.len()));
        begin.extend(block);
        self.0.write_all(&[0x1F, 0x43, 0xB6, 0x75])?;
        self.0.write_all(&length(time.len() + begin.len() + pixels.len()))?;
        self.0.write_all(&time)?;
        self.0.write_all(&begin)?;
        self.0.write_all(pixels)
    }

    /// What it was written to.
    pub fn into_inner(self) -> W {
        self.0
    }
}

fn element(name: &[u8], content: &[u8]) -> Vec<u8> {
    [name, &length(content.len()), content].concat()
}

fn number(name: &[u8], value: u64) -> Vec<u8> {
    element(name, &value.to_be_bytes())
}

/// In eight bytes, of which the first says that.
fn length(bytes: usize) -> [u8; 8] {
    (bytes as u64 | 1 << 56).to_be_bytes()
}
