//! What MediaPipe's canonical face is fitted by: of its 468 vertices the 33 that have a weight.
//!
//! Vertices of mediapipe/modules/face_geometry/data/canonical_face_model.obj, weights of geometry_pipeline_metadata_landmarks.pbtxt beside it
//! (google-ai-edge/mediapipe, Apache-2.0).

/// A point of the canonical face.
#[derive(Debug, Clone, Copy)]
pub struct Anchor {
    /// Its position among the 478.
    pub index: u16,
    /// Its weight in the fit.
    pub weight: f64,
    /// Where it lies, in centimetres: x to the right as one sees the face, y up, z to who looks.
    pub at: [f64; 3],
}

/// The points that have a weight, by their positions.
#[rustfmt::skip]
pub const ANCHORS: [Anchor; 33] = [
    Anchor { index: 4, weight: 0.070909939706326, at: [0.000000, -0.463170, 7.586580] },
    Anchor { index: 6, weight: 0.032100144773722, at: [0.000000, 2.473255, 5.788627] },
    Anchor { index: 10, weight: 0.008446550928056, at: [0.000000, 8.261778, 4.481535] },
    Anchor { index: 33, weight: 0.058724168688059, at: [-4.445859, 2.663991, 3.173422] },
    Anchor { index: 54, weight: 0.007667080033571, at: [-6.279331, 6.615427, 1.425850] },
    Anchor { index: 67, weight: 0.009078059345484, at: [-3.523964, 8.005976, 3.729163] },
    Anchor { index: 117, weight: 0.009791937656701, at: [-5.258659, 0.945811, 2.974312] },
    Anchor { index: 119, weight: 0.014565368182957, at: [-3.300681, 0.861641, 3.872784] },
    Anchor { index: 121, weight: 0.018591361120343, at: [-1.820731, 1.467954, 4.224124] },
    Anchor { index: 127, weight: 0.005197994410992, at: [-7.743095, 2.364999, -2.005167] },
    Anchor { index: 129, weight: 0.120625205338001, at: [-1.785794, -0.978284, 4.850470] },
    Anchor { index: 132, weight: 0.005560018587857, at: [-7.270895, -2.890917, -2.252455] },
    Anchor { index: 133, weight: 0.05328618362546, at: [-1.856432, 2.585245, 3.757904] },
    Anchor { index: 136, weight: 0.066890455782413, at: [-5.085276, -7.178590, 0.714711] },
    Anchor { index: 143, weight: 0.014816547743976, at: [-6.407571, 2.236021, 1.560843] },
    Anchor { index: 147, weight: 0.014262833632529, at: [-6.234883, -1.944430, 1.663542] },
    Anchor { index: 198, weight: 0.025462191551924, at: [-1.246815, 0.230297, 5.681036] },
    Anchor { index: 205, weight: 0.047252278774977, at: [-3.832928, -1.537326, 4.137731] },
    Anchor { index: 263, weight: 0.058724168688059, at: [4.445859, 2.663991, 3.173422] },
    Anchor { index: 284, weight: 0.007667080033571, at: [6.279331, 6.615427, 1.425850] },
    Anchor { index: 297, weight: 0.009078059345484, at: [3.523964, 8.005976, 3.729163] },
    Anchor { index: 346, weight: 0.009791937656701, at: [5.258659, 0.945811, 2.974312] },
    Anchor { index: 348, weight: 0.014565368182957, at: [3.300681, 0.861641, 3.872784] },
    Anchor { index: 350, weight: 0.018591361120343, at: [1.820731, 1.467954, 4.224124] },
    Anchor { index: 356, weight: 0.005197994410992, at: [7.743095, 2.364999, -2.005167] },
    Anchor { index: 358, weight: 0.120625205338001, at: [1.785794, -0.978284, 4.850470] },
    Anchor { index: 361, weight: 0.005560018587857, at: [7.270895, -2.890917, -2.252455] },
    Anchor { index: 362, weight: 0.05328618362546, at: [1.856432, 2.585245, 3.757904] },
    Anchor { index: 365, weight: 0.066890455782413, at: [5.085276, -7.178590, 0.714711] },
    Anchor { index: 372, weight: 0.014816547743976, at: [6.407571, 2.236021, 1.560843] },
    Anchor { index: 376, weight: 0.014262833632529, at: [6.234883, -1.944430, 1.663542] },
    Anchor { index: 420, weight: 0.025462191551924, at: [1.246815, 0.230297, 5.681036] },
    Anchor { index: 425, weight: 0.047252278774977, at: [3.832928, -1.537326, 4.137731] },
];
