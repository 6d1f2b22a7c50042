//! The networks that find faces: what each reads and answers.

use crate::error::{Error, Result};
use crate::graph::{Graph, TensorId};
use crate::operators::CELL_VALUES;
use crate::weights::{MemberWeights, Model};

/// A detector: MediaPipe's BlazeFace of full or of short range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Detects {
    Full,
    Short,
}

/// A network of the face model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Net {
    Detector(Detects),
    Mesh,
    Blendshapes,
}

/// Part of the area of both that candidates share at most (mediapipe/modules/face_detection: `min_suppression_threshold`).
pub(super) const OVERLAP: f32 = 0.3;
/// Part of its longer side by which a tile may cut a candidate's box.
pub(super) const CUT: f32 = 0.2;
/// Candidates that one suppression on a GPU keeps at most.
pub(super) const MOST_FACES: usize = 256;
/// Points of the mesh, and values of each.
pub(super) const POINT_VALUES: usize = 3;
/// Expressions that the last network measures.
pub(super) const BLENDSHAPES: usize = 52;

impl Net {
    /// Name of its member in the face model.
    pub fn name(self) -> &'static str {
        match self {
            Self::Detector(Detects::Full) => "full_range",
            Self::Detector(Detects::Short) => "short_range",
            Self::Mesh => "mesh",
            Self::Blendshapes => "blendshapes",
        }
    }

    /// Pixels of its input's side.
    pub fn side(self) -> u32 {
        match self {
            Self::Detector(Detects::Full) => 192,
            Self::Detector(Detects::Short) => 128,
            Self::Mesh => 256,
            Self::Blendshapes => 0,
        }
    }

    /// What is subtracted from a channel of its input, 0 to 255, and what it is multiplied by then.
    pub fn normalise(self) -> [f32; 2] {
        match self {
            Self::Detector(_) => [127.5, 1.0 / 127.5],
            Self::Mesh | Self::Blendshapes => [0.0, 1.0 / 255.0],
        }
    }

    /// Values of each of its answers: boxes and scores of the cells, points and presence, or blendshapes.
    fn answers(self) -> Vec<usize> {
        match self {
            Self::Detector(detects) => {
                let cells = detects.anchors().len();
                vec![CELL_VALUES * cells, cells]
            }
            Self::Mesh => vec![POINT_VALUES * super::landmarks::POINTS, 1],
            Self::Blendshapes => vec![BLENDSHAPES],
        }
    }

    /// Its graph and weights in `model`, and the tensors that are its answers.
    pub fn of(self, model: &Model) -> Result<(Graph, MemberWeights<'_>, Vec<TensorId>)> {
        let description = &model.description;
        let wrong = |reason: &str| model.wrong(&format!("member `{}`", self.name()), reason.to_owned());
        let member = description.members.iter().find(|member| member.name == self.name());
        let member = member.ok_or_else(|| wrong("the file does not have it: it is no model that finds faces"))?;
        let network = description.networks.get(&member.network).ok_or_else(|| wrong("it has no network"))?;
        let graph = Graph::new(network)?;
        let side = self.side() as usize;
        if self != Self::Blendshapes && (graph.inputs != 1 || graph.tensors[0].shape != [3, side, side]) {
            return Err(wrong(&format!("it reads no picture of {side} x {side}")));
        }
        let answer = |values| graph.outputs.iter().copied().find(|&id| graph.tensors[id].values() == values);
        let answers = self.answers().into_iter().map(answer).collect::<Option<_>>();
        let answers = answers.ok_or_else(|| wrong("its answers have other sizes"))?;
        Ok((graph, model.member(&member.weights), answers))
    }
}

impl Detects {
    /// The middles of its cells, in tiles, in the order of its answers: a box is said from there on.
    ///
    /// Full range: a map of 48 x 48. Short range: two of each place of 16 x 16, then six of each of 8 x 8 (three layers of that stride, two of each place).
    /// (mediapipe/modules/face_detection/face_detection_full_range.pbtxt and face_detection_short_range.pbtxt: `SsdAnchorsCalculator`.)
    pub fn anchors(self) -> Vec<[f32; 2]> {
        let map = |side: usize, each: usize| {
            let middle = move |at: usize| (at as f32 + 0.5) / side as f32;
            let places = (0..side).flat_map(move |y| (0..side).map(move |x| [middle(x), middle(y)]));
            places.flat_map(move |place| std::iter::repeat_n(place, each))
        };
        match self {
            Self::Full => map(48, 1).collect(),
            Self::Short => map(16, 2).chain(map(8, 6)).collect(),
        }
    }
}

/// The answers of a network for some images, one list of values each.
pub(super) fn each<const N: usize>(at: &str, answers: Vec<Vec<f32>>) -> Result<[Vec<f32>; N]> {
    answers.try_into().map_err(|_| Error::Defect(format!("`{at}` has other answers")))
}
