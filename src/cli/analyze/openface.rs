//! The columns of OpenFace 2 (TadasBaltrusaitis/OpenFace, wiki "Output Format"): frames from 1, seconds, radians, and 68 points in pixels. What moue does not
//! measure is empty, gaze and the head's place; action units, where they are read (`--actions`), have intensities of 0 to 5 and a presence of 0 or 1; eyes, points in space and shape parameters are left out.

use std::io::{self, Write};

use crate::face::{Landmarks, Pose};
use crate::recognizer::AnalyzedFace;
use crate::records::{Record, of_unit};

/// Action units with an intensity; those with a presence are these and 28.
const UNITS: [u8; 17] = [1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 20, 23, 25, 26, 45];
const GAZE: [&str; 8] = ["gaze_0_x", "gaze_0_y", "gaze_0_z", "gaze_1_x", "gaze_1_y", "gaze_1_z", "gaze_angle_x", "gaze_angle_y"];
const PLACE: [&str; 3] = ["pose_Tx", "pose_Ty", "pose_Tz"];

/// The column names.
pub fn header(out: &mut impl Write) -> io::Result<()> {
    let mut columns: Vec<String> = ["frame", "face_id", "timestamp", "confidence", "success"].map(String::from).into();
    columns.extend(GAZE.iter().chain(&PLACE).chain(&["pose_Rx", "pose_Ry", "pose_Rz"]).map(|name| (*name).to_owned()));
    columns.extend(["x", "y"].iter().flat_map(|axis| (0..68).map(move |at| format!("{axis}_{at}"))));
    columns.extend(UNITS.iter().map(|unit| format!("AU{unit:02}_r")));
    let mut present = [&UNITS[..], &[28]].concat();
    present.sort_unstable();
    columns.extend(present.iter().map(|unit| format!("AU{unit:02}_c")));
    writeln!(out, "{}", columns.join(","))
}

/// A row a face; one that says so for a frame without.
pub fn write(out: &mut impl Write, record: &Record, units: Option<&[String]>) -> io::Result<()> {
    let frame = record.at.map_or(1, |at| at.frame + 1);
    let timestamp = record.at.map_or(0.0, |at| at.timestamp.as_secs_f64());
    let mut present = [&UNITS[..], &[28]].concat();
    present.sort_unstable();
    let mut row = |name: u64, confidence: f64, face: Option<&AnalyzedFace>| {
        let success = u8::from(face.is_some());
        let (pose, points) = (face.and_then(|face| face.pose), face.and_then(|face| face.landmarks.as_deref()));
        let mut cells =
            vec![frame.to_string(), name.to_string(), timestamp.to_string(), confidence.to_string(), success.to_string()];
        cells.extend(vec![String::new(); GAZE.len() + PLACE.len()]);
        cells.extend(match pose {
            Some(pose) => angles(pose).map(|angle| angle.to_string()),
            None => Default::default(),
        });
        match points.map(Landmarks::sixty_eight) {
            Some(points) => cells.extend((0..2).flat_map(|axis| points.map(|point| point[axis].to_string()))),
            None => cells.extend(vec![String::new(); 136]),
        }
        let unit = |unit: &u8| of_unit(face, units, *unit);
        let intensity = |at: &u8| unit(at).and_then(|unit| unit.intensity).map(|intensity| intensity.to_string());
        cells.extend(UNITS.iter().map(|at| intensity(at).unwrap_or_default()));
        cells.extend(present.iter().map(|at| unit(at).map(|unit| u8::from(unit.present).to_string()).unwrap_or_default()));
        writeln!(out, "{}", cells.join(","))
    };
    for (at, face) in record.faces.iter().enumerate() {
        let name = face.track.map_or(at as u64, |track| track.0);
        row(name, face.score.unwrap_or(1.0), Some(face))?;
    }
    if record.faces.is_empty() { row(0, 0.0, None) } else { Ok(()) }
}

/// Rx, Ry, Rz of R = Rx Ry Rz, in radians, where x points to the right, y down and z away: of moue's R = Rz(roll) Ry(-yaw) Rx(-pitch) there.
fn angles(pose: Pose) -> [f64; 3] {
    let [roll, yaw, pitch] = [pose.roll, -pose.yaw, -pose.pitch].map(|degrees| f64::from(degrees).to_radians().sin_cos());
    let ((sr, cr), (sy, cy), (sp, cp)) = (roll, yaw, pitch);
    let [r00, r01, r02] = [cr * cy, cr * sy * sp - sr * cp, cr * sy * cp + sr * sp];
    let [r12, r22] = [sr * sy * cp - cr * sp, cy * cp];
    [(-r12).atan2(r22), r02.clamp(-1.0, 1.0).asin(), (-r01).atan2(r00)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn single_turns_are_themselves_and_no_turn_is_lost() {
        let pose = |yaw, pitch, roll| Pose { yaw, pitch, roll };
        let close =
            |got: [f64; 3], want: [f64; 3]| got.iter().zip(want).all(|(got, want)| (got - want.to_radians()).abs() < 1e-6);
        assert!(close(angles(pose(20.0, 0.0, 0.0)), [0.0, -20.0, 0.0]));
        assert!(close(angles(pose(0.0, 10.0, 0.0)), [-10.0, 0.0, 0.0]));
        assert!(close(angles(pose(0.0, 0.0, 30.0)), [0.0, 0.0, 30.0]));
        // Both orders are one rotation: where the nose points, (0, 0, -1) turned.
        let [rx, ry, _] = angles(pose(25.0, -15.0, 40.0));
        let nose = [-ry.sin(), rx.sin() * ry.cos(), -rx.cos() * ry.cos()];
        let [yaw, pitch, roll] = [25.0_f64, -15.0, 40.0].map(f64::to_radians);
        let ahead = [yaw.sin() * pitch.cos(), -pitch.sin(), -yaw.cos() * pitch.cos()];
        let want = [roll.cos() * ahead[0] - roll.sin() * ahead[1], roll.sin() * ahead[0] + roll.cos() * ahead[1], ahead[2]];
        assert!(nose.iter().zip(want).all(|(a, b)| (a - b).abs() < 1e-6), "{nose:?} {want:?}");
    }
}
