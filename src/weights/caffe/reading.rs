//! A network while it is read: which tensor a blob is, and how many read it.

use std::collections::HashMap;

use super::blobs::Blobs;
use super::mean::Mean;
use super::net::{Layer, Net};
use crate::graph::Op;
use crate::weights::assembly::{Assembly, Shaped};

/// A network while it is read.
pub(super) struct Reading<'n> {
    pub assembly: Assembly,
    pub weights: &'n Blobs,
    net: &'n Net,
    /// What each blob is now; `None` where its layer could not be read.
    pub(super) blobs: HashMap<String, Option<Shaped>>,
    /// Blobs that a layer has read since they were last written.
    pub(super) read: HashMap<String, bool>,
    /// Blobs in the order of their first layer.
    order: Vec<String>,
    /// Layers done.
    pub(super) at: usize,
}

impl<'n> Reading<'n> {
    pub fn new(net: &'n Net, weights: &'n Blobs) -> Self {
        let mut assembly = Assembly::new();
        net.layers.iter().flat_map(|layer| &layer.tops).for_each(|top| assembly.reserve(top));
        Self { assembly, weights, net, blobs: HashMap::new(), read: HashMap::new(), order: Vec::new(), at: 0 }
    }

    /// The blob that goes in, less `mean`.
    pub fn input(&mut self, blob: &str, dims: Vec<usize>, mean: Option<&Mean>) -> Result<(), String> {
        if self.blobs.contains_key(blob) {
            return Err("it is there twice".into());
        }
        let mut input = self.assembly.input(blob, dims)?;
        if let Some(mean) = mean {
            let (dims, values) = mean.middle(&input.dims)?;
            let constant = self.assembly.constant(&format!("{blob}/mean"), dims, values);
            let out = self.assembly.fresh(&format!("{blob}/centred"));
            input = self.assembly.push(out, input.dims, |out| Op::Sub { name: None, r#in: [input.name, constant.name], out });
        }
        self.blobs.insert(blob.to_owned(), Some(input));
        self.read.insert(blob.to_owned(), true);
        Ok(())
    }

    /// Its tops are not known.
    pub fn give_up(&mut self, layer: &Layer) {
        for top in &layer.tops {
            self.bind(top, None);
        }
    }

    pub fn bind(&mut self, top: &str, shaped: Option<Shaped>) {
        if !self.order.iter().any(|blob| blob == top) {
            self.order.push(top.to_owned());
        }
        self.blobs.insert(top.to_owned(), shaped);
        self.read.insert(top.to_owned(), false);
    }

    /// What the layer's tensor for `top` is called: as the blob where it is the last to write it.
    pub fn called(&mut self, layer: &Layer, top: usize) -> String {
        self.called_at(layer, top, self.at)
    }

    /// The same where `at` layers are done.
    fn called_at(&mut self, layer: &Layer, top: usize, at: usize) -> String {
        let blob = layer.tops.get(top).cloned().unwrap_or_default();
        let again = self.net.layers[at..].iter().any(|later| later.tops.contains(&blob));
        if again || self.net.inputs.iter().any(|(input, _)| *input == blob) {
            return self.assembly.fresh(&format!("{blob}@{}", layer.name));
        }
        blob
    }

    /// The Scale that reads what `layer`, the last one read, makes, where nobody else does, and what its tensor is called.
    pub fn scaled_by(&mut self, layer: &Layer) -> Option<(&'n Layer, String)> {
        let (at, scale) = self.scaled_after(layer, self.at)?;
        Some((scale, self.called_at(scale, 0, at + 1)))
    }

    fn scaled_after(&self, layer: &Layer, at: usize) -> Option<(usize, &'n Layer)> {
        let top = layer.tops.first()?;
        let later = self.net.layers.iter().enumerate().skip(at);
        let mut later = later.filter(|(_, later)| later.bottoms.contains(top) || later.tops.contains(top));
        let (at, next) = later.next()?;
        if next.kind != "Scale" || next.bottoms.len() != 1 || next.tops.len() != 1 || !next.bottoms.contains(top) {
            return None;
        }
        // In place it ends the blob's life; otherwise nobody else may read it.
        (next.tops.contains(top) || !later.any(|(_, other)| other.bottoms.contains(top))).then_some((at, next))
    }

    /// Whether `layer`, a Scale and the last one read, is part of the batch-norm before it.
    pub fn follows_norm(&self, layer: &Layer) -> bool {
        let own = self.at.saturating_sub(1);
        let mut done = self.net.layers[..own].iter().enumerate().rev();
        let Some((index, norm)) = done.find(|(_, earlier)| earlier.tops.iter().any(|top| layer.bottoms.contains(top))) else {
            return false;
        };
        norm.kind == "BatchNorm" && self.scaled_after(norm, index + 1).is_some_and(|(at, _)| at == own)
    }

    /// Names of the tensors of blobs that no layer reads, in the order of the file.
    pub fn answers(&self) -> Vec<String> {
        let unread = self.order.iter().filter(|blob| self.read.get(*blob) == Some(&false) && !self.net.silenced.contains(blob));
        unread.filter_map(|blob| self.blobs.get(blob)?.as_ref().map(|shaped| shaped.name.clone())).collect()
    }

    pub fn into_assembly(self) -> Assembly {
        self.assembly
    }
}
