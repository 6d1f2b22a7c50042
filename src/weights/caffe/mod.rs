//! Caffe: what a network computes from its prototxt, in the old `layers {}` and the new `layer {}` syntax, and its weights from a caffemodel.
//!
//! The phase is TEST: layers for training, data and losses are left out. A tensor is called as its blob; where layers work in place on one blob, the
//! name is that of what the last of them leaves, as a Caffe user sees it, and what layer L before it left is `BLOB@L`. A BatchNorm and the Scale behind it
//! are one operator, and what lies between them is no tensor. Pools round their sizes up.

mod blobs;
mod layers;
mod maths;
mod mean;
mod net;
#[allow(missing_docs, clippy::all, reason = "generated")]
mod proto;
mod reading;
mod resize;
mod shapes;
mod text;
mod windows;

pub use mean::{Mean, read_mean};

use super::Imported;
use super::assembly::Assembly;
use super::description::{Order, RepresentationStep};
use crate::error::{Error, Result};
use crate::graph::Graph;
use blobs::Blobs;
use net::Net;
use reading::Reading;

/// Reads a network from the text of its prototxt and the bytes of its caffemodel. Without a caffemodel its weights are missing. `mean`: subtracted from
/// what goes in, pixel by pixel, inside the network, so that raw values 0..255 are its input; of several inputs, from pictures of as many channels.
///
/// # Errors
/// [`Error::Model`] naming the line, or every layer that cannot be read with its type.
pub fn read(name: &str, prototxt: &str, caffemodel: Option<&[u8]>, mean: Option<&Mean>) -> Result<Imported> {
    let wrong = |at: &str, reason: String| Error::Model { model: name.to_owned(), at: at.to_owned(), reason };
    let net = Net::parse(prototxt).map_err(|reason| wrong("prototxt", reason))?;
    let weights = caffemodel.map_or_else(|| Ok(Blobs::default()), Blobs::read).map_err(|reason| wrong("caffemodel", reason))?;
    let mut reading = Reading::new(&net, &weights);
    let pictures =
        |dims: &[usize]| mean.filter(|mean| net.inputs.len() == 1 || (dims.len() == 3 && dims.first() == mean.shape.first()));
    if mean.is_some() && net.inputs.iter().all(|(_, dims)| pictures(dims).is_none()) {
        return Err(wrong("mean", "no input is a picture of as many channels".into()));
    }
    for (blob, dims) in &net.inputs {
        reading.input(blob, dims.clone(), pictures(dims)).map_err(|reason| wrong(&format!("input `{blob}`"), reason))?;
    }
    let mut problems = Vec::new();
    for layer in &net.layers {
        if let Err(reason) = reading.layer(layer) {
            problems.push(format!("layer `{}` ({}): {reason}", layer.name, layer.kind));
            reading.give_up(layer);
        }
    }
    if !problems.is_empty() {
        let list = problems.join("\n  ");
        return Err(wrong("prototxt", format!("{} of its layers cannot be read:\n  {list}", problems.len())));
    }
    let answers = reading.answers();
    let Assembly { mut network, tensors, .. } = reading.into_assembly();
    network.outputs = answers;
    let graph = Graph::new(&network).map_err(|error| wrong("prototxt", error.to_string()))?;
    if weights.layers() > 0 && net.layers.iter().all(|layer| weights.count(&layer.name) == 0) {
        return Err(wrong(
            "caffemodel",
            "none of its layers has the name of one of the prototxt's: they do not belong together".into(),
        ));
    }
    let colour = graph.inputs == 1 && graph.tensors[0].dims.len() == 3 && graph.tensors[0].dims[0] == 3;
    let steps = vec![RepresentationStep::Order(Order::Bgr), RepresentationStep::Normalise { mean: [0.0; 3], scale: [1.0; 3] }];
    let called = if net.name.is_empty() { name.to_owned() } else { net.name.clone() };
    let source =
        format!("Caffe prototxt `{name}`{}", if caffemodel.is_some() { " and caffemodel" } else { ", without a caffemodel" });
    Ok(Imported { name: called, network, tensors, source, representation: colour.then_some(steps) }.without_unread())
}
