//! What is asked of vectors of faces: their neighbours, groups and map, and the file that `moue embed` writes. All of it on the processor: the kernels of these block on
//! what a GPU answers, and nothing here may.

use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

use super::Engine;
use super::answer::text;
use super::failure::{Answer, failure};
use crate::device::Device;
use crate::embed::{DIMENSIONS, Embedder, Face, Gallery, Image, Index, Metric, ModelId, Network};
use crate::error::{Error, Result};
use crate::groups::{self, PERPLEXITY, Points};

/// What errors call the model of embeddings.
const EMBEDDING: &str = "model of embeddings";

#[derive(Serialize)]
struct About<'a> {
    name: &'a str,
    licence: &'a str,
    source: &'a str,
    card: &'a str,
}

#[derive(Serialize)]
struct Near {
    index: usize,
    distance: f64,
}

#[derive(Serialize)]
struct Group {
    medoid: usize,
    members: Vec<Near>,
}

/// What goes into a file of faces.
#[derive(Deserialize)]
struct Written {
    images: Vec<Image>,
    faces: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    embedding: Vec<f32>,
    #[serde(rename = "box")]
    bounds: [f32; 4],
    image: usize,
    probabilities: Vec<f32>,
    eyes: Option<f32>,
    smile: Option<f32>,
}

#[wasm_bindgen]
impl Engine {
    /// Embeds faces by this model where it is asked for; its file's bytes. JSON of what it is.
    pub fn embed_by(&mut self, embedding: &[u8]) -> Answer<String> {
        self.take_embedding(embedding).map_err(failure)
    }

    /// JSON of the `k` rows of `vectors` `[N, 64]` nearest to `query`, nearest first: `[{ index, distance }]`.
    pub fn neighbours(&self, query: &[f32], vectors: Vec<f32>, k: usize) -> Answer<String> {
        near(query, vectors, k).map_err(failure)
    }

    /// JSON of the groups of `vectors`, the largest first: `[{ medoid, members: [{ index, distance }] }]`. `method`: `kmeans` or `em`.
    pub fn groups(&self, vectors: &[f32], method: &str, k: usize, seed: u32) -> Answer<String> {
        grouped(vectors, method, k, seed).map_err(failure)
    }

    /// x and y of every vector on a map, one after the other.
    pub fn map(&self, vectors: &[f32]) -> Answer<Vec<f32>> {
        mapped(vectors).map_err(failure)
    }

    /// `faces.safetensors`, as `moue embed` writes it. `written`: JSON of pictures and faces.
    pub fn gallery(&self, written: &str) -> Answer<Vec<u8>> {
        self.file(written).map_err(failure)
    }
}

impl Engine {
    fn take_embedding(&mut self, bytes: &[u8]) -> Result<String> {
        let embedder = Embedder::new(Network::parse(EMBEDDING, bytes)?, &self.device)?;
        self.recognizer.replace_embedder(None);
        self.embedding = Some(embedder.id().clone());
        let said = embedder.description();
        let about = About { name: &said.name, licence: &said.licence, source: &said.source, card: &said.card };
        let about = serde_json::to_string(&about).unwrap_or_default();
        self.embedder = Some(embedder);
        Ok(about)
    }

    /// Whether faces are embedded from now on.
    pub(super) fn set_embedding(&mut self, wanted: bool) -> Result<()> {
        if !wanted {
            if let Some(embedder) = self.recognizer.replace_embedder(None) {
                self.embedder = Some(embedder);
            }
        } else if let Some(embedder) = self.embedder.take() {
            self.recognizer.replace_embedder(Some(embedder));
        } else if self.recognizer.embedding().is_none() {
            return Err(Error::Argument("embed: no model of embeddings was given".into()));
        }
        Ok(())
    }

    fn file(&self, written: &str) -> Result<Vec<u8>> {
        let Some(model) = self.embedding.clone() else {
            return Err(Error::Argument("no face was embedded: analyze pictures with `embed: true` first".into()));
        };
        gallery(written, model, self.recognizer.description().labels.clone())?.to_bytes()
    }
}

fn gallery(written: &str, model: ModelId, expressions: Vec<String>) -> Result<Gallery> {
    let wrong = |error: serde_json::Error| Error::Argument(format!("what is to be written: {error}"));
    let Written { images, faces } = serde_json::from_str(written).map_err(wrong)?;
    let mut gallery = Gallery::new(model, expressions);
    gallery.images = images;
    for Row { embedding, bounds, image, probabilities, eyes, smile } in faces {
        let face = Face { embedding, bounds, time: None, image, label: None, probabilities, eyes_open: eyes, smile };
        gallery.push(&face)?;
    }
    Ok(gallery)
}

fn near(query: &[f32], vectors: Vec<f32>, k: usize) -> Result<String> {
    let found = Index::new(&Device::cpu()?, vectors, DIMENSIONS, Metric::Euclidean)?.nearest(query, k)?;
    let near = found.into_iter().flatten().map(|near| Near { index: near.index, distance: near.distance });
    text(&near.collect::<Vec<Near>>())
}

fn grouped(vectors: &[f32], method: &str, k: usize, seed: u32) -> Result<String> {
    let points = Points::new(vectors, DIMENSIONS)?;
    let assigned = match method {
        "kmeans" => groups::kmeans(points, k, seed.into())?.assigned,
        "em" => groups::mixture(points, k, seed.into())?.assigned,
        other => return Err(Error::Argument(format!("groups by `{other}`: kmeans or em"))),
    };
    let assigned: Vec<Option<u32>> = assigned.into_iter().map(Some).collect();
    let (all, _) = groups::groups(points, &assigned);
    let group = |group: groups::Group| Group {
        medoid: group.medoid,
        members: group.members.into_iter().map(|(index, distance)| Near { index, distance: distance.into() }).collect(),
    };
    text(&all.into_iter().map(group).collect::<Vec<Group>>())
}

fn mapped(vectors: &[f32]) -> Result<Vec<f32>> {
    let map = groups::tsne(&Device::cpu()?, Points::new(vectors, DIMENSIONS)?, PERPLEXITY, |_| ())?;
    Ok(map.places.into_iter().flatten().collect())
}
