//! Layers one after another: which tensor a blob is, and how many read it.

use std::collections::HashMap;

use super::blobs::Blobs;
use super::net::{Layer, Net};
use super::{Mean, maths, shapes, windows};
use crate::graph::Op;
use crate::weights::assembly::{Assembly, Shaped};

/// A network while it is read.
pub(super) struct Reading<'n> {
    pub assembly: Assembly,
    pub weights: &'n Blobs,
    net: &'n Net,
    /// What each blob is now; `None` where its layer could not be read.
    blobs: HashMap<String, Option<Shaped>>,
    /// Blobs that a layer has read since they were last written.
    read: HashMap<String, bool>,
    /// Blobs in the order of their first layer.
    order: Vec<String>,
    /// Layers done.
    at: usize,
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
            let values = mean.middle(&input.dims)?;
            let constant = self.assembly.constant(&format!("{blob}/mean"), input.dims.clone(), values);
            let out = self.assembly.fresh(&format!("{blob}/centred"));
            input = self.assembly.push(out, input.dims, |out| Op::Sub { name: None, r#in: [input.name, constant.name], out });
        }
        self.blobs.insert(blob.to_owned(), Some(input));
        self.read.insert(blob.to_owned(), true);
        Ok(())
    }

    pub fn layer(&mut self, layer: &Layer) -> Result<(), String> {
        self.at += 1;
        let mut bottoms = Vec::new();
        for bottom in &layer.bottoms {
            match self.blobs.get(bottom) {
                Some(Some(shaped)) => bottoms.push(shaped.clone()),
                // Said where it arose.
                Some(None) => {
                    self.give_up(layer);
                    return if known(&layer.kind) { Ok(()) } else { Err("this type is not read".into()) };
                }
                None => return Err(format!("it reads `{bottom}`, which nothing before it makes")),
            }
            self.read.insert(bottom.clone(), true);
        }
        if layer.tops.is_empty() || bottoms.is_empty() {
            return Err("it has no bottom or no top".into());
        }
        let made = match layer.kind.as_str() {
            kind if windows::TYPES.contains(&kind) => vec![windows::read(self, layer, &bottoms)?],
            kind if maths::TYPES.contains(&kind) => vec![maths::read(self, layer, &bottoms)?],
            kind if shapes::TYPES.contains(&kind) => shapes::read(self, layer, &bottoms)?,
            _ => return Err("this type is not read".into()),
        };
        if made.len() != layer.tops.len() {
            return Err(format!("{} tops, it makes {}", layer.tops.len(), made.len()));
        }
        for (top, shaped) in layer.tops.iter().zip(made) {
            self.bind(top, Some(shaped));
        }
        Ok(())
    }

    /// Its tops are not known.
    pub fn give_up(&mut self, layer: &Layer) {
        for top in &layer.tops {
            self.bind(top, None);
        }
    }

    fn bind(&mut self, top: &str, shaped: Option<Shaped>) {
        if !self.order.iter().any(|blob| blob == top) {
            self.order.push(top.to_owned());
        }
        self.blobs.insert(top.to_owned(), shaped);
        self.read.insert(top.to_owned(), false);
    }

    /// What the layer's tensor for `top` is called: as the blob where it is the last to write it.
    pub fn called(&mut self, layer: &Layer, top: usize) -> String {
        let blob = layer.tops.get(top).cloned().unwrap_or_default();
        let again = self.net.layers[self.at..].iter().any(|later| later.tops.contains(&blob));
        if again || self.net.inputs.iter().any(|(input, _)| *input == blob) {
            return self.assembly.fresh(&format!("{blob}@{}", layer.name));
        }
        blob
    }

    /// The Scale that reads what `layer`, the last one read, makes, where nobody else does.
    pub fn scaled_by(&self, layer: &Layer) -> Option<&'n Layer> {
        self.scaled_after(layer, self.at)
    }

    fn scaled_after(&self, layer: &Layer, at: usize) -> Option<&'n Layer> {
        let top = layer.tops.first()?;
        let mut later = self.net.layers[at..].iter().filter(|later| later.bottoms.contains(top) || later.tops.contains(top));
        let next = later.next().filter(|next| next.kind == "Scale" && next.bottoms.len() == 1 && next.bottoms.contains(top))?;
        // In place it ends the blob's life; otherwise nobody else may read it.
        (next.tops.contains(top) || !later.any(|other| other.bottoms.contains(top))).then_some(next)
    }

    /// Whether `layer`, a Scale, is part of the batch-norm before it.
    pub fn follows_norm(&self, layer: &Layer) -> bool {
        let done = &self.net.layers[..self.at.saturating_sub(1)];
        let Some((index, norm)) =
            done.iter().enumerate().rev().find(|(_, earlier)| earlier.tops.iter().any(|top| layer.bottoms.contains(top)))
        else {
            return false;
        };
        norm.kind == "BatchNorm" && self.scaled_after(norm, index + 1).is_some_and(|scale| scale.name == layer.name)
    }

    /// Names of the tensors of blobs that no layer reads, in the order of the file.
    pub fn answers(&self) -> Vec<String> {
        let unread = self.order.iter().filter(|blob| self.read.get(*blob) == Some(&false));
        unread.filter_map(|blob| self.blobs.get(blob)?.as_ref().map(|shaped| shaped.name.clone())).collect()
    }

    pub fn into_assembly(self) -> Assembly {
        self.assembly
    }
}

fn known(kind: &str) -> bool {
    windows::TYPES.contains(&kind) || maths::TYPES.contains(&kind) || shapes::TYPES.contains(&kind)
}
