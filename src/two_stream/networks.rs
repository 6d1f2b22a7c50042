//! The two networks of a model, each with its input.

use crate::device::Device;
use crate::error::{Error, Result};
use crate::graph::{Graph, Network};
use crate::runner::{Input, Options, Runner};
use crate::tensor::Tensor;
use crate::weights::Model;

/// Names of the members: one reads the face, the other its flow.
pub(super) const STILL: &str = "still";
pub(super) const MOTION: &str = "motion";

#[derive(Debug)]
pub(super) struct Networks {
    still: Runner,
    motion: Runner,
    pub labels: Vec<String>,
    /// How much each stream counts.
    weights: [f64; 2],
    /// Columns and rows that both read.
    pub size: [usize; 2],
    /// Flows of a stack: half the channels.
    pub flows: usize,
}

/// What both say of some frames: `[frames, labels]` each, and fused.
#[derive(Debug)]
pub(super) struct Answers {
    pub still: Vec<f32>,
    pub motion: Vec<f32>,
    pub fused: Vec<f32>,
}

impl Networks {
    /// Uploads the weights of both.
    ///
    /// # Errors
    /// [`Error::Model`] where it is not such a model; the device's.
    pub fn new(model: &Model, device: &Device) -> Result<Self> {
        separate(model)?;
        let description = &model.description;
        let wrong = |at: &str, reason: String| model.wrong(at, reason);
        if description.labels.is_empty() {
            return Err(wrong("labels", "there are none: `moue zoo two_stream -o FILE` writes a model that has them".into()));
        }
        let member = |name: &str, what: &str| -> Result<([usize; 3], f64)> {
            let at = format!("member `{name}`");
            let members = &description.members;
            let own = members.iter().zip(&description.fusion.weights).find(|(member, _)| member.name == name);
            let Some((member, &weight)) = own else {
                let names: Vec<&str> = members.iter().map(|member| member.name.as_str()).collect();
                let reason = format!(
                    "it is not there, only: {}. A two-stream model has `{STILL}` and `{MOTION}`, as `moue zoo two_stream -o FILE` writes it",
                    names.join(", ")
                );
                return Err(wrong(&at, reason));
            };
            if member.representation.is_some() {
                return Err(wrong(&at, "it has a representation; of a two-stream model it reads tensors: leave that out".into()));
            }
            match description.networks.get(&member.network).map(input) {
                Some(Ok(Some(shape))) => Ok((shape, weight)),
                _ => Err(wrong(&at, format!("its network reads more than one tensor of [C, H, W]: it is to read {what} alone"))),
            }
        };
        let (still, still_weight) = member(STILL, "a picture")?;
        let (motion, motion_weight) = member(MOTION, "a stack of flows")?;
        if description.members.len() > 2 {
            return Err(wrong(
                "members",
                format!("there are {}: it has `{STILL}` and `{MOTION}` only", description.members.len()),
            ));
        }
        if still[0] != 3 || !motion[0].is_multiple_of(2) || motion[0] == 0 || still[1..] != motion[1..] {
            let reason = format!(
                "`{STILL}` reads {still:?}, `{MOTION}` {motion:?}: [3, H, W] and [two a flow, H, W] of the same size are possible"
            );
            return Err(wrong("members", reason));
        }
        let runner = |name: &str| Runner::new(&model.only(name)?, device, Options::default());
        Ok(Self {
            still: runner(STILL)?,
            motion: runner(MOTION)?,
            labels: description.labels.clone(),
            weights: [still_weight, motion_weight],
            size: [still[2], still[1]],
            flows: motion[0] / 2,
        })
    }

    /// What they say of `[frames, 3, H, W]` and `[frames, 2 flows, H, W]`.
    pub fn answer(&mut self, still: Tensor, motion: Tensor) -> Result<Answers> {
        let run = |runner: &mut Runner, tensor: Tensor| -> Result<Vec<f32>> {
            let answers = runner.run(&[Input { name: None, tensor }])?;
            answers
                .into_iter()
                .next()
                .map(|(_, tensor)| tensor.data)
                .ok_or_else(|| Error::Defect("a network without an answer".into()))
        };
        let (still, motion) = (run(&mut self.still, still)?, run(&mut self.motion, motion)?);
        let [own, other] = self.weights;
        let fuse = |(a, b): (&f32, &f32)| (own * f64::from(*a) + other * f64::from(*b)) as f32;
        Ok(Answers { fused: still.iter().zip(&motion).map(fuse).collect(), still, motion })
    }
}

/// Sizes of the one tensor that a network reads.
fn input(network: &Network) -> Result<Option<[usize; 3]>> {
    let graph = Graph::new(network)?;
    let first = graph.tensors.first().filter(|info| graph.inputs == 1 && info.dims.len() == 3);
    Ok(first.map(|info| info.shape))
}

/// One network a unit is refused, with the memory that all of them need.
fn separate(model: &Model) -> Result<()> {
    let members = &model.description.members;
    if members.len() < 3 || members.iter().any(|member| member.name == STILL || member.name == MOTION) {
        return Ok(());
    }
    let bytes: u64 = model.arrays().map(|(_, array)| array.length() as u64).sum();
    let reason = format!(
        "there are {} networks, which need {:.1} GB of memory for their weights. Only fc7 and fc8 of each were trained: make one network of them, whose units share \
         what is before, as `moue zoo two_stream_one_vs_all -o FILE` has it",
        members.len(),
        bytes as f64 / 1e9
    );
    Err(model.wrong("members", reason))
}
