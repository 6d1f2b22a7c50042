//! Networks x representations x crops -> fused probabilities.

use image::RgbImage;

use crate::device::Device;
use crate::error::{Error, Result};
use crate::rect::Rect;
use crate::weights::Model;

/// What one face says.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// Fused probabilities, in the order of the model's labels; sum 1.
    pub probabilities: Vec<f32>,
    /// Each member's own probabilities (mean over its crops), in the order of the model's members.
    pub members: Vec<Vec<f32>>,
}

/// A model made ready on a device.
#[derive(Debug)]
pub struct Ensemble {}

impl Ensemble {
    /// Uploads the model's weights and compiles its pipelines.
    pub fn new(_model: Model, _device: Device) -> Result<Self> {
        Err(Error::Argument("not yet".into()))
    }

    /// Reads faces: each a picture (upright, RGB) and the rectangle to read in it, margin included. One submission for all.
    /// `oversample`: five crops and their mirrors instead of what the model says.
    pub fn read(&mut self, _faces: &[(&RgbImage, Rect)], _oversample: bool) -> Result<Vec<Reading>> {
        Err(Error::Argument("not yet".into()))
    }
}
