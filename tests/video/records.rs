//! `moue analyze` of videos: a record a frame, and one for all at the end.

use serde_json::{Value, json};

use crate::clips::{EXACT, H264, clip, ffmpeg, folder, frame, made, portrait};
use crate::support::{moue, moue_reading, text};

#[test]
fn a_record_a_frame_and_one_at_the_end() {
    if !ffmpeg() {
        return;
    }
    let (folder, model) = folder("records");
    let path = text(portrait(&folder, "a.mp4", 12, H264));
    let ran = moue(&["analyze", &path, "--json", "--device", "cpu", "--model", &model]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let records = ran.records();
    assert_eq!(records.len(), 13);
    let mut labels = std::collections::BTreeMap::new();
    for (number, record) in records[..12].iter().enumerate() {
        let own = |key: &str| record[key].clone();
        assert_eq!((own("schema"), own("input"), own("frame")), (json!("moue.frame/1"), json!(path), json!(number)));
        assert_eq!((own("width"), own("height"), own("error")), (json!(256), json!(224), Value::Null));
        assert!((record["timestamp"].as_f64().unwrap() - 0.04 * number as f64).abs() < 1e-9 && record["pts"].is_i64());
        let [face] = &record["faces"].as_array().unwrap()[..] else { panic!("{record}") };
        assert_eq!(face["track"], 0, "{record}");
        // The head moves to the right, as the crop goes to the left.
        *labels.entry(face["label"].as_str().unwrap().to_owned()).or_insert(0) += 1;
    }
    let first = ran.text().lines().next().unwrap().to_owned();
    let keys = [
        "schema",
        "input",
        "frame",
        "pts",
        "timestamp",
        "width",
        "height",
        "faces",
        "track",
        "box",
        "probabilities",
        "members",
        "error",
    ];
    let places: Vec<_> = keys.iter().map(|key| first.find(&format!("\"{key}\":"))).collect();
    assert!(places.iter().all(Option::is_some) && places[..10].is_sorted(), "{first}");
    let end = &records[12];
    assert_eq!(
        (&end["schema"], &end["frames"], &end["faces"], &end["tracks"]),
        (&json!("moue.video/1"), &json!(12), &json!(12), &json!(1))
    );
    for (label, count) in labels {
        assert!((end["shares"][&label].as_f64().unwrap() - f64::from(count) / 12.0).abs() < 1e-9, "{end}");
    }
    let top: Vec<f64> = end["top"].as_array().unwrap().iter().map(|top| top["probability"].as_f64().unwrap()).collect();
    assert!(!top.is_empty() && top.len() <= 5 && top.is_sorted_by(|a, b| a >= b), "{end}");
}

#[test]
fn the_same_numbers_from_a_video_and_from_a_folder_of_its_frames() {
    if !ffmpeg() {
        return;
    }
    let (folder, model) = folder("same");
    let video = text(portrait(&folder, "a.mkv", 6, EXACT));
    let numbered = folder.join("numbered");
    std::fs::create_dir(&numbered).unwrap();
    assert!(made(&["-i", &video, &text(numbered.join("%03d.png"))], b""));
    let run = |input: &str, more: &[&str]| {
        let arguments = [&["analyze", input, "--json", "--device", "cpu", "--model", &model][..], more].concat();
        let ran = moue(&arguments);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        ran.records()
    };
    let (from_video, from_folder) = (run(&video, &[]), run(&text(&numbered), &["--fps", "25"]));
    assert_eq!((from_video.len(), from_folder.len()), (7, 7));
    for (a, b) in from_video.iter().zip(&from_folder) {
        assert_eq!((&a["faces"], &a["timestamp"]), (&b["faces"], &b["timestamp"]));
    }
    assert!(from_video[0]["faces"].as_array().unwrap().len() == 1);
    // Every other one, and a part.
    let some = run(&video, &["--every", "2", "--from", "0.05", "--faces", "none"]);
    assert_eq!(some.iter().map(|record| record["frame"].clone()).collect::<Vec<_>>(), [json!(2), json!(4), Value::Null]);
}

#[test]
fn y4m_on_standard_input() {
    let (_, model) = folder("stdin");
    let stream = [&b"YUV4MPEG2 W8 H4 F10:1 C420\n"[..], b"FRAME\n", &[90; 48], b"FRAME\n", &[91; 48]].concat();
    let ran = moue_reading(&["analyze", "-", "--json", "--device", "cpu", "--model", &model, "--faces", "none"], &stream);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let records = ran.records();
    assert_eq!(records.len(), 3);
    assert_eq!((&records[1]["input"], &records[1]["timestamp"]), (&json!("-"), &json!(0.1)));
}

#[test]
fn pictures_and_videos_in_one_run_keep_their_order() {
    if !ffmpeg() {
        return;
    }
    let (folder, model) = folder("mixed");
    let mixed = folder.join("mixed");
    std::fs::create_dir(&mixed).unwrap();
    frame(1, 64, 48).save(mixed.join("a.png")).unwrap();
    clip(&mixed, "b.mp4", 2, [64, 48], H264);
    frame(2, 64, 48).save(mixed.join("c.png")).unwrap();
    std::fs::write(mixed.join("d.mp4"), b"no video").unwrap();
    let ran = moue(&["analyze", &text(&mixed), "--json", "--device", "cpu", "--model", &model, "--faces", "none"]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    let schemas: Vec<_> = ran.records().iter().map(|record| record["schema"].as_str().unwrap().to_owned()).collect();
    assert_eq!(schemas, ["moue.analyze/1", "moue.frame/1", "moue.frame/1", "moue.video/1", "moue.analyze/1", "moue.video/1"]);
    // For people, a video's frames together.
    let ran = moue(&["analyze", &text(mixed.join("b.mp4")), "--device", "cpu", "--model", &model, "--faces", "none"]);
    assert!(ran.text().contains("2 frames in 0.04 s, 2 faces"), "{}", ran.text());
}

#[test]
fn smoothed_probabilities_are_means_over_true_time_and_say_so() {
    if !ffmpeg() {
        return;
    }
    let (folder, model) = folder("smooth");
    let path = text(portrait(&folder, "a.mp4", 8, H264));
    let run = |more: &[&str]| moue(&[&["analyze", &path, "--device", "cpu", "--model", &model][..], more].concat());
    let (plain, smooth) = (run(&["--json"]).records(), run(&["--json", "--smooth", "0.1"]).records());
    assert!(plain.iter().all(|record| record.get("smoothed").is_none()));
    assert!(smooth.len() == 9 && smooth.iter().all(|record| record["smoothed"] == 0.1), "{smooth:?}");
    let values = |record: &Value| -> Vec<f64> {
        record["faces"][0]["probabilities"].as_object().unwrap().values().map(|value| value.as_f64().unwrap()).collect()
    };
    let mut mean = values(&plain[0]);
    for (plain, smooth) in plain[..8].iter().zip(&smooth).skip(1) {
        let share = 1.0 - (-0.04f64 / 0.1).exp();
        mean.iter_mut().zip(values(plain)).for_each(|(mean, value)| *mean += share * (value - *mean));
        assert!(mean.iter().zip(values(smooth)).all(|(want, got)| (want - got).abs() < 1e-5), "{mean:?} {smooth}");
        assert_eq!(plain["faces"][0]["members"], smooth["faces"][0]["members"]);
    }
    assert!(run(&["--csv", "--smooth", "0.1"]).text().lines().nth(1).unwrap().contains(",0,0.1,256,224,"));
    let resumed = run(&["--smooth", "0.1", "--resume", &text(folder.join("a.jsonl"))]);
    assert!(resumed.code == Some(2) && resumed.stderr.contains("--smooth"), "{}", resumed.stderr);
}

#[test]
fn options_that_leave_nothing_are_refused_by_name() {
    let cases: [(&[&str], &str); 7] = [
        (&["examples/astronaut.png", "--every", "2"], "--every"),
        (&["examples/astronaut.png", "--smooth", "1"], "--smooth"),
        (&["examples/astronaut.png", "--plot", "a.svg"], "--plot"),
        (&["examples/astronaut.png", "--from", "3", "--to", "2"], "--to"),
        (&["examples/astronaut.png", "--fps", "0"], "--fps"),
        (&["examples/astronaut.png", "examples/astronaut.png", "--csv=openface"], "--csv=openface"),
        (&["examples/astronaut.png", "--csv=excel"], "--csv"),
    ];
    for (arguments, flag) in cases {
        let ran = moue(&[&["analyze"][..], arguments].concat());
        assert!(ran.code == Some(2) && ran.stderr.contains(flag), "{arguments:?}: {}", ran.stderr);
    }
}
