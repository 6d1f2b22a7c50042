//! YUV4MPEG2: a line about the video, then frames of plain Y, U and V, 8 bits each. BT.601, as ffmpeg takes what says nothing else.

use std::io::{self, BufRead, Read};
use std::time::Duration;

use image::{Rgb, RgbImage};

use super::aspect;
use super::feed::{Decoder, Feed};
use super::frame::{Frame, fits};
use super::kind::Y4M;
use crate::error::{Error, Result};

/// No line is longer.
const MOST_LINE: u64 = 4096;

/// A stream of it.
pub struct Y4m<R> {
    reader: R,
    fps: Option<f64>,
    name: String,
}

/// What the first line says.
#[derive(Debug, PartialEq)]
struct Head {
    width: u32,
    height: u32,
    /// Frames in so many seconds.
    rate: Option<[u32; 2]>,
    aspect: [u32; 2],
    chroma: Chroma,
    full: bool,
}

/// By how much U and V are smaller, across and down.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Chroma {
    None,
    Shared([u32; 2]),
}

impl<R: BufRead> Y4m<R> {
    /// `fps` where the stream says no rate.
    pub fn new(reader: R, fps: Option<f64>, name: String) -> Self {
        Self { reader, fps, name }
    }

    fn failed(&self, reason: impl std::fmt::Display) -> Error {
        Error::Video(format!("{}: {reason}", self.name))
    }

    fn line(&mut self) -> Result<Vec<u8>> {
        let mut line = Vec::new();
        let read = self.reader.by_ref().take(MOST_LINE).read_until(b'\n', &mut line);
        read.map_err(|error| self.failed(crate::error::plain(&error)))?;
        Ok(line)
    }

    fn head(&mut self) -> Result<Head> {
        let line = self.line()?;
        if !line.starts_with(Y4M) || !line.ends_with(b"\n") {
            return Err(self.failed("no Y4M (YUV4MPEG2), only that is read from standard input: give a video by its file's name"));
        }
        let text = String::from_utf8_lossy(&line);
        Head::of(text.trim_end()).map_err(|reason| self.failed(reason))
    }
}

impl Head {
    fn of(line: &str) -> std::result::Result<Self, String> {
        let (mut width, mut height, mut rate, mut aspect, mut chroma, mut full) = (0, 0, None, [1, 1], "420", false);
        let fraction = |text: &str| {
            let (part, whole) = text.split_once(':')?;
            Some([part.parse().ok()?, whole.parse().ok()?])
        };
        for word in line.split(' ').skip(1).filter(|word| !word.is_empty()) {
            let (key, value) = word.split_at(word.chars().next().map_or(0, char::len_utf8));
            match key {
                "W" => width = value.parse().unwrap_or(0),
                "H" => height = value.parse().unwrap_or(0),
                "F" => rate = fraction(value).filter(|[part, whole]| *part > 0 && *whole > 0),
                "A" => aspect = fraction(value).unwrap_or([1, 1]),
                "C" => chroma = value,
                "X" => full |= value.eq_ignore_ascii_case("COLORRANGE=FULL"),
                _ => {}
            }
        }
        let chroma = match chroma {
            "mono" => Chroma::None,
            "420" | "420jpeg" | "420mpeg2" | "420paldv" => Chroma::Shared([2, 2]),
            "422" => Chroma::Shared([2, 1]),
            "411" => Chroma::Shared([4, 1]),
            "444" => Chroma::Shared([1, 1]),
            other => {
                return Err(format!("Y4M of the kind C{other} is not read: make it C420 of 8 bits (ffmpeg -pix_fmt yuv420p)"));
            }
        };
        Ok(Self { width, height, rate, aspect, chroma, full })
    }

    /// Time of a frame.
    fn time(&self, index: u64, fps: f64) -> Duration {
        match self.rate {
            Some([frames, seconds]) => {
                let nanos = u128::from(index) * u128::from(seconds) * 1_000_000_000 / u128::from(frames);
                Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
            }
            None => Duration::from_secs_f64(index as f64 / fps),
        }
    }

    fn chroma_size(&self) -> [usize; 2] {
        match self.chroma {
            Chroma::None => [0, 0],
            Chroma::Shared([across, down]) => [self.width.div_ceil(across) as usize, self.height.div_ceil(down) as usize],
        }
    }

    fn picture(&self, bytes: &[u8]) -> RgbImage {
        let [wide, high] = self.chroma_size();
        let (y_plane, rest) = bytes.split_at(self.width as usize * self.height as usize);
        let (u_plane, v_plane) = rest.split_at(wide * high);
        let [across, down] = if let Chroma::Shared(shared) = self.chroma { shared } else { [1, 1] };
        let (black, y_scale, c_scale) = if self.full { (0.0, 1.0, 1.0) } else { (16.0, 255.0 / 219.0, 255.0 / 224.0) };
        RgbImage::from_fn(self.width, self.height, |x, y| {
            let at = (y / down) as usize * wide + (x / across) as usize;
            let colour = |plane: &[u8]| plane.get(at).map_or(0.0, |&value| c_scale * (f32::from(value) - 128.0));
            let (u, v) = (colour(u_plane), colour(v_plane));
            let light = y_scale * (f32::from(y_plane[y as usize * self.width as usize + x as usize]) - black);
            let [r, g, b] = [light + 1.402 * v, light - 0.344_136 * u - 0.714_136 * v, light + 1.772 * u];
            Rgb([r, g, b].map(|value| (value + 0.5).clamp(0.0, 255.0) as u8))
        })
    }
}

impl<R: BufRead + Send + 'static> Decoder for Y4m<R> {
    fn decode(mut self, feed: &Feed) -> Result<Option<String>> {
        let head = self.head()?;
        fits(&self.name, head.width, head.height)?;
        fits(&self.name, aspect::width(head.width, head.aspect), head.height)?;
        let fps = match (head.rate, self.fps) {
            (None, None) => return Err(self.failed("it does not say how many frames a second has: give --fps")),
            (_, fps) => fps.unwrap_or(25.0),
        };
        let [wide, high] = head.chroma_size();
        let mut bytes = vec![0; head.width as usize * head.height as usize + 2 * wide * high];
        let cut = "it ends in the middle of a frame: the frames before it were read";
        for index in 0.. {
            let line = self.line()?;
            if line.is_empty() {
                return if index == 0 { Err(self.failed("it holds no frame")) } else { Ok(None) };
            }
            let whole = line.starts_with(b"FRAME") && line.ends_with(b"\n");
            match if whole { self.reader.read_exact(&mut bytes) } else { Err(io::ErrorKind::UnexpectedEof.into()) } {
                Ok(()) => {}
                Err(_) if index > 0 => return Ok(Some(cut.into())),
                Err(_) => return Err(self.failed("it ends before its first frame does")),
            }
            let picture = aspect::square(head.picture(&bytes), head.aspect);
            let frame = Frame { index, pts: i64::try_from(index).ok(), timestamp: head.time(index, fps), picture };
            if !feed.push(frame) {
                break;
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_is_read_and_what_cannot_be_is_named() {
        let head = Head::of("YUV4MPEG2 W5 H3 F30000:1001 Ip A16:11 C420jpeg XYSCSS=420JPEG XCOLORRANGE=FULL").unwrap();
        let want =
            Head { width: 5, height: 3, rate: Some([30000, 1001]), aspect: [16, 11], chroma: Chroma::Shared([2, 2]), full: true };
        assert_eq!((head.chroma_size(), head), ([3, 2], want));
        assert!(Head::of("YUV4MPEG2 W5 H3 C420p10").unwrap_err().contains("C420p10"));
        assert_eq!(Head::of("YUV4MPEG2 W5 H3 F0:0").unwrap().rate, None);
    }

    #[test]
    fn colours_are_those_of_bt_601() {
        let head = Head::of("YUV4MPEG2 W2 H1 C444").unwrap();
        // White, and the red of ffmpeg's rgb24.
        let picture = head.picture(&[235, 81, 128, 90, 128, 240]);
        assert_eq!(picture.get_pixel(0, 0).0, [255, 255, 255]);
        let [r, g, b] = picture.get_pixel(1, 0).0;
        assert!(r >= 253 && g <= 2 && b <= 2, "{r} {g} {b}");
    }
}
