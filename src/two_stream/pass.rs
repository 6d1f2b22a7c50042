//! A video gone through once: faces and flows of its frames, in the order they come.

use image::{GrayImage, RgbImage};

use super::layout::Layout;
use super::made::Made;
use super::options::Options;
use super::window::{Moment, Window};
use super::work::Work;
use crate::device::Device;
use crate::error::{Error, Result};
use crate::flow::Flow;
use crate::operators::Rect;
use crate::video::Frame;

#[derive(Debug)]
pub(super) struct Pass {
    options: Options,
    rect: Rect,
    size: [usize; 2],
    /// Known from the first frame on.
    pub layout: Option<Layout>,
    pub work: Work,
    flow: Flow,
    pub window: Window,
    /// Why the frames ended early.
    pub failed: Option<Error>,
}

impl Pass {
    pub fn new(device: &Device, options: Options, rect: Rect, size: [usize; 2], flows: usize) -> Result<Self> {
        let flow = Flow::new(device, options.flow)?;
        let (work, window) = (Work::new(device), Window::new(flows));
        Ok(Self { options, rect, size, layout: None, work, flow, window, failed: None })
    }

    /// Whether a video was read to its end.
    pub fn whole(&mut self) -> Result<()> {
        match self.failed.take() {
            Some(error) => Err(error),
            None if self.layout.is_none() => Err(Error::Video("no frame was read".into())),
            None => Ok(()),
        }
    }

    /// The next frames.
    pub fn push(&mut self, frames: &[Frame]) -> Result<()> {
        let Some(first) = frames.first() else { return Ok(()) };
        let layout = match &mut self.layout {
            Some(layout) => layout,
            none => none.insert(Layout::new(first.picture.dimensions().into(), self.rect, self.size, &self.options)?),
        };
        if let Some(other) = frames.iter().find(|frame| <[u32; 2]>::from(frame.picture.dimensions()) != layout.frame) {
            let ([width, height], (own, high)) = (layout.frame, other.picture.dimensions());
            let reason = format!(
                "frame {}: it has {own} x {high} pixels, those before it {width} x {height}: make all of one size",
                other.index
            );
            return Err(Error::Video(reason));
        }
        let pictures: Vec<&RgbImage> = frames.iter().map(|frame| &frame.picture).collect();
        let (grays, faces): (Vec<GrayImage>, Vec<Made>) = self.work.faces(layout, &pictures)?.into_iter().unzip();
        let fields = self.flow.push(&grays.iter().collect::<Vec<_>>())?;
        let flows = self.work.flows(layout, &fields, self.options.beyond)?;
        let moments = frames.iter().map(|frame| Moment { index: frame.index, pts: frame.pts, timestamp: frame.timestamp });
        self.window.push(moments.zip(faces), flows);
        Ok(())
    }
}
