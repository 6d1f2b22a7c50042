//! From the canonical crop to a network's input.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use crate::operators::{MAX_CROP, MAX_RADIUS};

/// Frames that a stack of flow reaches from its own at most.
const MOST_FLOWS: i32 = 64;

/// One step of a representation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum RepresentationStep {
    /// The canonical crop by its own rule once more, to a height and width no smaller.
    Enlarge([u32; 2]),
    /// Gray value of every pixel.
    Gray(Gray),
    /// Local Binary Pattern codes.
    Lbp {
        /// In pixels of the canonical or enlarged crop.
        radius: u32,
    },
    /// Every code becomes its row of a table.
    Lookup(String),
    /// Bilinear, to height and width.
    Resize([u32; 2]),
    /// Channels in another order than red, green, blue.
    Order(Order),
    /// Optical flow between gray crops of successive frames, a stack of it a frame.
    Flow(FlowStack),
    /// (v - mean) * scale a channel, in the order of the channels.
    Normalise {
        /// Subtracted: one number for all channels, or three.
        #[serde(deserialize_with = "one_or_three")]
        mean: [f32; 3],
        /// Multiplied.
        #[serde(deserialize_with = "one_or_three")]
        scale: [f32; 3],
    },
}

/// An order of channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// Blue, green, red: Caffe's.
    Bgr,
}

/// The flows that are read of a frame. Flow i leads from frame i to frame i + 1; parameters of Farneback's method are those of OpenCV, without flags.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FlowStack {
    /// How large a level of the pyramid is beside the one below it.
    pub pyramid_scale: f64,
    /// Levels beyond the frames themselves.
    pub levels: u32,
    /// Pixels of the window's side.
    pub window: u32,
    /// How often a level is solved.
    pub iterations: u32,
    /// Neighbours on either side of a pixel that its polynomial is fitted to.
    pub poly_n: u32,
    /// Pixels of the Gaussian under which it is fitted.
    pub poly_sigma: f64,
    /// A displacement in pixels times this,
    pub times: f32,
    /// plus this, rounded half up, from 0 to 255.
    pub plus: f32,
    /// Frame n reads flow n + `from`
    pub from: i32,
    /// to flow n + `to`: across, then down of each.
    pub to: i32,
    /// What stands where there is no flow.
    pub missing: u8,
}

impl FlowStack {
    /// Flows of a stack.
    pub fn count(&self) -> usize {
        (self.to - self.from + 1).max(0) as usize
    }
}

/// How gray is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gray {
    /// Matlab's rgb2gray.
    Matlab,
}

/// A representation in its parts, checked.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Representation {
    /// Height and width that the rest reads: the canonical crop's, or larger.
    pub from: [u32; 2],
    pub gray: bool,
    pub flow: Option<FlowStack>,
    pub radius: Option<u32>,
    pub table: Option<String>,
    pub resize: [u32; 2],
    /// Blue first.
    pub reversed: bool,
    pub mean: [f32; 3],
    pub scale: [f32; 3],
}

impl Representation {
    /// Of `steps`, for a canonical crop of `canonical`: perhaps enlarged, gray, then perhaps flow, or codes, then perhaps a table, then resize and normalise.
    pub fn of(steps: &[RepresentationStep], canonical: [u32; 2]) -> Result<Self, String> {
        let mut rest = steps.iter().peekable();
        let mut from = canonical;
        if let Some(RepresentationStep::Enlarge(size)) = rest.next_if(|s| matches!(s, RepresentationStep::Enlarge(_))) {
            if size.iter().zip(&from).any(|(to, from)| to < from || *to > MAX_CROP) {
                return Err(format!(
                    "enlarges to {size:?}: between the canonical crop's {from:?} and {MAX_CROP} a side is possible"
                ));
            }
            from = *size;
        }
        let gray = rest.next_if(|s| matches!(s, RepresentationStep::Gray(_))).is_some();
        let mut flow = None;
        if let Some(RepresentationStep::Flow(stack)) = rest.next_if(|s| matches!(s, RepresentationStep::Flow(_))) {
            if !gray || !matches!(rest.peek(), None | Some(RepresentationStep::Normalise { .. })) {
                return Err("flow reads gray, and is normalised only".into());
            }
            if stack.to < stack.from || stack.from < -MOST_FLOWS || stack.to > MOST_FLOWS {
                let (from, to) = (stack.from, stack.to);
                return Err(format!(
                    "a stack of flow {from} to {to}: the first before the last, within {MOST_FLOWS} of the frame"
                ));
            }
            flow = Some(*stack);
        }
        let mut radius = None;
        if let Some(RepresentationStep::Lbp { radius: r }) = rest.next_if(|s| matches!(s, RepresentationStep::Lbp { .. })) {
            let smallest = from[0].min(from[1]);
            if !gray || *r == 0 || *r > MAX_RADIUS || 2 * r >= smallest {
                let least = 2 * u64::from(*r);
                return Err(format!("LBP at radius {r} reads gray of more than {least} pixels a side (it has {smallest})"));
            }
            radius = Some(*r);
        }
        let mut table = None;
        if let Some(RepresentationStep::Lookup(t)) = rest.next_if(|s| matches!(s, RepresentationStep::Lookup(_))) {
            if !gray {
                return Err("a lookup reads gray or codes".into());
            }
            table = Some(t.clone());
        }
        let resize = match rest.next_if(|s| matches!(s, RepresentationStep::Resize(_))) {
            Some(RepresentationStep::Resize(size)) => *size,
            _ => from.map(|side| side - 2 * radius.unwrap_or(0)),
        };
        let reversed = rest.next_if(|s| matches!(s, RepresentationStep::Order(Order::Bgr))).is_some();
        let (mean, scale) = match rest.next_if(|s| matches!(s, RepresentationStep::Normalise { .. })) {
            Some(RepresentationStep::Normalise { mean, scale }) => (*mean, *scale),
            _ => ([0.0; 3], [1.0; 3]),
        };
        if rest.next().is_some()
            || resize.iter().any(|&s| s == 0 || s > MAX_CROP)
            || mean.iter().chain(&scale).chain(flow.iter().flat_map(|stack| [&stack.times, &stack.plus])).any(|v| !v.is_finite())
        {
            let order = "enlarge, gray, flow, lbp, lookup, resize, order, normalise";
            return Err(format!("steps come as {order}, each at most once, sizes between 1 and 4096, numbers finite"));
        }
        Ok(Self { from, gray, flow, radius, table, resize, reversed, mean, scale })
    }

    /// Channels of what it makes.
    pub fn channels(&self) -> usize {
        match (&self.flow, &self.table) {
            (Some(stack), _) => 2 * stack.count(),
            (None, None) if self.gray => 1,
            _ => 3,
        }
    }

    /// Height and width before the resize.
    pub fn size(&self) -> [u32; 2] {
        self.from.map(|side| side - 2 * self.radius.unwrap_or(0))
    }
}

fn one_or_three<'d, D: Deserializer<'d>>(from: D) -> Result<[f32; 3], D::Error> {
    let numbers = Vec::<f32>::deserialize(from)?;
    match numbers[..] {
        [all] => Ok([all; 3]),
        [first, second, third] => Ok([first, second, third]),
        _ => Err(D::Error::invalid_length(numbers.len(), &"one number for all channels, or three")),
    }
}
