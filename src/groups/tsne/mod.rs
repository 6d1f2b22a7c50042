//! Maps: L. van der Maaten and G. Hinton, "Visualizing Data using t-SNE", JMLR 9, 2008.
//!
//! Points are drawn to their nearest neighbours, three times the perplexity, as openTSNE and every tree of Barnes and Hut do; all points drive each other off, and of up
//! to [`MOST_EXACT`] each pair is counted. No N x N lies anywhere: distances on the map are computed anew in every step. More points are mapped by the crate
//! `bhtsne` (MIT, kept since 2020, a release every few weeks in 2026), whose tree stands for far points. The start is the plane of the largest variance, so nothing is
//! drawn by lot: a device gives the same map every time.
//!
//! Steps, rates and gains are openTSNE 1.0.4's: 250 steps with likelihoods twelve times as large, 500 with what they are, momentum 0.8.

mod gpu;
mod graph;
mod host;
mod judge;
mod map;
mod start;
mod steps;
#[cfg(feature = "groups")]
mod tree;

pub use judge::{Judgement, judge};
pub use map::Map;

use super::nearest::nearest;
use super::points::Points;
use crate::device::Device;
use crate::error::{Error, Result};
use graph::Graph;
use steps::STRETCHES;

/// Points of which all pairs are counted at most.
pub const MOST_EXACT: usize = 10_000;
/// The perplexity that is used where nobody names one.
pub const PERPLEXITY: f32 = 30.0;
/// Of many points more neighbours than a kernel goes through in one search are not asked for.
const MOST_PERPLEXITY: f32 = 100.0;

/// The map of `points` in which `perplexity` neighbours of each count. `report` is told the share that is done.
///
/// # Errors
/// [`Error::Argument`] for a perplexity below 1 or above 100, or no point; what the device says.
pub fn tsne(device: &Device, points: Points<'_>, perplexity: f32, mut report: impl FnMut(f32)) -> Result<Map> {
    if !(1.0..=MOST_PERPLEXITY).contains(&perplexity) {
        return Err(Error::Argument(format!("a perplexity of {perplexity}: give 1 to {MOST_PERPLEXITY}")));
    }
    let count = points.len();
    if count == 0 {
        return Err(Error::Argument("no face to map".into()));
    }
    let perplexity = perplexity.min((count - 1) as f32 / 3.0).max(1.0);
    let near = nearest(points, (3.0 * perplexity) as usize);
    if count == 1 {
        return Ok(Map { places: vec![[0.0; 2]], perplexity, edges: vec![Vec::new()], near });
    }
    let graph = Graph::new(device, &near, perplexity)?;
    let start = start::plane(points);
    let mut done = 0;
    let all: usize = STRETCHES.iter().map(|stretch| stretch.times).sum();
    let mut told = || {
        done += 1;
        report(done as f32 / all as f32);
    };
    let mut places = match device {
        _ if count > MOST_EXACT => wide(&start, &near, perplexity, &mut told)?,
        Device::Gpu(gpu) => gpu::descend(gpu, &graph, &start, &mut told)?,
        Device::Cpu(cpu) => host::descend(Some(cpu), &graph, start, &mut told),
        Device::Reference => host::descend(None, &graph, start, &mut told),
    };
    centre(&mut places);
    if places.iter().flatten().any(|value| !value.is_finite()) {
        return Err(Error::Defect("a map left the plane".into()));
    }
    Ok(Map { places, perplexity, edges: graph.edges, near })
}

#[cfg(feature = "groups")]
use tree::descend as wide;

#[cfg(not(feature = "groups"))]
fn wide(_: &[[f32; 2]], near: &[Vec<(u32, f32)>], _: f32, _: &mut dyn FnMut()) -> Result<Vec<[f32; 2]>> {
    Err(Error::Argument(format!("{} faces: without the feature `groups` at most {MOST_EXACT} are mapped", near.len())))
}

fn centre(places: &mut [[f32; 2]]) {
    let mean =
        [0, 1].map(|axis| (places.iter().map(|place| f64::from(place[axis])).sum::<f64>() / places.len().max(1) as f64) as f32);
    places.iter_mut().for_each(|place| *place = [place[0] - mean[0], place[1] - mean[1]]);
}
