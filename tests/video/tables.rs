//! Tables that scripts for other programs read.

use std::path::Path;

use crate::clips::{H264, ffmpeg, folder, made};
use crate::support::{moue, text};

/// Two frames with a face and one without, at 0, 0.3 and 1 seconds; and the model that reads them: the labels of the one that moue carries.
fn clip(name: &str) -> Option<String> {
    if !ffmpeg() {
        return None;
    }
    let (folder, _) = folder(name);
    let photo = image::open(Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/astronaut.png")).unwrap().into_rgb8();
    let face = image::imageops::crop_imm(&photo, 60, 0, 256, 224).to_image().into_raw();
    let pixels = [face.clone(), face, vec![90; 256 * 224 * 3]].concat();
    let head = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-r", "25", "-s", "256x224", "-i", "pipe:0"];
    let times = [
        "-vf",
        "settb=1/1000,setpts='if(eq(N,0),0,if(eq(N,1),300,1000))'",
        "-fps_mode",
        "passthrough",
        "-enc_time_base",
        "1:1000",
        "-video_track_timescale",
        "1000",
    ];
    let target = text(folder.join("a.mp4"));
    assert!(made(&[&head[..], &times, H264, &[&target]].concat(), &pixels));
    Some(target)
}

/// The cells of a table, its header first.
fn rows(input: &str, table: &str) -> Vec<Vec<String>> {
    let ran = moue(&["analyze", input, table, "--device", "cpu"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    ran.text().lines().map(|line| line.split(',').map(String::from).collect()).collect()
}

/// A row's cell by the name of its column.
fn cell<'a>(rows: &'a [Vec<String>], row: usize, name: &str) -> &'a str {
    let column = rows[0].iter().position(|other| other == name).unwrap_or_else(|| panic!("no column {name}"));
    &rows[row + 1][column]
}

fn points() -> Vec<String> {
    ["x", "y"].iter().flat_map(|axis| (0..68).map(move |at| format!("{axis}_{at}"))).collect()
}

#[test]
fn moue_s_own_table_has_frames_and_times() {
    let Some(input) = clip("table-own") else { return };
    let rows = rows(&input, "--csv");
    assert_eq!(rows[0][..7], ["input", "frame", "pts", "timestamp", "track", "width", "height"]);
    assert_eq!(rows.len(), 4);
    assert!(rows.iter().all(|row| row.len() == rows[0].len()));
    let column = |name: &str| (0..3).map(|row| cell(&rows, row, name)).collect::<Vec<_>>();
    assert_eq!(
        (column("frame"), column("timestamp"), column("track")),
        (vec!["0", "1", "2"], vec!["0", "0.3", "1"], vec!["0", "0", ""])
    );
    assert_eq!((column("face"), column("label")[2]), (vec!["1", "1", ""], ""));
}

#[test]
fn openface_s_columns_and_scales() {
    let Some(input) = clip("table-openface") else { return };
    let rows = rows(&input, "--csv=openface");
    let units = ["01", "02", "04", "05", "06", "07", "09", "10", "12", "14", "15", "17", "20", "23", "25", "26", "45"];
    let mut present = [&units[..], &["28"]].concat();
    present.sort_unstable();
    let gaze = ["gaze_0_x", "gaze_0_y", "gaze_0_z", "gaze_1_x", "gaze_1_y", "gaze_1_z", "gaze_angle_x", "gaze_angle_y"];
    let mut want: Vec<String> = ["frame", "face_id", "timestamp", "confidence", "success"].map(String::from).into();
    want.extend(gaze.map(String::from));
    want.extend(["pose_Tx", "pose_Ty", "pose_Tz", "pose_Rx", "pose_Ry", "pose_Rz"].map(String::from));
    want.extend(points());
    want.extend(units.iter().map(|unit| format!("AU{unit}_r")));
    want.extend(present.iter().map(|unit| format!("AU{unit}_c")));
    assert_eq!(rows[0], want);
    assert_eq!(rows.len(), 4, "a row a frame, also without a face");
    let column = |name: &str| (0..3).map(|row| cell(&rows, row, name)).collect::<Vec<_>>();
    assert_eq!(
        (column("frame"), column("timestamp"), column("success")),
        (vec!["1", "2", "3"], vec!["0", "0.3", "1"], vec!["1", "1", "0"])
    );
    assert_eq!((column("confidence")[2], column("x_0")[2], column("AU12_r")[0]), ("0", "", ""));
    // Radians, of a head that is nearly straight.
    for name in ["pose_Rx", "pose_Ry", "pose_Rz"] {
        let angle: f64 = cell(&rows, 0, name).parse().unwrap();
        assert!(angle.abs() < 0.7 && angle != 0.0, "{name} {angle}");
    }
    // The chin is below the brows, in pixels.
    let at = |name: &str| cell(&rows, 0, name).parse::<f64>().unwrap();
    assert!(at("y_8") > at("y_19") + 30.0 && (0.0..256.0).contains(&at("x_8")));
}

#[test]
fn py_feat_s_columns_and_scales() {
    let Some(input) = clip("table-pyfeat") else { return };
    let rows = rows(&input, "--csv=py-feat");
    let mut want: Vec<String> =
        ["FaceRectX", "FaceRectY", "FaceRectWidth", "FaceRectHeight", "FaceScore"].map(String::from).into();
    want.extend(points());
    want.extend(["Pitch", "Roll", "Yaw", "X", "Y", "Z"].map(String::from));
    let units = "01 02 04 05 06 07 09 10 11 12 14 15 17 20 23 24 25 26 28 43";
    want.extend(units.split(' ').map(|unit| format!("AU{unit}")));
    let emotions = ["anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral"];
    want.extend(emotions.map(String::from));
    want.extend(["input", "frame", "approx_time", "FrameHeight", "FrameWidth", "Identity"].map(String::from));
    assert_eq!(rows[0], want);
    assert_eq!(rows.len(), 4);
    let column = |name: &str| (0..3).map(|row| cell(&rows, row, name)).collect::<Vec<_>>();
    assert_eq!(
        (column("frame"), column("approx_time"), column("FrameWidth")),
        (vec!["0", "1", "2"], vec!["0", "0.3", "1"], vec!["256"; 3])
    );
    assert_eq!(column("Identity"), ["Person_0", "Person_0", ""]);
    let sum: f64 = emotions.iter().map(|name| cell(&rows, 0, name).parse::<f64>().unwrap()).sum();
    assert!((sum - 1.0).abs() < 1e-6);
    assert!(emotions.iter().chain(&["FaceRectX", "x_0", "Pitch"]).all(|name| cell(&rows, 2, name).is_empty()));
}
