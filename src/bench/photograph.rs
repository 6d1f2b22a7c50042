//! The whole way: from the pixels of a portrait, or of a frame whose face is followed, to the answer. Decoding is not the device's, and is not measured.

use std::time::Duration;

use image::RgbImage;

use crate::device::Device;
use crate::error::{Error, Result};
use crate::face::{Tracker, Tracking};
use crate::gpu::Wait;
use crate::recognizer::{Analysis, Recognizer};
use crate::tensor::Precision;
use crate::weights::Model;

/// Columns and rows of a frame of a video.
const FRAME: [u32; 2] = [640, 480];
/// From one frame to the next.
const STEP: Duration = Duration::from_millis(40);

/// A picture with one face.
#[derive(Debug)]
pub struct Shown {
    picture: RgbImage,
    followed: bool,
}

/// A recognizer for that picture.
#[derive(Debug)]
pub struct Photograph<'s> {
    recognizer: Recognizer,
    picture: &'s RgbImage,
    /// Of a followed face, with the time of the frame.
    tracker: Option<(Tracker, Duration)>,
}

impl Shown {
    /// NASA's portrait of Eileen Collins, 512 x 512, whose face is looked for anew each time.
    ///
    /// # Errors
    /// [`Error::Argument`] in a browser, whose page has neither the picture nor what finds faces at hand here.
    pub fn portrait() -> Result<Self> {
        Ok(Self { picture: decoded()?, followed: false })
    }

    /// The same in the middle of a frame of 640 x 480, with bars beside it: the face of the frame before is followed, and no new one is looked for.
    ///
    /// # Errors
    /// As [`Shown::portrait`].
    pub fn followed() -> Result<Self> {
        let [width, height] = FRAME;
        let portrait = image::imageops::thumbnail(&decoded()?, height, height);
        let mut picture = RgbImage::new(width, height);
        image::imageops::replace(&mut picture, &portrait, i64::from((width - height) / 2), 0);
        Ok(Self { picture, followed: true })
    }
}

#[cfg(not(target_family = "wasm"))]
fn decoded() -> Result<RgbImage> {
    crate::photo::decode(include_bytes!("../../examples/astronaut.png"))
}

#[cfg(target_family = "wasm")]
fn decoded() -> Result<RgbImage> {
    Err(Error::Argument("it is measured by the program only: a page's benchmark has no picture".into()))
}

impl<'s> Photograph<'s> {
    /// A recognizer by `model` on `device`.
    ///
    /// # Errors
    /// As [`crate::recognizer::Builder::build`].
    pub fn new(model: Model, shown: &'s Shown, device: &Device, precision: Precision) -> Result<Self> {
        let recognizer = Recognizer::builder().model(model).device(device.clone()).precision(precision).build()?;
        let tracking = Tracking { every: u32::MAX, within: Duration::MAX, ..Tracking::default() };
        let tracker = shown.followed.then(|| (Tracker::new(tracking), Duration::ZERO));
        Ok(Self { recognizer, picture: &shown.picture, tracker })
    }

    /// So many of them, each with its one face.
    ///
    /// # Errors
    /// The device's; [`Error::Defect`] where another number of faces is found: what was measured is not what it should be.
    pub async fn run(&mut self, count: u32, wait: Wait) -> Result<()> {
        for _ in 0..count {
            let faces = self.answer(wait).await?.faces.len();
            if faces != 1 {
                return Err(Error::Defect(format!("{faces} faces were found where there is one")));
            }
        }
        Ok(())
    }

    async fn answer(&mut self, wait: Wait) -> Result<Analysis> {
        let Self { recognizer, picture, tracker } = self;
        match (tracker, wait) {
            (Some((tracker, time)), _) => {
                *time += STEP;
                match wait {
                    Wait::Here => recognizer.track(tracker, picture, *time),
                    Wait::Elsewhere => recognizer.track_async(tracker, picture, *time).await,
                }
            }
            (None, Wait::Here) => recognizer.analyze(picture),
            (None, Wait::Elsewhere) => recognizer.analyze_async(picture).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_portrait_and_the_frame_show_one_face() {
        let cpu = Device::cpu().unwrap();
        for shown in [Shown::portrait().unwrap(), Shown::followed().unwrap()] {
            let mut photograph = Photograph::new(Model::embedded().unwrap(), &shown, &cpu, Precision::F32).unwrap();
            pollster::block_on(photograph.run(3, Wait::Here)).unwrap();
        }
    }
}
