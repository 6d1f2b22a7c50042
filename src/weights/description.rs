//! The JSON of a model, version 1: `models/model.schema.json` describes the same.

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize};

use crate::graph::{Graph, Network};
use crate::operators::{Crop, MAX_CROP, MAX_RADIUS};

/// What a model is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Description {
    /// Version of the format.
    pub moue: u32,
    /// Name of the model.
    pub name: String,
    /// Labels in the order of the probabilities; without any its networks answer other values, such as an embedding.
    pub labels: Vec<String>,
    /// Licence of the weights.
    pub licence: String,
    /// Where they come from.
    pub source: String,
    /// The model card.
    pub card: String,
    /// Canonical crop.
    pub canonical: Canonical,
    /// Steps from the canonical crop to a network's input, by name.
    pub representations: BTreeMap<String, Vec<RepresentationStep>>,
    /// Networks by name.
    pub networks: BTreeMap<String, Network>,
    /// Members of the ensemble.
    pub members: Vec<Member>,
    /// How they become one answer.
    pub fusion: Fusion,
    /// Views and crops at test time; a mirrored view is the canonical crop mirrored, before codes are made of it.
    pub oversample: Oversample,
}

/// The canonical crop of a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Canonical {
    /// Height and width in pixels.
    pub size: [u32; 2],
    /// Margin around the detector's box, in parts of its side.
    pub margin: f64,
    /// Where the top of a face's forehead, its chin, and its left and right edge before the ears come to lie, x and y in parts of the crop: it is turned, moved and scaled
    /// there. Without it, and for faces without landmarks, the box with its margin is read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alignment: Option<[[f64; 2]; 4]>,
    /// Colour of the crop.
    pub colour: Colour,
}

impl Canonical {
    /// The box with a fifth of its side around it, upright: what a model gets that does not say.
    pub fn upright(size: [u32; 2]) -> Self {
        Self { size, margin: 0.2, alignment: None, colour: Colour::Rgb }
    }
}

/// In words.
impl std::fmt::Display for Canonical {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { size: [height, width], margin, alignment, colour: Colour::Rgb } = self;
        write!(f, "an RGB crop of {height} x {width} pixels with a margin of {margin}")?;
        if alignment.is_some() { write!(f, ", aligned by landmarks") } else { Ok(()) }
    }
}

/// Colour of the canonical crop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Colour {
    /// Three channels, red first.
    Rgb,
}

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
    /// (v - mean) * scale a channel, in the order of the channels.
    Normalise {
        /// Subtracted.
        mean: [f32; 3],
        /// Multiplied.
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

/// How gray is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gray {
    /// Matlab's rgb2gray.
    Matlab,
}

/// One member of an ensemble.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// Name of the member.
    pub name: String,
    /// What it reads of a face; without one it reads raw tensors only (`moue run`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub representation: Option<String>,
    /// What it computes.
    pub network: String,
    /// Prefix of its tensors.
    pub weights: String,
}

impl Member {
    /// Its representation, which every member of an ensemble has ([`Description::no_faces`]).
    pub(crate) fn reads(&self) -> &str {
        self.representation.as_deref().unwrap_or_default()
    }
}

/// How members become one answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fusion {
    /// The rule.
    pub rule: Rule,
    /// One a member, not negative, sum 1.
    pub weights: Vec<f64>,
    /// T of the calibration p^(1/T), made to sum 1 again, of the fused probabilities: above 1 less confident, 1 leaves them.
    #[serde(default = "one")]
    pub temperature: f64,
}

fn one() -> f64 {
    1.0
}

/// Rules of fusion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// Weighted mean of the members' probabilities.
    WeightedMean,
}

/// Views and crops at test time; a mirrored view is the canonical crop mirrored, before codes are made of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Oversample {
    /// The centre.
    None,
    /// The centre, of the face and of its mirror image.
    Mirrored,
    /// Four corners and the centre, of the face and of its mirror image.
    FiveMirrored,
}

impl std::fmt::Display for Oversample {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::None => "none",
            Self::Mirrored => "mirrored",
            Self::FiveMirrored => "five_mirrored",
        })
    }
}

impl Oversample {
    /// The views of a face: as it is, and perhaps mirrored.
    pub fn views(self) -> &'static [bool] {
        match self {
            Self::None => &[false],
            Self::Mirrored | Self::FiveMirrored => &[false, true],
        }
    }

    /// How often a network reads a face: crops of all views.
    pub fn readings(self) -> u64 {
        (self.views().len() * self.crops([1; 2], [1; 2]).len()) as u64
    }

    /// The crops of each view, with an `[h, w]` window in a `resize`d picture.
    pub fn crops(self, resize: [u32; 2], window: [u32; 2]) -> Vec<Crop> {
        match self {
            Self::None | Self::Mirrored => Crop::centre(resize, window),
            Self::FiveMirrored => Crop::five(resize, window),
        }
    }
}

/// A representation in its parts, checked.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Representation {
    /// Height and width that the rest reads: the canonical crop's, or larger.
    pub from: [u32; 2],
    pub gray: bool,
    pub radius: Option<u32>,
    pub table: Option<String>,
    pub resize: [u32; 2],
    /// Blue first.
    pub reversed: bool,
    pub mean: [f32; 3],
    pub scale: [f32; 3],
}

impl Representation {
    /// Channels of what it makes.
    pub fn channels(&self) -> usize {
        if self.gray && self.table.is_none() { 1 } else { 3 }
    }

    /// Height and width before the resize.
    pub fn size(&self) -> [u32; 2] {
        self.from.map(|side| side - 2 * self.radius.unwrap_or(0))
    }
}

fn unique<'n>(at: &str, names: impl Iterator<Item = &'n String>) -> Result<(), (String, String)> {
    let mut seen = HashSet::new();
    for name in names {
        if name.is_empty() {
            return Err((at.to_owned(), "a name is empty: give it one".to_owned()));
        }
        if !seen.insert(name) {
            return Err((at.to_owned(), format!("`{name}` is there twice: give each a name of its own")));
        }
    }
    Ok(())
}

impl Description {
    /// Parses the JSON; versions are told apart before anything else is read.
    ///
    /// # Errors
    /// What is wrong, with line and column.
    pub fn parse(text: &str) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Version {
            moue: u32,
        }
        let version: Version = serde_json::from_str(text).map_err(|e| format!("no version: {e}"))?;
        if version.moue != 1 {
            return Err(format!("version {} is not known; this moue reads version 1", version.moue));
        }
        serde_json::from_str(text).map_err(|e| e.to_string())
    }

    /// Checks what JSON alone does not say; the networks with their names bound.
    ///
    /// # Errors
    /// The place and what is wrong there.
    pub(crate) fn check(&self) -> Result<BTreeMap<&str, Graph>, (String, String)> {
        let wrong = |at: &str, reason: String| Err((at.to_owned(), reason));
        if self.canonical.size.iter().any(|&s| s == 0 || s > MAX_CROP) {
            return wrong("canonical", format!("its size lies between 1 and {MAX_CROP}, not {:?}", self.canonical.size));
        }
        if !(0.0..=8.0).contains(&self.canonical.margin) {
            return wrong("canonical", format!("its margin lies between 0 and 8, not {}", self.canonical.margin));
        }
        if let Some(template) = self.canonical.alignment
            && (template.iter().flatten().any(|at| !(-1.0..=2.0).contains(at))
                || template.iter().all(|point| *point == template[0]))
        {
            return wrong("canonical", format!("the points of its alignment lie between -1 and 2, and apart: {template:?}"));
        }
        if self.members.is_empty() {
            return wrong("members", "a model has at least one member".into());
        }
        unique("labels", self.labels.iter())?;
        unique("members", self.members.iter().map(|member| &member.name))?;
        let weights = &self.fusion.weights;
        let sum: f64 = weights.iter().sum();
        if weights.len() != self.members.len() || weights.iter().any(|w| !(0.0..=1.0).contains(w)) || (sum - 1.0).abs() > 1e-6 {
            return wrong(
                "fusion",
                format!("one weight a member ({}), not negative, sum 1; these are {weights:?}", self.members.len()),
            );
        }
        if !(0.05..=20.0).contains(&self.fusion.temperature) {
            return wrong("fusion", format!("its temperature lies between 0.05 and 20, not {}", self.fusion.temperature));
        }
        for name in self.representations.keys() {
            self.representation(name)?;
        }
        let mut graphs = BTreeMap::new();
        for (name, network) in &self.networks {
            let graph = Graph::new(network).map_err(|error| (format!("network `{name}`"), error.to_string()))?;
            graphs.insert(name.as_str(), graph);
        }
        for member in &self.members {
            let at = format!("member `{}`", member.name);
            let Some(graph) = graphs.get(member.network.as_str()) else {
                let known: Vec<&str> = graphs.keys().copied().collect();
                return wrong(&at, format!("there is no network `{}`; there are: {}", member.network, known.join(", ")));
            };
            if !self.labels.is_empty() {
                let [output] = graph.outputs[..] else { return wrong(&at, "its network has more than one output".into()) };
                if graph.tensors[output].shape != [self.labels.len(), 1, 1] {
                    return wrong(
                        &at,
                        format!("its network answers {:?}, there are {} labels", graph.tensors[output].shape, self.labels.len()),
                    );
                }
            }
            let Some(name) = &member.representation else { continue };
            let representation = self.representation(name)?;
            if graph.inputs != 1 || graph.tensors[0].dims.len() != 3 {
                return wrong(
                    &at,
                    format!("it has a representation, but network `{}` does not read one [C, H, W]", member.network),
                );
            }
            let [channels, height, width] = graph.tensors[0].shape;
            let resize = representation.resize.map(|s| s as usize);
            if channels != representation.channels() || height > resize[0] || width > resize[1] {
                return wrong(
                    &at,
                    format!(
                        "network `{}` reads {:?}, representation `{name}` makes [{}, {}, {}]",
                        member.network,
                        graph.tensors[0].shape,
                        representation.channels(),
                        resize[0],
                        resize[1]
                    ),
                );
            }
        }
        Ok(graphs)
    }

    /// Why it cannot read faces, if it cannot.
    pub(crate) fn no_faces(&self) -> Option<String> {
        if self.labels.is_empty() {
            return Some("it has no labels: it answers values, not expressions. `moue run` gives them".into());
        }
        let raw = self.members.iter().find(|member| member.representation.is_none())?;
        Some(format!("member `{}` has no representation: it reads tensors, not faces. `moue run` takes them", raw.name))
    }

    /// The representation `name` in its parts: perhaps enlarged, gray, then perhaps codes, then perhaps a table, then resize and normalise.
    pub(crate) fn representation(&self, name: &str) -> Result<Representation, (String, String)> {
        let at = || format!("representation `{name}`");
        let steps = self.representations.get(name).ok_or_else(|| (at(), "there is none of this name".to_owned()))?;
        let mut rest = steps.iter().peekable();
        let mut from = self.canonical.size;
        if let Some(RepresentationStep::Enlarge(size)) = rest.next_if(|s| matches!(s, RepresentationStep::Enlarge(_))) {
            if size.iter().zip(&from).any(|(to, from)| to < from || *to > MAX_CROP) {
                return Err((
                    at(),
                    format!("enlarges to {size:?}: between the canonical crop's {from:?} and {MAX_CROP} a side is possible"),
                ));
            }
            from = *size;
        }
        let gray = rest.next_if(|s| matches!(s, RepresentationStep::Gray(_))).is_some();
        let mut radius = None;
        if let Some(RepresentationStep::Lbp { radius: r }) = rest.next_if(|s| matches!(s, RepresentationStep::Lbp { .. })) {
            let smallest = from[0].min(from[1]);
            if !gray || *r == 0 || *r > MAX_RADIUS || 2 * r >= smallest {
                return Err((
                    at(),
                    format!("LBP at radius {r} reads gray of more than {} pixels a side (it has {smallest})", 2 * u64::from(*r)),
                ));
            }
            radius = Some(*r);
        }
        let mut table = None;
        if let Some(RepresentationStep::Lookup(t)) = rest.next_if(|s| matches!(s, RepresentationStep::Lookup(_))) {
            if !gray {
                return Err((at(), "a lookup reads gray or codes".into()));
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
            || mean.iter().chain(&scale).any(|v| !v.is_finite())
        {
            return Err((
                at(),
                "steps come as enlarge, gray, lbp, lookup, resize, order, normalise, each at most once, sizes between 1 and 4096, numbers finite"
                    .into(),
            ));
        }
        Ok(Representation { from, gray, radius, table, resize, reversed, mean, scale })
    }
}
