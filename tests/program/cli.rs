//! The command line's contract, by running the binary.

use crate::support;

use std::path::Path;

use crate::support::{moue, moue_head, moue_reading, scratch, text};
use image::{GrayImage, Luma, Rgb, RgbImage};
use serde_json::{Value, json};

const ASTRONAUT: &str = "examples/astronaut.png";
const SUBCOMMANDS: [&str; 23] = [
    "analyze",
    "embed",
    "search",
    "evaluate",
    "fuse",
    "teach",
    "ensemble",
    "run",
    "flow",
    "two-stream",
    "groups",
    "map",
    "album",
    "lbp",
    "lut",
    "devices",
    "bench",
    "serve",
    "completions",
    "man",
    "zoo",
    "import",
    "model",
];
const LABELS: [&str; 8] = ["angry", "disgust", "fear", "happy", "neutral", "sad", "surprise", "contempt"];

fn noise(width: u32, height: u32) -> RgbImage {
    let mut state = 0x9e37_79b9_u32;
    RgbImage::from_fn(width, height, |_, _| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        Rgb([(state >> 24) as u8, (state >> 16) as u8, (state >> 8) as u8])
    })
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

/// Where each of the keys starts in the text: their order there, which a parsed object does not keep.
fn in_order(line: &str, keys: &[&str]) -> bool {
    let places: Vec<_> = keys.iter().map(|key| line.find(&format!("\"{key}\":"))).collect();
    places.iter().all(Option::is_some) && places.is_sorted()
}

#[test]
fn help_names_every_subcommand_and_goes_to_stdout() {
    let ran = moue(&["--help"]);
    assert_eq!(ran.code, Some(0));
    for name in SUBCOMMANDS {
        assert!(ran.text().contains(name), "{name}");
        assert_eq!(moue(&[name, "--help"]).code, Some(0), "{name}");
    }
}

#[test]
fn misuse_ends_with_2_and_names_the_flag() {
    let cases: [(&[&str], &str); 8] = [
        (&["frown"], "frown"),
        (&["analyze"], "INPUT"),
        (&["analyze", ASTRONAUT, "--json", "--csv"], "--csv"),
        (&["analyze", ASTRONAUT, "--top", "0"], "--top"),
        (&["analyze", ASTRONAUT, "--model", "no such model"], "--model"),
        (&["analyze", ASTRONAUT, "--device", "no such adapter"], "--device"),
        (&["analyze", ASTRONAUT, ASTRONAUT, "--device", "cpu", "--annotate", "one.png"], "--annotate"),
        (&["evaluate", "--data", "no such folder"], "--data"),
    ];
    for (arguments, named) in cases {
        let ran = moue(arguments);
        assert_eq!(ran.code, Some(2), "{arguments:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(named), "{arguments:?}: {}", ran.stderr);
        assert!(ran.stdout.is_empty(), "{arguments:?}");
    }
}

#[test]
fn the_table_is_that_of_the_library() {
    for metric in [moue::lbp::Metric::Regular, moue::lbp::Metric::Cyclic] {
        let name = metric.to_string();
        let ran = moue(&["lut", "--metric", &name, "--json"]);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        let table = moue::lbp::computed(metric);
        let expected = json!({"schema": "moue.lut/1", "metric": name, "stress": table.stress, "table": table.colours.to_vec()});
        assert_eq!(ran.records(), [expected]);
        assert!(in_order(&ran.text(), &["schema", "metric", "stress", "table"]));
    }
}

#[test]
fn the_published_table_says_which_codes_were_filled() {
    let record = moue(&["lut", "--metric", "regular", "--source", "published", "--json"]).records().remove(0);
    assert_eq!(record["stress"], Value::Null);
    assert_eq!(record["table"].as_array().unwrap().len(), 256);
    assert_eq!(record["filled"].as_array().unwrap().len(), 47);
}

#[test]
fn the_distances_are_the_matrix_with_its_check_values() {
    for (metric, sum) in [("regular", 583_440), ("cyclic", 451_884)] {
        let record = moue(&["lut", "--metric", metric, "--distances", "--json"]).records().remove(0);
        let rows: Vec<Vec<u64>> = serde_json::from_value(record["distances"].clone()).unwrap();
        assert_eq!((rows.len(), rows.iter().all(|row| row.len() == 256)), (256, true));
        assert_eq!(rows.iter().flatten().sum::<u64>(), sum, "{metric}");
        assert_eq!(rows.iter().flatten().max(), Some(&36), "{metric}");
    }
}

#[test]
fn a_table_goes_to_a_file_as_it_goes_to_stdout() {
    let path = scratch("lut").join("table.txt");
    let printed = moue(&["lut", "--metric", "cyclic"]);
    let written = moue(&["lut", "--metric", "cyclic", "-o", &text(&path)]);
    assert_eq!((written.code, written.stdout.len()), (Some(0), 0));
    assert_eq!(std::fs::read(&path).unwrap(), printed.stdout);
    assert_eq!(printed.text().lines().count(), 256);
}

#[test]
fn codes_and_mapped_pictures_are_those_of_the_reference() {
    let folder = scratch("lbp");
    let (input, output) = (folder.join("noise.png"), folder.join("out.png"));
    let picture = noise(37, 29);
    picture.save(&input).unwrap();
    for radius in [1, 5, 10] {
        let codes = moue::reference::lbp(&moue::reference::gray(&picture), radius).unwrap();
        let run = |map: &str| {
            let ran = moue(&["lbp", &text(&input), "-o", &text(&output), "--radius", &radius.to_string(), "--map", map]);
            assert_eq!(ran.code, Some(0), "{}", ran.stderr);
            image::open(&output).unwrap()
        };
        assert_eq!(run("codes").into_luma8(), codes);
        let table = moue::lbp::computed(moue::lbp::Metric::Cyclic).colours;
        assert_eq!(run("cyclic").into_rgb8(), moue::reference::lookup(&codes, &table));
    }
}

#[test]
fn a_flat_picture_has_code_255_everywhere() {
    let folder = scratch("flat");
    let (input, output) = (folder.join("flat.png"), folder.join("codes.png"));
    GrayImage::from_pixel(13, 11, Luma([77])).save(&input).unwrap();
    assert_eq!(moue(&["lbp", &text(&input), "-o", &text(&output), "--radius", "5"]).code, Some(0));
    assert_eq!(image::open(&output).unwrap().into_luma8(), GrayImage::from_pixel(3, 1, Luma([255])));
}

#[test]
fn a_radius_too_large_is_refused_with_the_size_it_needs() {
    let folder = scratch("radius");
    let input = folder.join("small.png");
    noise(10, 10).save(&input).unwrap();
    let ran = moue(&["lbp", &text(&input), "-o", &text(folder.join("out.png")), "--radius", "5"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.contains("11 x 11"), "{}", ran.stderr);
}

#[test]
fn completions_know_the_flags() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let ran = moue(&["completions", shell]);
        assert_eq!(ran.code, Some(0), "{shell}");
        assert!(ran.text().contains("annotate"), "{shell}");
        assert!(SUBCOMMANDS.iter().all(|name| ran.text().contains(name)), "{shell}");
    }
}

#[test]
fn every_subcommand_has_its_manual_page() {
    let folder = scratch("man").join("man1");
    let ran = moue(&["man", &text(&folder)]);
    assert_eq!((ran.code, ran.stdout.len()), (Some(0), 0), "{}", ran.stderr);
    let mut found: Vec<String> =
        std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    found.sort();
    let mut expected: Vec<String> = SUBCOMMANDS
        .iter()
        .map(|name| format!("moue-{name}.1"))
        .chain(["moue", "moue-bench-compare", "moue-model-quantise"].map(|name| format!("{name}.1")))
        .collect();
    expected.sort();
    assert_eq!(found, expected);
    for name in &found {
        let page = std::fs::read_to_string(folder.join(name)).unwrap();
        assert!(page.contains(&format!(".TH {}", name.trim_end_matches(".1"))), "{page}");
        assert!([".SH NAME", ".SH SYNOPSIS", ".SH OPTIONS"].iter().all(|part| page.contains(part)), "{name}");
        // groff is what `man -l` calls; where there is none the pages' parts above are all that is checked.
        match std::process::Command::new("groff").args(["-man", "-Tutf8", "-ww", "-z"]).arg(folder.join(name)).output() {
            Ok(lint) => assert!(lint.status.success() && lint.stderr.is_empty(), "{}", String::from_utf8_lossy(&lint.stderr)),
            Err(_) => eprintln!("SKIPPED: no groff to lint {name}"),
        }
    }
    let fuse = std::fs::read_to_string(folder.join("moue-fuse.1")).unwrap();
    assert!(["\\-\\-data", "\\-\\-output", "\\-\\-plot"].iter().all(|flag| fuse.contains(flag)), "{fuse}");
    assert_eq!(moue(&["man"]).stdout, std::fs::read(folder.join("moue.1")).unwrap());
    let refused = moue(&["man", &text(folder.join("moue.1"))]);
    assert!(refused.code == Some(2) && refused.stderr.contains("name a folder"), "{}", refused.stderr);
}

#[test]
fn devices_are_those_of_the_library() {
    let ran = moue(&["devices", "--json"]);
    assert_eq!(ran.code, Some(0));
    let (found, adapters) = (ran.records(), moue::gpu::adapters());
    assert_eq!(found.len(), adapters.len());
    for (record, adapter) in found.iter().zip(adapters) {
        assert_eq!(record["schema"], "moue.devices/1");
        assert_eq!((&record["index"], &record["name"]), (&json!(adapter.index), &json!(adapter.name)));
        assert_eq!(record["max_binding_bytes"], adapter.max_binding_bytes);
    }
    assert!(moue(&["devices"]).text().contains("--device cpu"));
}

#[test]
fn a_photograph_gives_a_record_of_the_contract() {
    let ran = moue(&["analyze", ASTRONAUT, "--json", "--device", "cpu"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let record = ran.records().remove(0);
    assert!(in_order(
        &ran.text(),
        &["schema", "input", "width", "height", "faces", "box", "score", "label", "probabilities", "members"]
    ));
    assert_eq!(keys(&record).len(), 6);
    assert_eq!((&record["schema"], &record["input"]), (&json!("moue.analyze/1"), &json!(ASTRONAUT)));
    assert_eq!((&record["width"], &record["height"], &record["error"]), (&json!(512), &json!(512), &Value::Null));
    let faces = record["faces"].as_array().unwrap();
    assert_eq!(faces.len(), 1);
    let [x, y, w, h]: [i64; 4] = serde_json::from_value(faces[0]["box"].clone()).unwrap();
    // Her eyes and mouth.
    assert!(x < 200 && x + w > 250 && y < 100 && y + h > 150, "{:?}", faces[0]["box"]);
    assert!(faces[0]["score"].is_f64());
    readings_hold(&faces[0]);
    let members = faces[0]["members"].as_array().unwrap();
    assert!(members.len() > 1);
    members.iter().for_each(readings_hold);
}

/// Eight probabilities that sum to 1, of which the label has the largest.
fn readings_hold(reading: &Value) {
    let probabilities = reading["probabilities"].as_object().unwrap();
    let value = |label: &str| probabilities[label].as_f64().unwrap();
    assert_eq!(probabilities.len(), LABELS.len());
    assert!((LABELS.iter().map(|label| value(label)).sum::<f64>() - 1.0).abs() < 1e-4, "{reading}");
    let label = reading["label"].as_str().unwrap();
    assert!(LABELS.iter().all(|other| value(other) <= value(label)), "{reading}");
}

#[test]
fn the_adapter_and_the_reference_agree_on_a_photograph() {
    let answers: Vec<Value> = support::devices()
        .iter()
        .map(|device| moue(&["analyze", ASTRONAUT, "--json", "--device", device]).records().remove(0)["faces"][0].clone())
        .collect();
    for answer in &answers {
        assert_eq!(answer["box"], answers[0]["box"]);
        for label in LABELS {
            let value = |answer: &Value| answer["probabilities"][label].as_f64().unwrap();
            assert!((value(answer) - value(&answers[0])).abs() < 1e-3, "{label}: {answers:?}");
        }
    }
}

#[test]
fn top_keeps_the_most_probable_labels_in_their_order() {
    let all = moue(&["analyze", ASTRONAUT, "--json", "--device", "cpu"]).records().remove(0)["faces"][0].clone();
    let ran = moue(&["analyze", ASTRONAUT, "--json", "--device", "cpu", "--top", "2"]);
    let face = ran.records().remove(0)["faces"][0].clone();
    let mut order = LABELS;
    order.sort_by(|a, b| all["probabilities"][b].as_f64().unwrap().total_cmp(&all["probabilities"][a].as_f64().unwrap()));
    assert_eq!(face["probabilities"].as_object().unwrap().len(), 2);
    assert_eq!(face["label"], order[0]);
    let probabilities = ran.text().split_once("\"probabilities\":").unwrap().1.to_string();
    assert!(in_order(&probabilities, &order[..2]), "{probabilities}");
}

#[test]
fn without_detection_the_whole_picture_is_the_face() {
    let record = moue(&["analyze", ASTRONAUT, "--json", "--device", "cpu", "--faces", "none"]).records().remove(0);
    assert_eq!(record["faces"].as_array().unwrap().len(), 1);
    assert_eq!((&record["faces"][0]["box"], &record["faces"][0]["score"]), (&json!([0, 0, 512, 512]), &Value::Null));
}

#[test]
fn standard_input_is_read_and_csv_has_a_line_a_face() {
    let bytes = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(ASTRONAUT)).unwrap();
    let ran = moue_reading(&["analyze", "-", "--csv", "--device", "cpu"], &bytes);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let found = ran.text();
    let lines: Vec<Vec<&str>> = found.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0][..4], ["input", "width", "height", "face"]);
    assert_eq!(lines[1][..4], ["-", "512", "512", "1"]);
    assert_eq!(lines[0].len(), lines[1].len());
}

#[test]
fn an_annotated_picture_differs_only_by_what_is_drawn() {
    let path = scratch("annotated").join("out.png");
    let ran = moue(&["analyze", ASTRONAUT, "--device", "cpu", "--annotate", &text(&path)]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let before = image::open(Path::new(env!("CARGO_MANIFEST_DIR")).join(ASTRONAUT)).unwrap().into_rgb8();
    let after = image::open(&path).unwrap().into_rgb8();
    assert_eq!(before.dimensions(), after.dimensions());
    let changed = before.pixels().zip(after.pixels()).filter(|(a, b)| a != b).count() as f64 / f64::from(512 * 512);
    assert!((0.02..0.4).contains(&changed), "{changed}");
    let eye = |picture: &RgbImage| *picture.get_pixel(203, 101);
    assert_eq!(eye(&before), eye(&after), "the panel hides the face");
}

#[test]
fn a_tiny_picture_is_annotated_enlarged() {
    let folder = scratch("tiny");
    let (input, output) = (folder.join("tiny.png"), folder.join("out"));
    noise(48, 40).save(&input).unwrap();
    let ran = moue(&["analyze", &text(&input), "--device", "cpu", "--faces", "none", "--annotate", &text(&output)]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let (width, height) = image::image_dimensions(output.join("tiny.png")).unwrap();
    assert!(height >= 400 && width * 40 == height * 48, "{width} x {height}");
}

#[test]
fn a_picture_without_a_face_is_answered() {
    let path = scratch("faceless").join("gray.png");
    GrayImage::from_pixel(200, 150, Luma([120])).save(&path).unwrap();
    let ran = moue(&["analyze", &text(&path), "--json", "--device", "cpu"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let record = ran.records().remove(0);
    assert_eq!((&record["faces"], &record["error"], &record["width"]), (&json!([]), &Value::Null, &json!(200)));
}

#[test]
fn evaluate_counts_what_analyze_answers() {
    let folder = scratch("evaluate");
    let mut right = 0;
    for (i, label) in ["happy", "sad"].iter().enumerate() {
        std::fs::create_dir(folder.join(label)).unwrap();
        for j in 0..3 {
            let path = folder.join(label).join(format!("{j}.png"));
            image::imageops::resize(&noise(7 + 5 * j, 9 + i as u32), 48, 48, image::imageops::FilterType::Triangle)
                .save(&path)
                .unwrap();
            let record = moue(&["analyze", &text(&path), "--json", "--device", "cpu", "--faces", "none"]).records().remove(0);
            right += usize::from(record["faces"][0]["label"] == *label);
        }
    }
    let plot = folder.join("confusion.svg");
    let ran = moue(&["evaluate", "--data", &text(&folder), "--json", "--device", "cpu", "--plot", &text(&plot)]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let record = ran.records().remove(0);
    assert!(in_order(&ran.text(), &["schema", "images", "accuracy", "per_class", "confusion", "members"]));
    assert_eq!((&record["schema"], &record["images"]), (&json!("moue.evaluate/1"), &json!(6)));
    assert!((record["accuracy"].as_f64().unwrap() - right as f64 / 6.0).abs() < 1e-12);
    let confusion: Vec<Vec<u64>> = serde_json::from_value(record["confusion"].clone()).unwrap();
    assert_eq!(confusion.iter().map(|row| row.iter().sum()).collect::<Vec<u64>>(), [0, 0, 0, 3, 0, 3, 0, 0]);
    let weights: f64 = record["members"].as_array().unwrap().iter().map(|member| member["weight"].as_f64().unwrap()).sum();
    assert!((weights - 1.0).abs() < 1e-6);
    assert!(std::fs::read_to_string(&plot).unwrap().starts_with("<svg"));
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let ran = moue_head(&["lut", "--metric", "cyclic", "--distances"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
}

#[test]
fn a_closed_pipe_ends_a_long_run_quietly() {
    let path = scratch("long").join("gray.png");
    GrayImage::from_pixel(48, 48, Luma([120])).save(&path).unwrap();
    let mut arguments: Vec<String> = ["analyze", "--json", "--device", "cpu"].map(String::from).into();
    arguments.extend(std::iter::repeat_n(text(&path), 2000));
    let ran = moue_head(&arguments);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
}

#[test]
fn verbose_says_where_the_time_went() {
    let ran = moue(&["analyze", ASTRONAUT, ASTRONAUT, "--faces", "largest", "--json", "--verbose"]);
    assert_eq!((ran.code, ran.records().len()), (Some(0), 2), "{}", ran.stderr);
    for word in ["decode", "detect", "upload", "compute", "readback", "faces/s", "2 faces", "kernels"] {
        assert!(ran.stderr.contains(word), "{word}: {}", ran.stderr);
    }
    let shares = ran.stderr.lines().skip_while(|line| !line.starts_with("stages")).skip(1);
    let shares: Vec<f64> = shares.map_while(|line| line.strip_suffix(" %")?.split_whitespace().last()?.parse().ok()).collect();
    assert_eq!(shares.len(), 7, "{}", ran.stderr);
    assert!((shares.iter().sum::<f64>() - 100.0).abs() < 0.5, "{shares:?}");
}

#[test]
fn no_colour_and_no_progress_bar_go_into_a_pipe() {
    let ran = moue(&["analyze", ASTRONAUT, ASTRONAUT, "--device", "cpu"]);
    assert!(!ran.text().contains('\x1b') && !ran.stderr.contains('\x1b'));
}
