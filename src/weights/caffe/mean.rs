//! mean.binaryproto: the image that Caffe subtracts from what goes in.

use prost::Message;

use super::{blobs, proto};
use crate::error::{Error, Result};

/// A mean image.
#[derive(Debug, Clone, PartialEq)]
pub struct Mean {
    /// Channels (blue first, as Caffe trains), rows, columns.
    pub shape: [usize; 3],
    /// Row-major values.
    pub values: Vec<f32>,
}

/// Reads a mean image from the bytes of the file `name`.
///
/// # Errors
/// [`Error::Model`] where it is none.
pub fn read_mean(name: &str, bytes: &[u8]) -> Result<Mean> {
    let wrong = |reason: String| Error::Model { model: name.to_owned(), at: "mean".to_owned(), reason };
    let blob =
        proto::Blob::decode(bytes).map_err(|_| wrong("not a binaryproto, or cut short: copy or download it again".into()))?;
    let (shape, values) = blobs::read(&blob).map_err(wrong)?;
    let (images, sizes) = shape.split_at(shape.len().saturating_sub(3));
    match sizes {
        &[channels, height, width] if images.iter().all(|&n| n == 1) && !values.is_empty() => {
            if let Some(at) = values.iter().position(|value| !value.is_finite()) {
                return Err(wrong(format!("value {at} is {}", values[at])));
            }
            Ok(Mean { shape: [channels, height, width], values })
        }
        _ => Err(wrong(format!("its shape is {shape:?}: one image is wanted"))),
    }
}

impl Mean {
    /// One number a channel: Caffe's mean_value.
    pub fn of_channels(values: Vec<f32>) -> Self {
        Self { shape: [values.len(), 1, 1], values }
    }

    /// Mean of each channel.
    pub fn channels(&self) -> Vec<f64> {
        let [_, height, width] = self.shape;
        let each = height * width;
        self.values
            .chunks_exact(each)
            .map(|plane| plane.iter().map(|&value| f64::from(value)).sum::<f64>() / each as f64)
            .collect()
    }

    /// Its middle of `[channels, height, width]`: what Caffe subtracts from the middle of an image as large as the mean; with its sizes. One number a
    /// channel stays one.
    pub(super) fn middle(&self, shape: &[usize]) -> std::result::Result<(Vec<usize>, Vec<f32>), String> {
        let [own, rows, columns] = self.shape;
        match *shape {
            [channels, _, _] if channels == own && [rows, columns] == [1, 1] => Ok((self.shape.to_vec(), self.values.clone())),
            [channels, height, width] if channels == own && height <= rows && width <= columns => {
                let (top, left) = ((rows - height) / 2, (columns - width) / 2);
                let line = |c: usize, y: usize| {
                    let from = (c * rows + top + y) * columns + left;
                    &self.values[from..from + width]
                };
                let values = (0..channels).flat_map(|c| (0..height).flat_map(move |y| line(c, y)).copied().collect::<Vec<_>>());
                Ok((shape.to_vec(), values.collect()))
            }
            _ => Err(format!("the mean image is {:?}, the network reads {shape:?}: it must be as large or larger", self.shape)),
        }
    }
}
