//! Layers one after another, each by the file of its type.

use super::net::Layer;
use super::reading::Reading;
use super::{maths, resize, shapes, windows};

impl Reading<'_> {
    /// Reads a layer.
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
            kind if resize::TYPES.contains(&kind) => vec![resize::read(self, layer, &bottoms)?],
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
}

fn known(kind: &str) -> bool {
    [&windows::TYPES[..], &maths::TYPES, &shapes::TYPES, &resize::TYPES].iter().any(|types| types.contains(&kind))
}
