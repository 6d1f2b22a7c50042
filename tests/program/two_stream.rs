//! `moue two-stream`: a folder of numbered pictures in, a line a frame out. Its networks have a few values here.

use std::fs;
use std::path::Path;

use image::{Rgb, RgbImage};
use serde_json::{Value, json};

use crate::support::{Ran, moue, moue_reading, scratch, text};

/// A network of one pool and one layer on so many channels.
fn network(channels: usize) -> Value {
    json!({"inputs": {"data": [channels, 227, 227]}, "outputs": ["prob"], "ops": [
        {"op": "average_pool", "in": ["data"], "out": ["pool"], "kernel": [64, 64], "stride": [64, 64]},
        {"op": "flatten", "in": ["pool"], "out": ["flat"]},
        {"op": "dense", "name": "fc", "in": ["flat"], "out": ["fc"], "channels": 7},
        {"op": "sigmoid", "in": ["fc"], "out": ["prob"]}]})
}

fn model(path: &Path) {
    let labels = ["AU25", "AU26", "AU16", "AU43", "AU01", "AU02", "unnamed"];
    let description = json!({
        "moue": 1, "name": "small", "labels": labels, "licence": "MIT", "source": "a test", "card": "none",
        "canonical": {"size": [227, 227], "margin": 0.0, "colour": "rgb"}, "representations": {},
        "networks": {"still": network(3), "motion": network(20)},
        "members": [{"name": "still", "network": "still", "weights": "still/"}, {"name": "motion", "network": "motion", "weights": "motion/"}],
        "fusion": {"rule": "weighted_mean", "weights": [0.5, 0.5], "temperature": 1.0}, "oversample": "none"
    });
    let mut header = serde_json::Map::from_iter([("__metadata__".to_owned(), json!({"moue": description.to_string()}))]);
    let mut bytes: Vec<u8> = Vec::new();
    for (member, channels) in [("still", 3), ("motion", 20)] {
        for (part, shape) in [("weight", vec![7, 9 * channels]), ("bias", vec![7])] {
            let (start, count) = (bytes.len(), shape.iter().product::<usize>());
            bytes.extend((0..count).flat_map(|at| (((at * 37 + 11) % 101) as f32 / 5000.0 - 0.01).to_le_bytes()));
            header.insert(
                format!("{member}/fc.{part}"),
                json!({"dtype": "F32", "shape": shape, "data_offsets": [start, bytes.len()]}),
            );
        }
    }
    let header = Value::Object(header).to_string();
    let header = format!("{header}{}", " ".repeat(header.len().next_multiple_of(8) - header.len()));
    fs::write(path, [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &bytes].concat()).unwrap();
}

/// A pattern that moves by two pixels a frame: no face.
fn frames(folder: &Path, count: u32) {
    for number in 0..count {
        let wave =
            |x: u32, y: u32| (128.0 + 90.0 * ((x as f32 - 2.0 * number as f32) * 0.2).sin() * (y as f32 * 0.17).cos()) as u8;
        RgbImage::from_fn(96, 80, |x, y| Rgb([wave(x, y), wave(x, y), 90]))
            .save(folder.join(format!("{number:03}.png")))
            .unwrap();
    }
}

fn two_stream(arguments: &[&str]) -> Ran {
    moue(&[&["two-stream", "--device", "cpu"], arguments].concat())
}

#[test]
fn a_video_gives_its_rectangle_and_means_and_then_a_line_a_frame() {
    let folder = scratch("two-stream");
    let (file, clip) = (folder.join("small.safetensors"), folder.join("clip"));
    fs::create_dir(&clip).unwrap();
    model(&file);
    frames(&clip, 11);
    let [file, clip] = [file, clip].map(text);
    let common = [&clip[..], "--model", &file, "--fps", "25", "--rect", "8,8,70,66"];
    let with = |more: &[&str]| two_stream(&[&common[..], more].concat());
    let ran = with(&["--json", "--all"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let records = ran.records();
    let [head, lines @ ..] = &records[..] else { panic!("{}", ran.text()) };
    assert_eq!(
        (&head["schema"], &head["rect"], &head["error"]),
        (&json!("moue.two-stream/1"), &json!([8, 8, 70, 66]), &Value::Null)
    );
    assert!((head["frame_rate"].as_f64().unwrap() - 25.0).abs() < 1e-6, "{head}");
    let means = ["red", "green", "blue", "x", "y"].map(|channel| head["means"][channel].as_f64().unwrap());
    assert!(means.iter().all(|mean| (1.0..254.0).contains(mean)), "{means:?}");
    // Two pixels to the right are 24 more, where there is something to see and in the stacks that have them.
    assert!(means[3] > means[4] + 1.0, "{means:?}");
    assert_eq!(lines.len(), 11);
    for (number, line) in lines.iter().enumerate() {
        assert_eq!((&line["schema"], &line["frame"]), (&json!("moue.two-stream-frame/1"), &json!(number)));
        assert!((line["timestamp"].as_f64().unwrap() - 0.04 * number as f64).abs() < 1e-6);
        let best: Vec<(String, f64)> = line["best"]
            .as_array()
            .unwrap()
            .iter()
            .map(|best| (best["label"].as_str().unwrap().to_owned(), best["probability"].as_f64().unwrap()))
            .collect();
        assert!(best.len() == 5 && best.windows(2).all(|pair| pair[0].1 >= pair[1].1), "{best:?}");
        let of = |stream: &str, label: &str| line[stream][label].as_f64().unwrap();
        for (label, probability) in &best {
            assert_eq!(of("probabilities", label), *probability);
            assert!((0.5 * (of("still", label) + of("motion", label)) - probability).abs() < 1e-6);
            assert_eq!(line["present"].as_array().unwrap().contains(&json!(label)), *probability > 0.5);
        }
    }
    // With the same means, given, once through; in words.
    let given = means.map(|mean| mean.to_string()).join(",");
    let again = with(&["--json", "--means", &given]);
    assert_eq!(again.records()[5]["best"], records[5]["best"]);
    let words = with(&["--means", &given, "--top", "2"]);
    assert!(words.text().lines().nth(3).unwrap().contains("frame 3 at 0.120 s: "), "{}", words.text());
    // Each switch does something.
    for switch in [&["--equalise", "frame"][..], &["--means-of", "nonzero"], &["--outside", "zero"], &["--poly-n", "5"]] {
        let other = with(&[&["--json", "--all"], switch].concat());
        assert_eq!(other.code, Some(0), "{}", other.stderr);
        assert_ne!(other.records()[6], records[6], "{switch:?}");
    }
}

#[test]
fn what_cannot_be_read_is_refused_with_the_remedy() {
    let folder = scratch("two-stream-refused");
    let (file, clip) = (folder.join("small.safetensors"), folder.join("clip"));
    fs::create_dir(&clip).unwrap();
    model(&file);
    frames(&clip, 2);
    let [file, clip] = [file, clip].map(text);
    let refusals: &[(&[&str], i32, &str)] = &[
        (&[&clip, "--model", &file, "--fps", "25", "--json"], 1, "--rect X,Y,WIDTH,HEIGHT"),
        (&[&clip, "--model", &file, "--fps", "25", "--faces", "followed"], 1, "no face was found"),
        (&[&clip, "--model", &file, "--fps", "25", "--rect", "200,8,70,66"], 1, "beyond frames of 96 x 80"),
        (&[&clip, "--model", &file, "--fps", "25", "--rect", "8,8,70"], 2, "four whole numbers"),
        (&[&clip, "--model", &file, "--fps", "25", "--means", "1,2,3,4,500"], 2, "between 0 and 255"),
        (&["examples/astronaut.png", "--model", &file], 2, "it is a picture"),
        (&[&clip, "--model", "nothing.safetensors", "--fps", "25"], 2, "--model"),
    ];
    for (arguments, code, words) in refusals {
        let ran = two_stream(arguments);
        assert_eq!(ran.code, Some(*code), "{arguments:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(words), "{arguments:?}: {}", ran.stderr);
        if arguments.contains(&"--json") {
            assert!(ran.records()[0]["error"].as_str().unwrap().contains(words), "{}", ran.text());
        }
    }
    // What can be read once only has to be told what comes before.
    let arguments = ["two-stream", "-", "--device", "cpu", "--model", &file];
    let ran = moue_reading(&arguments, b"YUV4MPEG2 W16 H16 F25:1\n");
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    assert!(ran.stderr.contains("--rect and --means"), "{}", ran.stderr);
}
