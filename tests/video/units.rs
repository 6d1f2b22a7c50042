//! Action units of videos by the whole command: of every frame, whatever stops the run; events, a person's rest, and what is refused.

use std::fs;

use serde_json::Value;

use crate::clips::{H264, clip, ffmpeg, folder, portrait};
use crate::resumed::same;
use crate::support::{moue, text};

const ASTRONAUT: &str = "examples/astronaut.png";

fn units(record: &Value) -> impl Iterator<Item = &Value> {
    record["faces"].as_array().unwrap().iter().map(|face| &face["actions"]["units"])
}

/// Motion reaches over frames: what an earlier run answered is needed for what comes then. No other test resumes with it.
#[test]
fn cut_anywhere_and_resumed_it_is_the_same() {
    if !ffmpeg() {
        return;
    }
    let (folder, model) = folder("units-resumed");
    let video = text(portrait(&folder, "a.mp4", 20, H264));
    let run = |name: &str| {
        let file = text(folder.join(name));
        let arguments = ["analyze", &video, "--resume", &file, "--device", "cpu", "--model", &model, "--actions"];
        let ran = moue(&arguments);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    };
    run("whole.jsonl");
    let want = fs::read(folder.join("whole.jsonl")).unwrap();
    let records: Vec<Value> = want.split(|&byte| byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect();
    let (end, frames) = records.split_last().unwrap();
    assert_eq!(frames.len(), 20);
    for (number, frame) in frames.iter().enumerate() {
        assert_eq!(frame["frame"], number);
        for units in units(frame) {
            // Motion alone tells a blink: it is read of the first and of the last frame too.
            assert!(units["AU45"]["probability"].is_number() && units["AU21"].is_null(), "frame {number}: {units}");
            assert!(units["AU12"]["intensity"].as_f64().is_some_and(|own| (0.0..=5.0).contains(&own)), "frame {number}");
        }
    }
    assert_eq!(end["actions"].as_array().map(Vec::len), Some(5), "{end}");
    let ends: Vec<usize> = want.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1).collect();
    for length in [ends[0], ends[3] + 30, ends[11], ends[18], ends[19]] {
        fs::write(folder.join("out.jsonl"), &want[..length]).unwrap();
        run("out.jsonl");
        same(&folder.join("out.jsonl"), &want, &format!("cut at {length}"));
    }
    // Records with units and without do not belong into one file.
    let file = text(folder.join("out.jsonl"));
    let ran = moue(&["analyze", &video, "--resume", &file, "--device", "cpu", "--model", &model]);
    assert!(ran.code == Some(2) && ran.stderr.contains("--actions"), "{}", ran.stderr);
}

/// A face that does not move is at rest: its own baseline leaves nothing of it, and nothing happens.
#[test]
fn a_face_at_rest_shows_nothing_beyond_its_baseline() {
    if !ffmpeg() {
        return;
    }
    let (folder, model) = folder("units-rest");
    let frames = folder.join("frames");
    fs::create_dir_all(&frames).unwrap();
    for at in 0..12 {
        fs::copy(ASTRONAUT, frames.join(format!("{at:03}.png"))).unwrap();
    }
    let [frames, rest, events] = [frames, folder.join("rest.json"), folder.join("events.csv")].map(text);
    let plain = ["analyze", &frames, "--fps", "25", "--actions", "--json", "--device", "cpu", "--model", &model];
    let ran = moue(&[&plain[..], &["--landmarks", "478", "--save-baseline", &rest, "--events", &events]].concat());
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    // What does not move is seen in the same place, to the last digit.
    let records = ran.records();
    let landmarks: Vec<&Value> = records[..12].iter().map(|frame| &frame["faces"][0]["landmarks"]).collect();
    assert!(landmarks[0].is_array() && landmarks.windows(2).all(|pair| pair[0] == pair[1]), "its landmarks move");
    let smiles = |records: &[Value]| -> Vec<f64> {
        let frames = records.iter().filter(|record| record["frame"].is_number());
        frames.flat_map(units).map(|units| units["AU12"]["probability"].as_f64().unwrap()).collect()
    };
    // Of a smile that stays motion sees nothing: it does not take it for gone.
    assert!(smiles(&ran.records()).iter().all(|smile| *smile > 0.8), "she smiles: {:?}", smiles(&ran.records()));
    let table = fs::read_to_string(&events).unwrap();
    let smile = table.lines().find(|row| row.contains("lip corners up")).unwrap_or_else(|| panic!("{table}"));
    assert!(smile.contains(",AU12,lip corners up,0,0,") && smile.contains(",11,0.44,"), "{smile}");
    for baseline in ["auto", &rest] {
        let ran = moue(&[&plain[..], &["--baseline", baseline]].concat());
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        let smiles = smiles(&ran.records());
        // 0.05 at rest, from the first frame on: its crop is that of later frames.
        assert!(smiles.len() == 12 && smiles.iter().all(|smile| (0.035..0.08).contains(smile)), "{baseline}: {smiles:?}");
    }
    // In pictures nothing moves: they have a rest of their own.
    let picture = ["analyze", ASTRONAUT, "--actions", "--json", "--device", "cpu", "--model", &model];
    let ran = moue(&[&picture[..], &["--baseline", &rest]].concat());
    assert!(ran.code == Some(2) && ran.stderr.contains("it was saved of videos"), "{}", ran.stderr);
    assert_eq!(moue(&[&picture[..], &["--save-baseline", &rest]].concat()).code, Some(0));
    let records = moue(&[&picture[..], &["--baseline", &rest]].concat()).records();
    let units = units(&records[0]).next().unwrap();
    assert!(units["AU12"]["present"] == false && units["AU45"].is_null(), "{units}");
    // What speaks for happiness is what she shows at rest.
    let emfacs = &records[0]["faces"][0]["actions"]["emfacs"];
    assert!(emfacs["emotion"].is_null() && emfacs["emotions"]["happiness"]["whole"] == false, "{emfacs}");
}

/// What units say of emotions stands beside the label and does not change it; what a model means by its label is told by its name.
#[test]
fn units_speak_for_an_emotion_beside_the_label() {
    let record = |more: &[&str]| {
        let base = ["analyze", ASTRONAUT, "--json", "--device", "cpu", "--actions"];
        moue(&[&base[..], more].concat()).records().remove(0)["faces"][0].clone()
    };
    let face = record(&[]);
    let emfacs = &face["actions"]["emfacs"];
    let units = &face["actions"]["units"];
    assert_eq!((&face["label"], &emfacs["emotion"], &emfacs["agrees"]), (&"happy".into(), &"happiness".into(), &true.into()));
    assert_eq!(emfacs["emotions"].as_object().unwrap().len(), 7);
    for (emotion, sign) in emfacs["emotions"].as_object().unwrap() {
        let own: Vec<&str> = sign["units"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        let least = own.iter().map(|unit| units[unit]["probability"].as_f64().unwrap()).fold(1.0, f64::min);
        assert!(!own.is_empty() && sign["degree"].as_f64() == Some(least), "{emotion}: {sign}");
        let missing: Vec<&str> = own.iter().copied().filter(|unit| units[unit]["present"] == false).collect();
        let said: Vec<&str> = sign["missing"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        assert_eq!(
            (said, sign["whole"] == (missing.is_empty() && sign["unknown"].is_null())),
            (missing, true),
            "{emotion}: {sign}"
        );
    }
    // Nothing is present from 1 on: then the units speak for nothing, which a smile's label does not say.
    let none = record(&["--threshold", "1"]);
    let emfacs = &none["actions"]["emfacs"];
    assert_eq!((&none["label"], &emfacs["emotion"], &emfacs["agrees"]), (&"happy".into(), &Value::Null, &false.into()));
    assert_eq!(none["probabilities"], face["probabilities"]);
    let shown = |more: &[&str]| {
        let base = ["analyze", ASTRONAUT, "--device", "cpu", "--actions"];
        moue(&[&base[..], more].concat()).text()
    };
    let said = shown(&[]);
    assert!(
        said.contains("the units speak for happiness (") && said.contains("12)") && !said.contains("the networks say"),
        "{said}"
    );
    assert!(!shown(&["--threshold", "1"]).contains("speak for"));
}

#[test]
fn tables_have_their_columns_and_what_does_not_go_together_is_refused() {
    if !ffmpeg() {
        return;
    }
    let (folder, model) = folder("units-tables");
    let base = ["analyze", ASTRONAUT, "--device", "cpu", "--model", &model, "--actions"];
    let cell = |table: &str, column: &str| {
        let ran = moue(&[&base[..], &[table]].concat());
        let lines: Vec<Vec<String>> = ran.text().lines().map(|line| line.split(',').map(String::from).collect()).collect();
        let at = lines[0].iter().position(|name| name == column).unwrap_or_else(|| panic!("{table} has no {column}"));
        assert_eq!(lines[0].len(), lines[1].len(), "{table}");
        lines[1][at].parse::<f64>().unwrap_or(f64::NAN)
    };
    assert!(cell("--csv", "AU12") > 0.9 && cell("--csv", "AU12_intensity") > 2.0);
    assert!(cell("--csv=py-feat", "AU12") > 0.9 && cell("--csv=py-feat", "AU04") < 0.5);
    assert!(cell("--csv=openface", "AU12_r") > 2.0 && cell("--csv=openface", "AU12_c") == 1.0);
    // Of a photograph nobody can tell a blink.
    assert!(cell("--csv=openface", "AU45_r").is_nan() && cell("--csv=openface", "AU04_c") == 0.0);
    let video = text(clip(&folder, "a.mp4", 2, [64, 48], H264));
    let new = text(folder.join("new"));
    for (arguments, words) in [
        (&["--threshold", "2"][..], "--threshold"),
        (&["--faces", "none"], "leave out --faces none"),
        (&["--baseline", "auto"], "for pictures give a file"),
        (&["--baseline", "absent.json"], "--save-baseline"),
        (&["--events", &new], "it is for videos"),
    ] {
        let ran = moue(&[&base[..], arguments].concat());
        assert!(ran.code == Some(2) && ran.stderr.contains(words), "{arguments:?}: {}", ran.stderr);
    }
    for (arguments, words) in [
        (&["--events", &new][..], "--actions"),
        (&["--actions", "--baseline", "auto", "--resume", &new], "--resume"),
        (&["--actions=absent"], "absent"),
        (&["--actions=models/default/default.safetensors"], "it reads expressions"),
        (&["--model", "models/actions/actions.safetensors"], "moue analyze --actions"),
    ] {
        let ran = moue(&[&["analyze", &video, "--device", "cpu"][..], arguments].concat());
        assert!(ran.code == Some(2) && ran.stderr.contains(words), "{arguments:?}: {}", ran.stderr);
    }
}
