//! The descent on a GPU: places, motion and graph stay there; fifty steps are one submission.

use super::graph::Graph;
use super::steps::{STRETCHES, Stretch, TOGETHER};
use crate::error::{Error, Result};
use crate::gpu::{Buffer, Gpu, Plan, Recording};
use crate::kernels::{self, TSNE_FAR, TSNE_TOTALS, TsneEdges, TsneMap, TsneSums};

/// Invocations that keep a GPU busy.
const BUSY: usize = 1 << 16;
/// Parts at most.
const MOST_PARTS: usize = 64;

pub(super) fn descend(gpu: &Gpu, graph: &Graph, start: &[[f32; 2]], told: &mut dyn FnMut()) -> Result<Vec<[f32; 2]>> {
    let points = start.len();
    let fours = points.div_ceil(4);
    // A processor that plays a GPU has no use for more than its threads.
    let parts = if gpu.capabilities().cpu { 1 } else { BUSY.div_ceil(fours).min(MOST_PARTS).min(fours) };
    let descent = Descent::new(gpu, TsneMap { points, parts }, graph, start)?;
    let mut places = Vec::new();
    for stretch in STRETCHES {
        let mut plan = descent.plan(stretch)?;
        for _ in 0..stretch.times {
            places = plan.run(&[])?.pop().unwrap_or_default();
            told();
        }
    }
    let flat: Vec<f32> = bytemuck::pod_collect_to_vec(&places);
    let (xs, ys) = flat.split_at_checked(4 * fours).ok_or_else(|| Error::Defect("a map was cut short".into()))?;
    Ok(xs.iter().zip(ys).take(points).map(|(&x, &y)| [x, y]).collect())
}

struct Descent<'g> {
    gpu: &'g Gpu,
    map: TsneMap,
    most: usize,
    count: usize,
    places: Buffer,
    motion: Buffer,
    rows: Buffer,
    edges: Buffer,
}

impl<'g> Descent<'g> {
    fn new(gpu: &'g Gpu, map: TsneMap, graph: &Graph, start: &[[f32; 2]]) -> Result<Self> {
        let plane = |axis: usize| {
            let mut plane: Vec<f32> = start.iter().map(|place| place[axis]).collect();
            plane.resize(4 * map.fours(), TSNE_FAR);
            plane
        };
        let motion: Vec<[f32; 4]> = vec![[0.0, 0.0, 1.0, 1.0]; map.points];
        let mut rows = vec![0_u32];
        let mut flat: Vec<u32> = Vec::new();
        for edges in &graph.edges {
            flat.extend(edges.iter().flat_map(|&(other, p)| [other, p.to_bits()]));
            rows.push((flat.len() / 2) as u32);
        }
        Ok(Self {
            gpu,
            map,
            most: graph.edges.iter().map(Vec::len).max().unwrap_or(0),
            count: flat.len() / 2,
            places: gpu.upload("places", bytemuck::cast_slice(&[plane(0), plane(1)].concat()))?,
            motion: gpu.upload("motion", bytemuck::cast_slice(&motion))?,
            rows: gpu.upload("rows", bytemuck::cast_slice(&rows))?,
            edges: gpu.upload("edges", bytemuck::cast_slice(&flat))?,
        })
    }

    /// Steps from the places to the places, by a second buffer in between: their number is even.
    fn plan(&self, stretch: Stretch) -> Result<Plan> {
        let map = self.map;
        let mut recording = Recording::default();
        let places = recording.shared("places", &self.places);
        let motion = recording.shared("motion", &self.motion);
        let edges = TsneEdges {
            count: self.count,
            most: self.most,
            rows: recording.shared("rows", &self.rows),
            edges: recording.shared("edges", &self.edges),
        };
        let between = recording.slab("moved", map.bytes());
        let of = TsneSums { sums: recording.slab("sums", map.sums()), totals: recording.slab("totals", 4 * TSNE_TOTALS as u64) };
        let step = stretch.step(map.points);
        for at in 0..TOGETHER {
            let way = if at % 2 == 0 { [places, between] } else { [between, places] };
            recording.dispatch(kernels::tsne_repulse("all pairs", map, way[0], of.sums)?);
            recording.dispatch(kernels::tsne_total("total", map, of.sums, of.totals)?);
            recording.dispatch(kernels::tsne_move("step", map, step, way, edges, of, motion)?);
        }
        recording.read(places);
        Plan::new(self.gpu, recording)
    }
}
