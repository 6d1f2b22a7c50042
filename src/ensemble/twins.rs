//! An ensemble by the plain-Rust twins: slow, exact, and without an adapter.

use std::collections::HashMap;

use image::RgbImage;

use super::reading::{Reading, readings};
use super::seen::{self, Seen, twin};
use crate::error::Result;
use crate::graph::interpret;
use crate::operators::Region;
use crate::reference;
use crate::tensor::Tensor;
use crate::weights::{Group, Model, Oversample, weights_of};

/// Reads one face.
pub(super) fn read(
    model: &Model,
    groups: &[Group],
    picture: &RgbImage,
    region: Region,
    oversample: Oversample,
) -> Result<Reading> {
    let description = &model.description;
    let canonicals = views(&reference::crop(picture, region, description.canonical.size)?, oversample);
    let mut inputs: HashMap<(&str, [usize; 3]), Tensor> = HashMap::new();
    let mut probabilities: Vec<Vec<f32>> = vec![Vec::new(); description.members.len()];
    let mut crops = 1;
    for group in groups {
        let shape = group.graph.tensors[0].shape;
        for (&index, weights) in group.members.iter().zip(weights_of(model, group)) {
            let name = description.members[index].reads();
            let input = match inputs.entry((name, shape)) {
                std::collections::hash_map::Entry::Occupied(entry) => entry.into_mut(),
                std::collections::hash_map::Entry::Vacant(entry) => {
                    entry.insert(represent(model, name, &canonicals, shape, oversample)?)
                }
            };
            crops = input.shape[0];
            let outputs = interpret(&group.graph, &weights, &[&*input], &group.graph.outputs)?;
            probabilities[index] = outputs.into_iter().next().map(|t| t.data).unwrap_or_default();
        }
    }
    Ok(fused(model, &probabilities, crops))
}

/// The views of a canonical crop.
pub(super) fn views(face: &RgbImage, oversample: Oversample) -> Vec<RgbImage> {
    let mirror = |&mirrored: &bool| if mirrored { image::imageops::flip_horizontal(face) } else { face.clone() };
    oversample.views().iter().map(mirror).collect()
}

/// One reading of the probabilities of every member, for `crops` crops each.
pub(super) fn fused(model: &Model, probabilities: &[Vec<f32>], crops: usize) -> Reading {
    let description = &model.description;
    let weights: Vec<f32> = description.fusion.weights.iter().map(|&w| w as f32).collect();
    let classes = description.labels.len();
    let fused = reference::fuse(&probabilities.concat(), &weights, crops, classes, description.fusion.calibration());
    let reading = readings(&fused, weights.len(), classes).into_iter().next();
    reading.unwrap_or(Reading { probabilities: Vec::new(), members: Vec::new() })
}

/// What the networks see of a face.
pub(super) fn seen(model: &Model, picture: &RgbImage, region: Region) -> Result<Seen> {
    let crop = reference::crop(picture, region, model.description.canonical.size)?;
    let representations = seen::names(model).into_iter().map(|name| twin(model, name, &crop)).collect::<Result<_>>()?;
    Ok(Seen { crop, representations })
}

/// The canonical crop's views as the input `[views x crops, C, H, W]` of a network.
pub(super) fn represent(
    model: &Model,
    name: &str,
    canonicals: &[RgbImage],
    shape: [usize; 3],
    oversample: Oversample,
) -> Result<Tensor> {
    let parts = model.parts(name)?;
    let window = [shape[1] as u32, shape[2] as u32];
    let crops = oversample.crops(parts.resize, window);
    let mut data = Vec::new();
    for canonical in canonicals {
        let picture = twin(model, name, canonical)?.picture;
        data.extend(reference::normalise_crops(&picture, parts.resize, window, &crops, parts.reversed, parts.mean, parts.scale));
    }
    if parts.channels() == 1 {
        let plane = shape[1] * shape[2];
        data = data.chunks_exact(3 * plane).flat_map(|crop| crop[..plane].to_vec()).collect();
    }
    Tensor::new(vec![canonicals.len() * crops.len(), shape[0], shape[1], shape[2]], data)
}
