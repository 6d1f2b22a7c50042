//! The rotated square that the mesh network reads: from a detection, or from a face's last landmarks.
//!
//! Rules and constants are MediaPipe's (google-ai-edge/mediapipe, Apache-2.0): mediapipe/modules/face_landmark/face_detection_front_detection_to_roi.pbtxt
//! and face_landmark_landmarks_to_roi.pbtxt, the latter with the two outer corners of the eyes, as the Face Landmarker task has it.

use std::f32::consts::PI;

use super::landmarks::{LEFT_OUTER, Landmarks, RIGHT_OUTER};

/// Side of the square over the longer side of the box (`scale_x`, `scale_y`, `square_long`).
const ENLARGED: f32 = 1.5;
/// How far a face moves in its square before that follows, in sides of it (and in radians): one at rest is read in the same place, frame after frame.
const REST: f32 = 1.0 / 256.0;
/// Parts of a square's side, at least, that one which follows is rounded to: landmarks of two devices differ in their last digits, and the network reads the same pixels
/// all the same.
const PARTS: f32 = 2048.0;

/// A square in a photograph, turned about its centre.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Square {
    /// Its centre [x, y] in pixels; edges of the photograph are at 0 and its width.
    pub centre: [f32; 2],
    /// Its side in pixels.
    pub side: f32,
    /// How far it is turned, in radians, clockwise as one sees it: its upper edge runs along (cos, sin).
    pub angle: f32,
}

impl Square {
    /// From a detector's box [left, top, right, bottom] and its key points of the eyes, the picture's left one first, all in pixels: eyes level.
    pub fn from_detection([left, top, right, bottom]: [f32; 4], eyes: [[f32; 2]; 2]) -> Self {
        Self {
            centre: [(left + right) / 2.0, (top + bottom) / 2.0],
            side: ENLARGED * (right - left).max(bottom - top),
            angle: slope(eyes[0], eyes[1]),
        }
    }

    /// From a face's landmarks, for the next frame: the bounds of all of them, the outer corners of the eyes level.
    pub fn from_landmarks(landmarks: &Landmarks) -> Self {
        let [left, top, right, bottom] = landmarks.bounds();
        let corner = |at: usize| [landmarks.points()[at][0], landmarks.points()[at][1]];
        Self::from_detection([left, top, right, bottom], [corner(LEFT_OUTER), corner(RIGHT_OUTER)])
    }

    /// The same, `times` as wide.
    pub fn wider(self, times: f32) -> Self {
        Self { side: self.side * times, ..self }
    }

    /// Where to look for a face next that was looked for here and expected at `to`: as near to that as it can rest.
    pub fn toward(&self, to: &Self) -> Self {
        let grain = (self.side / PARTS).log2().floor().exp2();
        let follow = |from: f32, by: f32, rest: f32, grain: f32| {
            let beyond = by.abs() - rest;
            // What is no number is taken over, and refused where it is used.
            if beyond <= 0.0 { from } else { ((from + beyond.copysign(by)) / grain).round() * grain }
        };
        let length = |from: f32, to: f32| follow(from, to - from, REST * self.side, grain);
        let turn = (to.angle - self.angle + PI).rem_euclid(2.0 * PI) - PI;
        Self {
            centre: [length(self.centre[0], to.centre[0]), length(self.centre[1], to.centre[1])],
            side: length(self.side, to.side),
            angle: follow(self.angle, turn, REST, 1.0 / PARTS),
        }
    }

    /// The face that the mesh network finds in this square: of its answer, 478 x (x, y, z) in pixels of its own input, whose side is `side` pixels. z grows with
    /// the square as x does (LandmarkProjectionCalculator of MediaPipe). `None` as of [`Landmarks::new`].
    pub fn place(&self, raw: &[f32], side: f32) -> Option<Landmarks> {
        let (points, []) = raw.as_chunks::<3>() else { return None };
        let placed = |&[x, y, z]: &[f32; 3]| {
            let [px, py] = self.to_photo([x / side, y / side]);
            [px, py, z / side * self.side]
        };
        Landmarks::new(&points.iter().map(placed).collect::<Vec<_>>())
    }

    /// Where a point of the square lies in the photograph; [0, 0] is its upper left corner, [1, 1] the lower right one.
    pub fn to_photo(&self, [u, v]: [f32; 2]) -> [f32; 2] {
        let (sin, cos) = self.angle.sin_cos();
        let (x, y) = ((u - 0.5) * self.side, (v - 0.5) * self.side);
        [self.centre[0] + cos * x - sin * y, self.centre[1] + sin * x + cos * y]
    }

    /// Where a point of the photograph lies in the square; undoes [`to_photo`](Self::to_photo).
    pub fn of_photo(&self, [x, y]: [f32; 2]) -> [f32; 2] {
        let (sin, cos) = self.angle.sin_cos();
        let (x, y) = (x - self.centre[0], y - self.centre[1]);
        [0.5 + (cos * x + sin * y) / self.side, 0.5 + (cos * y - sin * x) / self.side]
    }
}

/// The angle of the line from one point to another, in radians, clockwise as one sees it.
fn slope(from: [f32; 2], to: [f32; 2]) -> f32 {
    (to[1] - from[1]).atan2(to[0] - from[0])
}

#[cfg(test)]
mod tests {
    use super::super::landmarks::POINTS;
    use super::*;

    #[test]
    fn a_square_of_a_turned_face_has_its_eyes_level() {
        let eyes = [[100.0, 50.0], [130.0, 80.0]];
        let square = Square::from_detection([80.0, 40.0, 150.0, 120.0], eyes);
        assert_eq!((square.centre, square.side), ([115.0, 80.0], 120.0));
        assert!((square.angle.to_degrees() - 45.0).abs() < 1e-4);
        let [left, right] = eyes.map(|eye| square.of_photo(eye));
        assert!((left[1] - right[1]).abs() < 1e-6 && left[0] < right[0], "{left:?} {right:?}");
        for point in [[3.0, 200.0], [115.0, 80.0]] {
            let back = square.to_photo(square.of_photo(point));
            assert!((0..2).all(|axis| (back[axis] - point[axis]).abs() < 1e-4), "{back:?}");
        }
    }

    #[test]
    fn a_square_follows_a_face_that_moves_and_rests_with_one_that_does_not() {
        let square = Square { centre: [115.3, 80.1], side: 120.7, angle: 3.1 };
        let near = Square { centre: [115.7, 79.7], side: 121.1, angle: -3.181 };
        assert_eq!(square.toward(&near), square);
        let far = Square { centre: [140.0, 79.7], side: 110.0, angle: -3.0 };
        let next = square.toward(&far);
        let rest = 120.7 / 256.0;
        assert_eq!(next.centre[1], square.centre[1]);
        assert!((140.0 - rest - next.centre[0]).abs() < 0.03 && (110.0 + rest - next.side).abs() < 0.03, "{next:?}");
        // Across the half turn.
        assert!((next.angle - 3.1 - (2.0 * PI - 6.1 - 1.0 / 256.0)).abs() < 1e-3, "{next:?}");
        // Last digits of where a face is make no difference.
        let digits = Square { centre: [140.0001, 79.7001], side: 110.0001, angle: -3.000_001 };
        assert_eq!(square.toward(&digits), next);
        assert!(square.toward(&Square { side: f32::NAN, ..far }).side.is_nan());
    }

    #[test]
    fn what_the_network_answers_comes_back_to_the_photograph() {
        let square = Square { centre: [300.0, 200.0], side: 128.0, angle: 0.7 };
        let points: Vec<[f32; 3]> =
            (0..POINTS).map(|i| [250.0 + (i % 97) as f32, 180.0 + (i % 53) as f32, (i % 11) as f32]).collect();
        let raw: Vec<f32> = points
            .iter()
            .flat_map(|&[x, y, z]| {
                let [u, v] = square.of_photo([x, y]);
                [256.0 * u, 256.0 * v, 2.0 * z]
            })
            .collect();
        let face = square.place(&raw, 256.0).unwrap();
        for (got, want) in face.points().iter().zip(&points) {
            assert!((0..3).all(|axis| (got[axis] - want[axis]).abs() < 1e-3), "{got:?} is not {want:?}");
        }
        assert_eq!((square.place(&raw[1..], 256.0), square.place(&raw, f32::NAN)), (None, None));
    }
}
