//! Animated GIF, WebP and PNG, with their own delays, by the `image` crate.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::time::Duration;

use image::codecs::gif::GifDecoder;
use image::codecs::png::PngDecoder;
use image::codecs::webp::WebPDecoder;
use image::{AnimationDecoder, Delay, DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageResult};

use super::feed::{Decoder, Feed};
use super::frame::{Frame, fits};
use crate::error::{Error, Result};

/// What browsers show a picture for whose delay is 0.
const UNSAID: Duration = Duration::from_millis(100);

/// A file of several pictures.
pub struct Animation {
    name: String,
    file: BufReader<File>,
    format: ImageFormat,
}

impl Animation {
    pub fn open(path: &Path, format: ImageFormat) -> Result<Self> {
        let file = File::open(path).map_err(|error| Error::io(path, error))?;
        Ok(Self { name: path.display().to_string(), file: BufReader::new(file), format })
    }

    fn pictures(self) -> Result<ImageResult<image::Frames<'static>>> {
        let (name, file) = (&self.name, self.file);
        let checked = |(width, height): (u32, u32)| fits(name, width, height);
        // Alpha is dropped, as of photographs.
        Ok(match self.format {
            ImageFormat::Gif => match GifDecoder::new(file) {
                Ok(decoder) => {
                    checked(decoder.dimensions())?;
                    Ok(decoder.into_frames())
                }
                Err(error) => Err(error),
            },
            ImageFormat::WebP => match WebPDecoder::new(file) {
                Ok(decoder) => {
                    checked(decoder.dimensions())?;
                    Ok(decoder.into_frames())
                }
                Err(error) => Err(error),
            },
            _ => match PngDecoder::new(file) {
                Ok(decoder) => {
                    checked(decoder.dimensions())?;
                    decoder.apng().map(AnimationDecoder::into_frames)
                }
                Err(error) => Err(error),
            },
        })
    }
}

impl Decoder for Animation {
    fn decode(self, feed: &Feed) -> Result<Option<String>> {
        let name = self.name.clone();
        let failed =
            |error: ImageError| Error::Video(format!("{name}: the animation is damaged ({error}): copy or download it again"));
        let pictures = self.pictures()?.map_err(failed)?;
        let mut timestamp = Duration::ZERO;
        for (index, picture) in pictures.enumerate() {
            let picture = match picture {
                Ok(picture) => picture,
                Err(error) if index == 0 => return Err(failed(error)),
                Err(_) => {
                    let reason = "the file is cut short or damaged: the pictures before were read; copy or download it again";
                    return Ok(Some(reason.into()));
                }
            };
            let delay = length(picture.delay());
            let pts = i64::try_from(timestamp.as_millis()).ok();
            let picture = DynamicImage::ImageRgba8(picture.into_buffer()).into_rgb8();
            if !feed.push(Frame { index: index as u64, pts, timestamp, picture }) {
                break;
            }
            timestamp += delay;
        }
        Ok(None)
    }
}

fn length(delay: Delay) -> Duration {
    let (part, whole) = delay.numer_denom_ms();
    let nanos = u64::from(part) * 1_000_000 / u64::from(whole.max(1));
    if nanos == 0 { UNSAID } else { Duration::from_nanos(nanos) }
}
