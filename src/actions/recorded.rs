//! What a submission computes, recorded: crops, their flow, stacks and both networks.

use super::job::lost;
use super::rule::{Motion, Rule};
use crate::ensemble::Stage;
use crate::error::Result;
use crate::flow::{NewFrames, NewPairs, Slots, Stages};
use crate::gpu::{Buffer, Gpu, Recording, Slice};
use crate::graph::{Graph, Prepared, Weights};
use crate::kernels::{self, Normalise, Source, View};
use crate::tensor::Precision;
use crate::weights::Model;

/// Both networks, and what they read.
#[derive(Debug)]
pub(super) struct Parts {
    pub gpu: Gpu,
    /// Height and width of a crop.
    pub size: [u32; 2],
    still: Network,
    normalise: Normalise,
    pub motion: Option<Moving>,
    pub labels: usize,
}

#[derive(Debug)]
struct Network {
    prepared: Prepared,
    outputs: usize,
}

/// What motion needs.
#[derive(Debug)]
pub(super) struct Moving {
    how: Motion,
    network: Network,
    pub stages: Stages,
    /// Expansions of crops, and the levels of flows; the last of each is nobody's: padding goes there.
    pub kept: Option<(Slots, Buffer, usize)>,
}

/// What a plan was made for: numbers of faces, pairs and stacks, padding included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Key {
    pub faces: usize,
    /// Whether the faces are turned.
    pub turned: bool,
    pub pixels: usize,
    /// Whether crops are kept.
    pub keeps: bool,
    pub pairs: usize,
    pub stacks: usize,
}

/// Where a recording wants what it computes from.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    /// Faces and their pixels.
    pub pixels: Option<[Slice; 2]>,
    pub origin: Option<Slice>,
    pub crops: Option<Slice>,
    /// Crops of each pair, and where its levels go.
    pub pairs: Option<[Slice; 2]>,
    pub stacks: Option<Slice>,
}

impl Parts {
    pub fn new(gpu: Gpu, model: &Model, rule: &Rule) -> Result<Self> {
        let network = |at: usize| {
            let member = &model.description.members[at];
            let network = model.description.networks.get(&member.network).ok_or_else(lost)?;
            let graph = Graph::new(network)?;
            let outputs = graph.outputs.len();
            let weights = model.member(&member.weights);
            let prepared = Prepared::new(&gpu, graph, &[&weights as &dyn Weights], &[], Precision::F32)?;
            Ok(Network { prepared, outputs })
        };
        let size = model.description.canonical.size;
        let motion = match &rule.motion {
            Some(how) => Some(Moving {
                how: how.clone(),
                network: network(how.member.at)?,
                stages: Stages::new(&gpu, [size[1] as usize, size[0] as usize], &how.parameters)?,
                kept: None,
            }),
            None => None,
        };
        let parts = &rule.still.parts;
        let normalise = Normalise {
            source: Source::Gray,
            size,
            resize: size,
            crops: 1,
            reversed: false,
            mean: parts.mean,
            scale: parts.scale,
        };
        let labels = model.description.labels.len();
        Ok(Self { still: network(rule.still.at)?, gpu, size, normalise, motion, labels })
    }

    /// Tensors that the still network answers.
    pub fn still_outputs(&self) -> usize {
        self.still.outputs
    }

    /// Flows of a stack.
    pub fn flows(&self) -> usize {
        self.motion.as_ref().map_or(0, |motion| motion.how.stack.count())
    }

    /// The slots that are nobody's, of crops and of levels.
    pub fn spare(&self) -> [u32; 2] {
        let kept = self.motion.as_ref().and_then(|motion| motion.kept.as_ref());
        kept.map_or([0; 2], |(slots, _, count)| [slots.count() as u32 - 1, *count as u32 - 1])
    }

    pub fn record(&self, key: Key) -> Result<(Recording, Wanted)> {
        let [height, width] = self.size.map(|side| side as usize);
        let mut recording = Recording::default();
        let networks = [(Some(&self.still), key.faces), (self.motion.as_ref().map(|motion| &motion.network), key.stacks)];
        let used = || networks.iter().filter_map(|&(network, images)| network.filter(|_| images > 0).map(|own| (own, images)));
        for (network, images) in used() {
            network.prepared.tune(images)?;
        }
        let slabs = recording.pool(used().map(|(network, images)| network.prepared.slabs(images)));
        let mut wanted = Wanted::default();
        let view = |recording: &mut Recording, images: usize, channels: usize| {
            let precision = Precision::F32;
            let slice = recording.slab("input", View::bytes(precision, images, channels, height, width));
            View { slice, images, channels, height, width, precision }
        };
        let mut crops_of = None;
        if key.faces > 0 {
            let faces = recording.upload("faces", (kernels::part_bytes(key.turned) * key.faces) as u64);
            let pixels = recording.upload("pixels", 4 * key.pixels as u64);
            let origin = recording.upload("crops", 8);
            let mut stage = Stage::new(&mut recording, self.size, key.turned, key.faces, faces, pixels)?;
            let gray = stage.gray(self.size)?;
            (wanted.pixels, wanted.origin) = (Some([faces, pixels]), Some(origin));
            let input = view(&mut recording, key.faces, 1);
            let dispatch = kernels::normalise("still", self.normalise, gray, origin, origin, key.faces, input, 0)?;
            recording.dispatch(dispatch);
            answer(&mut recording, &self.still, &slabs, input)?;
            crops_of = Some(gray);
        }
        if let Some(Moving { how, network, stages, kept: Some((slots, levels, _)) }) = &self.motion {
            let held = recording.shared("levels", levels);
            if let Some(gray) = crops_of.filter(|_| key.keeps) {
                let crops = recording.upload("slots", 4 * key.faces as u64);
                let pairs = (key.pairs > 0).then(|| {
                    [("pairs", 8), ("places", 4)].map(|(label, bytes)| recording.upload(label, bytes * key.pairs as u64))
                });
                let frames = NewFrames { count: key.faces, pixels: gray, slots: crops };
                let new = pairs.map(|[of, _]| NewPairs { count: key.pairs, slots: of, initial: None });
                let flow = stages.record(&mut recording, slots, Some(frames), new)?;
                if let (Some(flow), Some([_, to])) = (flow, pairs) {
                    let dispatch = kernels::flow_levels("levels", key.pairs, height * width, &how.levels(), flow, to, held)?;
                    recording.dispatch(dispatch);
                }
                (wanted.crops, wanted.pairs) = (Some(crops), pairs);
            }
            if key.stacks > 0 {
                let stacks = recording.upload("stacks", 4 * (key.stacks * how.stack.count()) as u64);
                let input = view(&mut recording, key.stacks, 2 * how.stack.count());
                recording.dispatch(kernels::flow_stack("stack", &how.levels(), how.normalise(), held, stacks, input)?);
                answer(&mut recording, network, &slabs, input)?;
                wanted.stacks = Some(stacks);
            }
        }
        Ok((recording, wanted))
    }
}

/// The network's answers, to be read back.
fn answer(recording: &mut Recording, network: &Network, slabs: &[Slice], input: View) -> Result<()> {
    let graph = network.prepared.graph();
    for output in network.prepared.record(recording, slabs, &[input], &graph.outputs)? {
        let values = output.channels * output.pixels();
        let logical = recording.slab("output", 4 * (input.images * values) as u64);
        recording.dispatch(kernels::unpack("output", output, logical, values)?);
        recording.read(logical);
    }
    Ok(())
}
