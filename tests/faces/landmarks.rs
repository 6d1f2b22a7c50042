//! What is read off landmarks, on faces by MediaPipe's own network (tests/goldens/landmarks.py).

use std::path::Path;

use moue::face::{Landmarks, Pose};
use safetensors::SafeTensors;

pub struct Goldens(Vec<u8>);

impl Goldens {
    pub fn read() -> Self {
        Self(std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/goldens/landmarks.safetensors")).unwrap())
    }

    fn triples(&self, name: &str) -> Vec<[f32; 3]> {
        let file = SafeTensors::deserialize(&self.0).unwrap();
        let bytes = file.tensor(name).unwrap().data();
        let floats: Vec<f32> = bytes.as_chunks().0.iter().map(|&four| f32::from_le_bytes(four)).collect();
        floats.as_chunks().0.to_vec()
    }

    pub fn face(&self, name: &str) -> Landmarks {
        Landmarks::new(&self.triples(&format!("{name}.landmarks"))).unwrap()
    }

    /// Yaw, pitch and roll of MediaPipe's matrix, by the conventions of [`Pose`].
    fn pose(&self, name: &str) -> [f32; 3] {
        let turn = self.triples(&format!("{name}.turn"));
        let [yaw, pitch, roll] = [(-turn[2][0]).asin(), (-turn[2][1]).atan2(turn[2][2]), (-turn[1][0]).atan2(turn[0][0])];
        [yaw, pitch, roll].map(f32::to_degrees)
    }
}

fn angles(face: &Landmarks) -> [f32; 3] {
    let Pose { yaw, pitch, roll } = Pose::of(face).unwrap();
    [yaw, pitch, roll]
}

/// A face turned clockwise in its picture by so many degrees.
fn turned(face: &Landmarks, degrees: f32) -> Landmarks {
    let (sin, cos) = degrees.to_radians().sin_cos();
    let points: Vec<_> = face.points().iter().map(|&[x, y, z]| [cos * x - sin * y, sin * x + cos * y, z]).collect();
    Landmarks::new(&points).unwrap()
}

#[test]
fn the_pose_of_a_face_whose_camera_is_undone_is_mediapipes() {
    let goldens = Goldens::read();
    let (got, want) = (angles(&goldens.face("portrait")), goldens.pose("portrait"));
    assert!(got.iter().zip(want).all(|(got, want)| (got - want).abs() < 2e-3), "{got:?} is not {want:?}");
}

#[test]
fn the_pose_of_a_photograph_has_the_sense_of_mediapipes_and_turns_with_the_picture() {
    let goldens = Goldens::read();
    for name in ["astronaut", "turned", "baby", "shouting"] {
        let face = goldens.face(name);
        let (got, want) = (angles(&face), goldens.pose(name));
        // No camera is assumed here, and one by MediaPipe: what is small may differ in sense.
        for (got, want) in got.into_iter().zip(want) {
            assert!((got - want).abs() < 15.0 && (want.abs() < 5.0 || got * want > 0.0), "{name}: {got} is not like {want}");
        }
        let [yaw, pitch, roll] = angles(&turned(&face, 33.0));
        let off = [yaw - got[0], pitch - got[1], roll - got[2] - 33.0];
        assert!(off.iter().all(|off| off.abs() < 1e-2), "{name}: {off:?}");
    }
}

#[test]
fn narrowed_eyes_and_open_mouths_show_however_the_face_is_turned() {
    let goldens = Goldens::read();
    let [open, narrowed, laughing] = ["astronaut", "shouting", "baby"].map(|name| goldens.face(name));
    let (wide, narrow) = (open.eyes(), narrowed.eyes());
    assert!(wide.left.min(wide.right) > 0.25 && narrow.left.max(narrow.right) < 0.15, "{wide:?} {narrow:?}");
    assert!(laughing.mouth() > 2.0 * open.mouth() && open.mouth() > 0.1, "{} {}", laughing.mouth(), open.mouth());
    let other = turned(&laughing, -70.0);
    assert!((other.mouth() - laughing.mouth()).abs() < 1e-4 && (other.eyes().left - laughing.eyes().left).abs() < 1e-4);
}

#[test]
fn views_are_the_picture_s_from_left_to_right() {
    let face = Goldens::read().face("astronaut");
    let points = face.sixty_eight();
    let rising = |range: std::ops::Range<usize>| points[range].windows(2).all(|pair| pair[0][0] < pair[1][0]);
    assert!([2..15, 17..27, 31..36, 48..55, 60..65].into_iter().all(rising), "{points:?}");
    assert!(points[27..31].windows(2).all(|pair| pair[0][1] < pair[1][1]) && points[8][1] > points[57][1]);
    let [left, right, nose, mouth_left, mouth_right] = face.five();
    for (eye, first) in [(left, 36), (right, 42)] {
        let lids = &points[first..first + 6];
        assert!(eye[0] > lids[0][0] && eye[0] < lids[3][0] && eye[1] > lids[1][1] && eye[1] < lids[4][1], "{eye:?} {lids:?}");
    }
    assert_eq!([nose, mouth_left, mouth_right], [points[30], points[48], points[54]]);
    let [all, oval] = [face.bounds(), face.oval()];
    assert!((0..4).all(|side| (all[side] - oval[side]).abs() < 0.05 * (all[2] - all[0])), "{all:?} {oval:?}");
}
