//! The 478 points of a face, and what is read off them without a network.
//!
//! Order and meaning are MediaPipe's: 468 of the canonical face mesh, then five of each iris. Left and right are the picture's, as one sees it, in every
//! name here but those of blendshapes.

use super::contours::OVAL;

/// Points of a face.
pub const POINTS: usize = 478;

/// Outer corners of the eyes, the picture's left and right one.
pub(super) const LEFT_OUTER: usize = 33;
pub(super) const RIGHT_OUTER: usize = 263;

/// The 68 points of iBUG and dlib (Sagonas et al., "300 Faces in-the-Wild Challenge", ICCVW 2013), as positions among the 478: jaw 0 to 16, brows 17 to 26,
/// nose 27 to 35, eyes 36 to 47, outer lips 48 to 59, inner lips 60 to 67, each from the picture's left.
///
/// The two schemes mean the same points for eyes and lips. There, and for brows and nose, this is what public tables agree on; of lips, where they differ,
/// what lies nearer to the landmarks of 102 neutral portraits of the Face Research Lab London Set. The jaw's are those of the face's oval that lie nearest
/// to eighths of the way from the height of the eyes to the chin.
///
/// Median distance from that set's own landmarks, in hundredths of the distance between pupils, by MediaPipe's own network: corners of the eyes 1.4, lids
/// 0.6, brows 1.8, outer lips 2.4, inner lips 2.8, jaw 1.4, nose 3.8; all of them 1.7, which is 1.2 pixels in portraits of 450 (tests/goldens/landmarks.py). Lids, brows and jaw are held
/// against the line of that set, as points slide along it.
#[rustfmt::skip]
pub const SIXTY_EIGHT: [u16; 68] = [
    127, 234, 93, 132, 172, 136, 149, 148, 152, 377, 378, 365, 397, 361, 323, 454, 356,
    70, 63, 105, 66, 107, 336, 296, 334, 293, 300,
    168, 197, 5, 4, 98, 97, 2, 326, 327,
    33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380,
    61, 39, 37, 0, 267, 269, 291, 321, 314, 17, 84, 91,
    78, 82, 13, 312, 308, 317, 14, 87,
];

/// The five points of MTCNN and ArcFace among the 478: the picture's left eye, its right eye, the tip of the nose, the left and the right corner of the mouth.
/// Eyes are the irises' centres. Median distances as of [`SIXTY_EIGHT`]: eyes 1.1 (pupils), nose 3.9, mouth 1.6.
pub const FIVE: [u16; 5] = [468, 473, 4, 61, 291];

/// What an alignment goes by: the top of the forehead, the chin, and the face's left and right edge before the ears, as the picture shows them.
///
/// Of 2,274 images that the default model was neither trained nor judged on it reads 68.7 % as labelled when they are aligned by these, 68.4 % by eyes, nose and
/// corners of the mouth, whose distance is a part of what is to be read, and 70.5 % as they are: models/face/measure/alignments.py.
const OUTLINE: [u16; 4] = [10, 152, 234, 454];

/// A face's 478 points.
#[derive(Clone, PartialEq)]
pub struct Landmarks(Box<[[f32; 3]; POINTS]>);

/// How far eyes are open: the eye aspect ratio, height of the lids' opening over the distance of the corners (Soukupova & Cech, "Real-time eye blink detection
/// using facial landmarks", CVWW 2016), in space, so that a turned head's do not grow. About 0 closed, 0.25 to 0.35 open.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Eyes {
    /// The picture's left eye.
    pub left: f32,
    /// The picture's right eye.
    pub right: f32,
}

/// Five of them: all would fill pages.
impl std::fmt::Debug for Landmarks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Landmarks").field("five", &self.five()).finish_non_exhaustive()
    }
}

impl Landmarks {
    /// From 478 points [x, y, z] in pixels of the photograph: x to the right, y down, z away from who looks, in the same unit. `None` where their number
    /// is another or a coordinate is no number.
    pub fn new(points: &[[f32; 3]]) -> Option<Self> {
        let points: Box<[[f32; 3]; POINTS]> = points.to_vec().try_into().ok()?;
        points.iter().flatten().all(|v| v.is_finite()).then_some(Self(points))
    }

    /// All points [x, y, z], as [`new`](Self::new) has them.
    pub fn points(&self) -> &[[f32; 3]; POINTS] {
        &self.0
    }

    /// The 68 points of [`SIXTY_EIGHT`].
    pub fn sixty_eight(&self) -> [[f32; 3]; 68] {
        SIXTY_EIGHT.map(|at| self.at(at))
    }

    /// The five points of [`FIVE`].
    pub fn five(&self) -> [[f32; 3]; 5] {
        FIVE.map(|at| self.at(at))
    }

    /// The four points that an alignment goes by: the top of the forehead, the chin, and the face's left and right edge before the ears, as the picture shows them.
    pub fn outline(&self) -> [[f32; 3]; 4] {
        OUTLINE.map(|at| self.at(at))
    }

    /// Those of these numbers.
    pub fn these(&self, points: &[u16]) -> Vec<[f32; 3]> {
        points.iter().map(|&at| self.at(at)).collect()
    }

    /// Bounds of all points: [left, top, right, bottom] in pixels.
    pub fn bounds(&self) -> [f32; 4] {
        bounds(self.0.iter())
    }

    /// Bounds of the face's oval, from the forehead to the chin and from ear to ear: [left, top, right, bottom] in pixels.
    pub fn oval(&self) -> [f32; 4] {
        bounds(OVAL.iter().map(|&at| &self.0[usize::from(at) % POINTS]))
    }

    /// How far the eyes are open.
    pub fn eyes(&self) -> Eyes {
        let [left, right] = [36, 42].map(|first| {
            let eye: [u16; 6] = std::array::from_fn(|i| SIXTY_EIGHT[first + i]);
            let [outer, upper_outer, upper_inner, inner, lower_inner, lower_outer] = eye;
            ratio(
                self.distance(upper_outer, lower_outer) + self.distance(upper_inner, lower_inner),
                2.0 * self.distance(outer, inner),
            )
        });
        Eyes { left, right }
    }

    /// How far the mouth is open: mean distance of the inner lips at three places over that of their corners, in space. About 0 closed, 0.5 and more wide open.
    pub fn mouth(&self) -> f32 {
        let inner: [u16; 8] = std::array::from_fn(|i| SIXTY_EIGHT[60 + i]);
        let [left, upper_left, upper, upper_right, right, lower_right, lower, lower_left] = inner;
        let open = self.distance(upper_left, lower_left) + self.distance(upper, lower) + self.distance(upper_right, lower_right);
        ratio(open, 3.0 * self.distance(left, right))
    }

    pub(super) fn at(&self, at: u16) -> [f32; 3] {
        self.0[usize::from(at) % POINTS]
    }

    /// Distance of two points in space.
    pub(super) fn distance(&self, a: u16, b: u16) -> f32 {
        let (a, b) = (self.at(a), self.at(b));
        (0..3).map(|axis| (a[axis] - b[axis]).powi(2)).sum::<f32>().sqrt()
    }
}

fn bounds<'a>(points: impl Iterator<Item = &'a [f32; 3]>) -> [f32; 4] {
    let none = [f32::INFINITY, f32::INFINITY, f32::NEG_INFINITY, f32::NEG_INFINITY];
    points.fold(none, |[left, top, right, bottom], &[x, y, _]| [left.min(x), top.min(y), right.max(x), bottom.max(y)])
}

/// 0 where there is nothing to divide by.
fn ratio(part: f32, whole: f32) -> f32 {
    if whole > 0.0 { part / whole } else { 0.0 }
}
