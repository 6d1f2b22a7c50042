//! What the networks looked at: class-activation maps, member by member.

use image::RgbImage;

use super::twins::{represent, views};
use crate::device::Device;
use crate::error::Result;
use crate::gpu::Wait;
use crate::operators::Region;
use crate::runner::{Input, Options, Runner};
use crate::tensor::{Precision, Tensor};
use crate::weights::{MAP, Model, Oversample};

/// How much each place of a face speaks for its label, for every member and fused.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Explanation {
    /// The canonical crop that the networks read.
    pub crop: RgbImage,
    /// Where it lies in the photograph.
    pub region: Region,
    /// Fused as the answer is, by the weights of the members that have a map.
    pub fused: Heat,
    /// One a member, in the order of the model; `None` for a network that does not end in the mean over a map.
    pub members: Vec<Option<Heat>>,
}

/// A value for each pixel of the canonical crop: what this place adds to the label's logit over what it adds to the mean of the others, were all places like it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Heat {
    /// Height and width.
    pub size: [u32; 2],
    /// Row by row.
    pub values: Vec<f32>,
}

impl Heat {
    /// Nothing anywhere.
    fn cold(size: [u32; 2]) -> Self {
        Self { size, values: vec![0.0; size[0] as usize * size[1] as usize] }
    }

    /// The value at a place of the crop, in pixels of it, between those of the pixels around; its edge continues beyond.
    pub fn at(&self, [x, y]: [f64; 2]) -> f32 {
        let [height, width] = self.size.map(|side| side as usize);
        let axis = |at: f64, length: usize| {
            let at = (at - 0.5).clamp(0.0, length.saturating_sub(1) as f64);
            (at as usize, (at as usize + 1).min(length.saturating_sub(1)), (at - at.floor()) as f32)
        };
        let ((left, right, across), (top, bottom, down)) = (axis(x, width), axis(y, height));
        let value = |row: usize, column: usize| self.values.get(row * width + column).copied().unwrap_or(0.0);
        let row = |row: usize| value(row, left) * (1.0 - across) + value(row, right) * across;
        row(top) * (1.0 - down) + row(bottom) * down
    }

    fn add(&mut self, other: &Self, share: f32) {
        self.values.iter_mut().zip(&other.values).for_each(|(to, value)| *to += share * value);
    }
}

/// The members' networks made ready to answer maps.
#[derive(Debug)]
pub(super) struct Explainer {
    /// One a member: its network, its input and where that lies in the canonical crop.
    members: Vec<Option<(Runner, Window)>>,
}

/// The part of a canonical crop that a network reads.
#[derive(Debug, Clone, Copy)]
struct Window {
    /// Channels, height and width of the input.
    input: [usize; 3],
    /// Its first and last row, and column, in parts of the crop.
    rows: [f64; 2],
    columns: [f64; 2],
}

impl Explainer {
    pub fn new(model: &Model, device: &Device) -> Result<Self> {
        let member = |own: &crate::weights::Member| -> Result<Option<(Runner, Window)>> {
            let Some(maps) = model.activation_maps(&own.name)? else { return Ok(None) };
            let options = Options { tensor: Some(MAP), batch: None, precision: Precision::F32 };
            let Some(&[channels, height, width]) = model.input_of(&own.network) else { return Ok(None) };
            let parts = model.parts(own.reads())?;
            let axis = |axis: usize, side: usize| {
                let (from, radius) = (f64::from(parts.from[axis]), f64::from(parts.radius.unwrap_or(0)));
                let (resized, side) = (f64::from(parts.resize[axis]), side as f64);
                let first = (parts.resize[axis] as usize).saturating_sub(side as usize) / 2;
                // A pixel of the resized picture in parts of the crop, of which the codes have no edge.
                let place = |at: f64| (radius + at / resized * (from - 2.0 * radius)) / from;
                [place(first as f64), place(first as f64 + side)]
            };
            let window = Window { input: [channels, height, width], rows: axis(0, height), columns: axis(1, width) };
            Ok(Some((Runner::new(&maps, device, options)?, window)))
        };
        Ok(Self { members: model.description.members.iter().map(member).collect::<Result<_>>()? })
    }

    /// The maps of a canonical crop for the label at position `label`.
    pub async fn explain(
        &mut self,
        model: &Model,
        crop: RgbImage,
        region: Region,
        label: usize,
        wait: Wait,
    ) -> Result<Explanation> {
        let size = model.description.canonical.size;
        let weights = &model.description.fusion.weights;
        let crops = views(&crop, Oversample::Mirrored);
        let (mut members, mut fused, mut all) = (Vec::new(), Heat::cold(size), 0.0);
        for ((own, ready), weight) in model.description.members.iter().zip(&mut self.members).zip(weights) {
            let Some((runner, window)) = ready else {
                members.push(None);
                continue;
            };
            let tensor = represent(model, own.reads(), &crops, window.input, Oversample::Mirrored)?;
            let answers = runner.answer(&[Input { name: None, tensor }], wait).await?;
            let heat = answers.first().map_or_else(|| Heat::cold(size), |(_, maps)| heat(maps, label, *window, size));
            fused.add(&heat, *weight as f32);
            all += weight;
            members.push(Some(heat));
        }
        if all > 0.0 {
            fused.values.iter_mut().for_each(|value| *value /= all as f32);
        }
        Ok(Explanation { crop, region, fused, members })
    }
}

/// The mean of a crop's maps `[2, labels, h, w]`, the second of its mirror image, laid over the crop.
fn heat(maps: &Tensor, label: usize, window: Window, size: [u32; 2]) -> Heat {
    let &[views, labels, height, width] = &maps.shape[..] else { return Heat::cold(size) };
    let places = height * width;
    let others = labels.saturating_sub(1).max(1) as f32;
    let mut map = Heat { size: [height as u32, width as u32], values: vec![0.0; places] };
    for (view, maps) in maps.data.chunks_exact((labels * places).max(1)).enumerate() {
        let value = |label: usize, at: usize| maps.get(label * places + at).copied().unwrap_or(0.0);
        for at in 0..places {
            let (row, column) = (at / width, at % width);
            let column = if view == 1 { width - 1 - column } else { column };
            let (own, all) = (value(label, at), (0..labels).map(|label| value(label, at)).sum::<f32>());
            map.values[row * width + column] += (own - (all - own) / others) / views as f32;
        }
    }
    let mut heat = Heat::cold(size);
    let within = |at: u32, length: u32, [first, last]: [f64; 2], cells: usize| {
        ((f64::from(at) + 0.5) / f64::from(length) - first) / (last - first) * cells as f64
    };
    for (at, value) in heat.values.iter_mut().enumerate() {
        let (row, column) = (at as u32 / size[1], at as u32 % size[1]);
        *value = map.at([within(column, size[1], window.columns, width), within(row, size[0], window.rows, height)]);
    }
    heat
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: Window = Window { input: [3, 4, 4], rows: [0.0, 1.0], columns: [0.0, 1.0] };

    #[test]
    fn a_map_lies_over_the_crop_and_its_mirror_image_is_turned_back() {
        // Two labels; the first speaks for the upper left place of the face, and of its mirror image for the upper right one.
        let one = [3.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];
        let two = [0.0, 3.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];
        let maps = Tensor::new(vec![2, 2, 2, 2], [one, two].concat()).unwrap();
        let found = heat(&maps, 0, WHOLE, [4, 4]);
        assert_eq!(found.values[..4], [3.0, 2.25, 0.75, 0.0]);
        assert_eq!(found.values[12..], [0.0; 4]);
        let other = heat(&maps, 1, WHOLE, [4, 4]);
        assert!(found.values.iter().zip(&other.values).all(|(a, b)| *a == -b));
    }

    #[test]
    fn what_a_network_does_not_read_has_the_value_of_the_edge() {
        let maps = Tensor::new(vec![1, 1, 1, 2], vec![1.0, 5.0]).unwrap();
        let found = heat(&maps, 0, Window { columns: [0.25, 0.75], ..WHOLE }, [1, 4]);
        assert_eq!(found.values, [1.0, 1.0, 5.0, 5.0]);
    }

    /// The logits of a network are the mean of its maps, and the bias.
    #[cfg(feature = "default-model")]
    #[test]
    fn maps_add_up_to_the_logits() {
        let model = Model::embedded().unwrap();
        let tensor =
            Tensor::new(vec![2, 3, 44, 44], (0..2 * 3 * 44 * 44).map(|i| ((i * 37 % 101) as f32 - 50.0) / 40.0).collect())
                .unwrap();
        let device = Device::cpu().unwrap();
        for own in &model.description.members {
            let answer = |model: &Model, tensor_name: &str| {
                let input = Input { name: None, tensor: tensor.clone() };
                let options = Options { tensor: Some(tensor_name), ..Options::default() };
                crate::runner::run(model, &device, &[input], options).unwrap().remove(0).1
            };
            let maps = answer(&model.activation_maps(&own.name).unwrap().unwrap(), MAP);
            let logits = answer(&model.only(&own.name).unwrap(), "logits");
            let bias = model.array(&format!("{}fc.bias", own.weights)).unwrap().floats().unwrap();
            let places = maps.shape[2] * maps.shape[3];
            assert!(places > 1, "{:?}", maps.shape);
            for (at, (map, logit)) in maps.data.chunks_exact(places).zip(&logits.data).enumerate() {
                let found = map.iter().sum::<f32>() / places as f32 + bias.data[at % bias.data.len()];
                assert!((found - logit).abs() < 1e-4 * (1.0 + logit.abs()), "{}, {at}: {found}, not {logit}", own.name);
            }
        }
    }
}
