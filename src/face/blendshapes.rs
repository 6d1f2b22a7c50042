//! MediaPipe's 52 blendshapes: what their network reads, and what it answers.
//!
//! Names, their order and the points are those of mediapipe/tasks/cc/vision/face_landmarker (face_blendshapes_graph.cc, google-ai-edge/mediapipe,
//! Apache-2.0).

use super::landmarks::Landmarks;

/// Names, in the order of the network's answer. Left and right are the person's own.
pub const NAMES: [&str; 52] = [
    "_neutral",
    "browDownLeft",
    "browDownRight",
    "browInnerUp",
    "browOuterUpLeft",
    "browOuterUpRight",
    "cheekPuff",
    "cheekSquintLeft",
    "cheekSquintRight",
    "eyeBlinkLeft",
    "eyeBlinkRight",
    "eyeLookDownLeft",
    "eyeLookDownRight",
    "eyeLookInLeft",
    "eyeLookInRight",
    "eyeLookOutLeft",
    "eyeLookOutRight",
    "eyeLookUpLeft",
    "eyeLookUpRight",
    "eyeSquintLeft",
    "eyeSquintRight",
    "eyeWideLeft",
    "eyeWideRight",
    "jawForward",
    "jawLeft",
    "jawOpen",
    "jawRight",
    "mouthClose",
    "mouthDimpleLeft",
    "mouthDimpleRight",
    "mouthFrownLeft",
    "mouthFrownRight",
    "mouthFunnel",
    "mouthLeft",
    "mouthLowerDownLeft",
    "mouthLowerDownRight",
    "mouthPressLeft",
    "mouthPressRight",
    "mouthPucker",
    "mouthRight",
    "mouthRollLower",
    "mouthRollUpper",
    "mouthShrugLower",
    "mouthShrugUpper",
    "mouthSmileLeft",
    "mouthSmileRight",
    "mouthStretchLeft",
    "mouthStretchRight",
    "mouthUpperUpLeft",
    "mouthUpperUpRight",
    "noseSneerLeft",
    "noseSneerRight",
];

/// Points that the network reads, as positions among the 478.
#[rustfmt::skip]
pub const READ: [u16; 146] = [
    0, 1, 4, 5, 6, 7, 8, 10, 13, 14, 17, 21, 33, 37, 39, 40, 46, 52, 53, 54, 55, 58, 61, 63, 65, 66, 67, 70, 78, 80, 81, 82, 84,
    87, 88, 91, 93, 95, 103, 105, 107, 109, 127, 132, 133, 136, 144, 145, 146, 148, 149, 150, 152, 153, 154, 155, 157, 158, 159,
    160, 161, 162, 163, 168, 172, 173, 176, 178, 181, 185, 191, 195, 197, 234, 246, 249, 251, 263, 267, 269, 270, 276, 282, 283,
    284, 285, 288, 291, 293, 295, 296, 297, 300, 308, 310, 311, 312, 314, 317, 318, 321, 323, 324, 332, 334, 336, 338, 356, 361,
    362, 365, 373, 374, 375, 377, 378, 379, 380, 381, 382, 384, 385, 386, 387, 388, 389, 390, 397, 398, 400, 402, 405, 409, 415,
    454, 466, 468, 469, 470, 471, 472, 473, 474, 475, 476, 477,
];

/// How strong each of the 52 blendshapes is, 0 to 1, in the order of [`NAMES`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Blendshapes(pub [f32; 52]);

impl Blendshapes {
    /// The value of a name; `None` where there is no such blendshape.
    pub fn get(&self, name: &str) -> Option<f32> {
        self.iter().find(|pair| pair.0 == name).map(|pair| pair.1)
    }

    /// Names and values.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, f32)> {
        NAMES.into_iter().zip(self.0)
    }
}

/// What the network reads of a face: [1, 146, 2], x and y of its points from the middle of the face, in parts of its longer side. MediaPipe gives it pixels of the
/// photograph; it takes place and size out itself, and in f16 this keeps more of the shape.
pub fn input(landmarks: &Landmarks) -> [[f32; 2]; 146] {
    let [left, top, right, bottom] = landmarks.bounds();
    let side = (right - left).max(bottom - top).max(f32::MIN_POSITIVE);
    READ.map(|at| {
        let [x, y, _] = landmarks.at(at);
        [(x - (left + right) / 2.0) / side, (y - (top + bottom) / 2.0) / side]
    })
}

#[cfg(test)]
mod tests {
    use super::super::landmarks::POINTS;
    use super::*;

    #[test]
    fn names_and_points_are_told_apart() {
        let values = Blendshapes(std::array::from_fn(|at| at as f32));
        assert_eq!(
            (values.get("_neutral"), values.get("jawOpen"), values.get("noseSneerRight")),
            (Some(0.0), Some(25.0), Some(51.0))
        );
        assert_eq!(values.get("jawopen"), None);
        assert!(NAMES.iter().enumerate().all(|(at, name)| values.get(name) == Some(at as f32)));
        assert!(READ.windows(2).all(|pair| pair[0] < pair[1]) && READ.iter().all(|&at| usize::from(at) < POINTS));
    }
}
