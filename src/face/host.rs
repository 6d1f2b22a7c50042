//! The finder's networks without a GPU: on the processor, or by the twins.

use std::collections::HashMap;
use std::sync::Arc;

use image::RgbImage;

use super::networks::{CUT, Detects, Net, OVERLAP};
use super::tile::Tile;
use crate::cpu::{self, Cpu};
use crate::error::Result;
use crate::graph::{Engine, Graph, Memory, TensorId, Weights, interpret};
use crate::operators::{Candidate, Decoding, Region, Similarity};
use crate::reference;
use crate::tensor::Tensor;
use crate::weights::Model;

/// Images of one run at most: their tensors stay small.
const MOST_IMAGES: usize = 8;

/// Networks made ready when they are needed first.
#[derive(Debug)]
pub(super) struct OnHost {
    model: Arc<Model>,
    /// None: the twins.
    cpu: Option<Cpu>,
    networks: HashMap<Net, Ready>,
    /// Of all networks: they run one after the other.
    memory: Memory,
}

#[derive(Debug)]
struct Ready {
    network: Network,
    answers: Vec<TensorId>,
}

#[derive(Debug)]
enum Network {
    Twins(Box<Graph>),
    Engine(Box<Engine>),
}

impl OnHost {
    pub fn new(model: Arc<Model>, cpu: Option<Cpu>) -> Self {
        Self { model, cpu, networks: HashMap::new(), memory: Memory::default() }
    }

    /// The same for another thread, which computes on that one only.
    pub fn fork(&self) -> Self {
        Self::new(Arc::clone(&self.model), self.cpu.as_ref().map(Cpu::alone))
    }

    /// What may be faces in `tiles`, each once; `least` scores in upright and in turned ones.
    pub fn candidates(&mut self, photo: &RgbImage, detects: Detects, tiles: &[Tile], least: [f32; 2]) -> Result<Vec<Candidate>> {
        let net = Net::Detector(detects);
        let (side, anchors) = (net.side(), detects.anchors());
        let (mut found, mut first) = (Vec::new(), 0);
        let alike = |a: &Tile, b: &Tile| a.turned() == b.turned();
        for tiles in tiles.chunk_by(alike).flat_map(|tiles| tiles.chunks(MOST_IMAGES)) {
            let regions = tiles.iter().map(|tile| tile.region).collect();
            let pictures = self.cut(photo, regions, side)?;
            let [boxes, scores] = super::networks::each(net.name(), self.run(net, &input(net, &pictures)?)?)?;
            let places: Vec<[f32; 8]> = tiles.iter().map(|tile| tile.place(side)).collect();
            let least = least[usize::from(tiles.first().is_some_and(|tile| tile.turned()))];
            let how = Decoding { side: side as f32, least, cut: CUT, first };
            first += (tiles.len() * anchors.len()) as u32;
            found.extend(reference::decode(&boxes, &scores, &anchors, &places, how));
        }
        Ok(reference::suppress(&found, OVERLAP, usize::MAX))
    }

    /// The mesh network's points and presence of each square.
    pub fn meshes(&mut self, photo: &RgbImage, squares: &[Similarity]) -> Result<[Vec<f32>; 2]> {
        let (net, mut all) = (Net::Mesh, [Vec::new(), Vec::new()]);
        for squares in squares.chunks(MOST_IMAGES) {
            let regions = squares.iter().map(|&square| square.into()).collect();
            let pictures = self.cut(photo, regions, net.side())?;
            let answers: [Vec<f32>; 2] = super::networks::each(net.name(), self.run(net, &input(net, &pictures)?)?)?;
            all.iter_mut().zip(answers).for_each(|(all, own)| all.extend(own));
        }
        Ok(all)
    }

    /// The answers of `net` for `input`.
    pub fn run(&mut self, net: Net, input: &Tensor) -> Result<Vec<Vec<f32>>> {
        if !self.networks.contains_key(&net) {
            let (graph, weights, answers) = net.of(&self.model)?;
            let network = match &self.cpu {
                None => {
                    crate::graph::check_weights(&graph, &weights)?;
                    Network::Twins(Box::new(graph))
                }
                Some(cpu) => Network::Engine(Box::new(Engine::new(cpu, graph, &[&weights as &dyn Weights], &[])?)),
            };
            self.networks.insert(net, Ready { network, answers });
        }
        let Some(Ready { network, answers }) = self.networks.get_mut(&net) else { return Ok(Vec::new()) };
        let outputs = match network {
            Network::Twins(graph) => interpret(graph, &net.of(&self.model)?.1, &[input], answers)?,
            Network::Engine(engine) => engine.run(0, &[input], answers, &mut self.memory)?,
        };
        Ok(outputs.into_iter().map(|tensor| tensor.data).collect())
    }

    /// Regions of a photograph as pictures of `side` pixels a side, on all threads.
    fn cut(&self, photo: &RgbImage, regions: Vec<Region>, side: u32) -> Result<Vec<RgbImage>> {
        let size = [side; 2];
        let Some(cpu) = &self.cpu else {
            return regions.into_iter().map(|region| reference::crop(photo, region, size)).collect();
        };
        // One by itself is shared among the threads.
        let own = if regions.len() == 1 { cpu.clone() } else { cpu.alone() };
        cpu.map(regions, |region| cpu::crop(&own, photo, region, size)).into_iter().collect()
    }
}

/// Pictures as the input of a network.
fn input(net: Net, pictures: &[RgbImage]) -> Result<Tensor> {
    let side = net.side() as usize;
    let [mean, scale] = net.normalise();
    let mut data = Vec::with_capacity(3 * pictures.len() * side * side);
    for picture in pictures {
        for channel in 0..3 {
            data.extend(picture.pixels().map(|pixel| (f32::from(pixel.0[channel]) - mean) * scale));
        }
    }
    Tensor::new(vec![pictures.len(), 3, side, side], data)
}
