//! Models made of models: `moue ensemble`, `moue fuse` and `moue model quantise`, and what they do in the library.

use crate::tiny;

use std::path::{Path, PathBuf};

use crate::common::{Random, devices, engine};
use crate::support::{Ran, moue, scratch, text};
use image::RgbImage;
use moue::ensemble::Truth;
use moue::ensemble::fusion::{Quality, learn_temperature, learn_weights, mean, thousandths};
use moue::weights::{Oversample, combine};
use moue::{Device, Ensemble, Error, Model, Reading, Rect};
use serde_json::{Value, json};

fn face(seed: u64) -> RgbImage {
    RgbImage::from_raw(12, 11, Random(seed).bytes(12 * 11 * 3)).unwrap()
}

fn read(model: &Model, device: Device, faces: &[RgbImage]) -> Vec<Reading> {
    let faces: Vec<_> = faces.iter().map(|face| (face, Rect::whole(12, 11))).collect();
    Ensemble::new(model.clone(), device).unwrap().read(&faces, false).unwrap()
}

fn near(a: &[f32], b: &[f32], tolerance: f32) {
    assert!(a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() < tolerance), "{a:?} {b:?}");
}

#[test]
fn two_models_as_one_answer_the_weighted_mean_of_what_they_answer_alone() {
    let models = [tiny::model(1), tiny::model(2)];
    let both = combine("both", &models, &[1.0, 3.0], None).unwrap();
    let faces = [face(1), face(2), face(3)];
    let alone: Vec<Vec<Reading>> = models.iter().map(|model| read(model, Device::Reference, &faces)).collect();
    for device in devices() {
        for (i, got) in read(&both, device, &faces).iter().enumerate() {
            let (a, b) = (&alone[0][i], &alone[1][i]);
            let want: Vec<f32> = a.probabilities.iter().zip(&b.probabilities).map(|(a, b)| 0.25 * a + 0.75 * b).collect();
            near(&got.probabilities, &want, 1e-5);
            near(&got.members.concat(), &[a.members.concat(), b.members.concat()].concat(), 1e-5);
        }
    }
}

#[test]
fn labels_in_another_order_meet_their_own() {
    // Label i of one model is label 2 - i of the other, whose answers are the same.
    let mut turned = tiny::model(2).description;
    turned.labels.reverse();
    let tensors = tiny::tensors(&turned, 2);
    let (first, turned) = (tiny::model(1), Model::new(turned, tensors).unwrap());
    let faces = [face(1), face(2)];
    let alone = [&first, &turned].map(|model| read(model, Device::Reference, &faces));
    let both = combine("both", &[first, turned], &[1.0, 1.0], None).unwrap();
    assert_eq!(both.description.labels, tiny::model(1).description.labels);
    for device in devices() {
        for (i, got) in read(&both, device, &faces).iter().enumerate() {
            let (a, b) = (&alone[0][i].probabilities, alone[1][i].probabilities.iter().rev());
            let want: Vec<f32> = a.iter().zip(b).map(|(a, b)| 0.5 * (a + b)).collect();
            near(&got.probabilities, &want, 1e-5);
        }
    }
}

/// The schema knows fields that are left out, and none that are null.
#[test]
fn a_written_model_leaves_out_what_it_does_not_say() {
    let bytes = tiny::model(1).to_bytes().unwrap();
    let (_, header) = safetensors::SafeTensors::read_metadata(&bytes).unwrap();
    let text = &header.metadata().as_ref().unwrap()["moue"];
    let ops = &serde_json::from_str::<Value>(text).unwrap()["networks"];
    let unnamed = |network: &Value| network["ops"].as_array().unwrap().iter().any(|op| op.get("name").is_none());
    assert!(ops.as_object().unwrap().values().any(unnamed), "{text}");
    assert!(!text.contains(":null"), "{text}");
}

#[test]
fn what_is_equal_is_there_once_and_what_clashes_gets_a_name() {
    let mut other = tiny::model(2).description;
    let renamed = other.networks.remove("plain").unwrap();
    other.networks.insert("elsewhere".into(), renamed);
    other.members[2].network = "elsewhere".into();
    let other = Model::new(other.clone(), tiny::tensors(&other, 2)).unwrap();
    let both = combine("both", &[tiny::model(1), other], &[1.0, 1.0], None).unwrap();
    let description = &both.description;
    let names =
        |member: fn(&moue::weights::Member) -> &String| description.members.iter().map(member).cloned().collect::<Vec<_>>();
    assert_eq!(names(|m| &m.name), ["rgb", "codes", "plain", "rgb_2", "codes_2", "plain_2"]);
    assert_eq!(names(|m| &m.network), ["folded", "folded", "plain", "folded", "folded", "plain"], "equal under any name");
    let representations: Vec<_> = description.members.iter().filter_map(|m| m.representation.as_deref()).collect();
    assert_eq!(representations, ["rgb", "codes", "codes", "rgb", "codes_2", "codes_2"], "their tables differ");
    assert_eq!(names(|m| &m.weights), ["rgb/", "codes/", "plain/", "rgb_2/", "codes_2/", "plain_2/"]);
    assert_eq!((description.networks.len(), description.representations.len()), (2, 3));
    assert_eq!(both.arrays().filter(|(name, _)| name.starts_with("tables/")).count(), 2);
    let written = Model::parse("written", &both.to_bytes().unwrap()).unwrap();
    assert_eq!(&written.description, description);
}

#[test]
fn a_model_with_itself_answers_as_before_and_grows_by_a_description_only() {
    let model = tiny::model(1);
    let twice = combine("twice", &[model.clone(), model.clone()], &[0.2, 0.8], None).unwrap();
    assert!(twice.arrays().eq(model.arrays()));
    assert_eq!((twice.description.members.len(), twice.description.networks.len()), (6, 2));
    assert_eq!(twice.description.licence, "MIT");
    for device in devices() {
        let got = read(&twice, device, &[face(5)]);
        near(&got[0].probabilities, &read(&model, Device::Reference, &[face(5)])[0].probabilities, 1e-5);
    }
}

#[test]
fn models_that_do_not_fit_are_both_named() {
    let first = tiny::model(1);
    let changed = |change: fn(&mut moue::weights::Description)| {
        let mut description = tiny::model(2).description;
        description.name = "other".into();
        change(&mut description);
        Model::new(description.clone(), tiny::tensors(&description, 2)).unwrap()
    };
    let cases = [
        ("labels", changed(|d| d.labels[0] = "cross".into())),
        ("canonical", changed(|d| d.canonical.margin = 0.2)),
        ("oversample", changed(|d| d.oversample = Oversample::Mirrored)),
    ];
    for (at, other) in cases {
        let error = combine("both", &[first.clone(), other], &[1.0, 1.0], None).unwrap_err();
        let said = error.to_string();
        assert!(matches!(error, Error::Model { .. }), "{said}");
        assert!([at, "`tiny`", "`other`"].iter().all(|word| said.contains(word)), "{said}");
    }
    let models = [first, changed(|d| (d.oversample, d.licence) = (Oversample::Mirrored, "BSD".into()))];
    let both = combine("both", &models, &[1.0, 1.0], Some(Oversample::Mirrored)).unwrap();
    assert_eq!(both.description.oversample, Oversample::Mirrored);
    assert_eq!((both.description.licence.as_str(), both.description.source.as_str()), ("tiny: MIT; other: BSD", "a test"));
    for weights in [&[1.0][..], &[0.0, 0.0], &[1.0, -0.5], &[f64::NAN, 1.0]] {
        assert!(matches!(combine("both", &models, weights, Some(Oversample::None)), Err(Error::Argument(_))), "{weights:?}");
    }
    assert!(matches!(combine("none", &[], &[], None), Err(Error::Argument(_))));
}

fn save(model: &Model, path: PathBuf) -> String {
    model.save(&path).unwrap();
    text(path)
}

fn refused(ran: &Ran, words: &[&str]) {
    assert_eq!((ran.code, ran.stdout.len()), (Some(2), 0), "{}", ran.stderr);
    assert!(words.iter().all(|word| ran.stderr.contains(word)), "{words:?}: {}", ran.stderr);
}

#[test]
fn the_command_makes_one_file_of_two() {
    let folder = scratch("ensemble");
    let (a, b) = (save(&tiny::model(1), folder.join("a.safetensors")), save(&tiny::model(2), folder.join("b.safetensors")));
    let out = text(folder.join("new/both.safetensors"));
    let ran = moue(&["ensemble", &a, &b, "-o", &out, "--weights", "2,6"]);
    assert_eq!((ran.code, ran.stdout.len()), (Some(0), 0), "{}", ran.stderr);
    assert!(ran.stderr.contains("6 members of 2 models") && ran.stderr.contains("moue fuse"), "{}", ran.stderr);
    let both = Model::load(Path::new(&out)).unwrap();
    assert_eq!((both.description.name.as_str(), both.description.fusion.temperature), ("both", 1.0));
    let weights = &both.description.fusion.weights;
    let want = [0.125, 0.075, 0.05, 0.375, 0.225, 0.15];
    assert!(weights.iter().zip(want).all(|(got, want)| (got - want).abs() < 1e-12), "{weights:?}");

    refused(&moue(&["ensemble", &a, "-o", &out]), &["MEMBER", "two models"]);
    refused(&moue(&["ensemble", &a, &b, "-o", &out, "--weights", "1"]), &["--weights", "1 numbers for 2 models"]);
    refused(&moue(&["ensemble", &a, &b, "-o", &out, "--weights", "nan,1"]), &["--weights"]);
    refused(&moue(&["ensemble", &a, &b, "-o", &out, "--weights=0,0"]), &["--weights", "not 0"]);
    refused(&moue(&["ensemble", &a, &b, "-o", &b]), &["--output", "another name"]);
    refused(&moue(&["ensemble", &a, "none.safetensors", "-o", &out]), &["MEMBER", "none.safetensors"]);
    refused(&moue(&["ensemble", &a, "default", "-o", &out]), &["labels", "`default`", "a.safetensors"]);
    assert_eq!(Model::load(Path::new(&b)).unwrap().description.name, "tiny", "it was not written over");
}

/// A folder of labelled noise, three pictures a class, and what the model's members answer to them.
fn labelled(name: &str) -> (PathBuf, Vec<usize>, Vec<RgbImage>) {
    let folder = scratch(name);
    let (mut labels, mut faces) = (Vec::new(), Vec::new());
    for (class, label) in ["happy", "sad", "calm"].iter().enumerate() {
        std::fs::create_dir_all(folder.join("data").join(label)).unwrap();
        for i in 0..3 {
            let picture = face(100 + 10 * class as u64 + i);
            picture.save(folder.join("data").join(label).join(format!("{i}.png"))).unwrap();
            labels.push(class);
            faces.push(picture);
        }
    }
    (folder, labels, faces)
}

#[test]
fn fuse_writes_the_weights_and_the_temperature_that_the_library_learns() {
    let (folder, labels, faces) = labelled("fuse");
    let model = tiny::model(3);
    // The command's own device: its figures are the library's, bit by bit.
    let readings = read(&model, engine(), &faces);
    let answer = |m: usize| readings.iter().map(|r| r.members[m].iter().map(|&p| f64::from(p)).collect()).collect();
    let members: Vec<Vec<Vec<f64>>> = (0..3).map(answer).collect();
    let labels: Vec<Truth> = labels.into_iter().map(|label| Truth::label(label, 3)).collect();
    let weights = thousandths(&learn_weights(&members, &labels).unwrap());
    let fused = mean(&members, &weights);
    let temperature = learn_temperature(&fused, &labels).unwrap();

    let (input, output) = (save(&model, folder.join("in.safetensors")), text(folder.join("out.safetensors")));
    let (data, plot) = (text(folder.join("data")), text(folder.join("plot.svg")));
    let arguments = ["fuse", "--data", &data, "--model", &input, "-o", &output, "--device", "cpu"];
    let ran = moue(&[&arguments[..], &["--json", "--plot", &plot]].concat());
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let record = ran.records().remove(0);
    assert_eq!((&record["schema"], &record["images"]), (&json!("moue.fuse/1"), &json!(9)));
    assert_eq!((&record["weights"], &record["temperature"]), (&json!(weights), &json!(temperature)));
    let close = |place: &str, want: f64| {
        let got = record.pointer(place).and_then(Value::as_f64).unwrap();
        assert!((got - want).abs() < 1e-9, "{place}: {got}, not {want}");
    };
    let own = &model.description.fusion;
    for (place, quality) in [
        ("/before", Quality::of(&mean(&members, &own.weights), &labels, 1.0)),
        ("/after", Quality::of(&fused, &labels, temperature)),
        ("/members/1", Quality::of(&members[1], &labels, 1.0)),
    ] {
        close(&format!("{place}/accuracy"), quality.accuracy);
        close(&format!("{place}/nll"), quality.nll);
        if place != "/members/1" {
            close(&format!("{place}/ece"), quality.ece);
        }
    }
    close("/members/2/weight_before", 0.2);
    assert!(record["after"]["nll"].as_f64() <= record["before"]["nll"].as_f64());

    let written = Model::load(Path::new(&output)).unwrap();
    assert_eq!((&written.description.fusion.weights, written.description.fusion.temperature), (&weights, temperature));
    assert!(written.arrays().eq(model.arrays()));
    let evaluated = moue(&["evaluate", "--data", &data, "--model", &output, "--device", "cpu", "--json"]).records().remove(0);
    assert_eq!(evaluated["accuracy"], record["after"]["accuracy"]);

    let drawn = std::fs::read_to_string(&plot).unwrap();
    assert!(drawn.starts_with("<svg") && ["rgb", "codes", "plain"].iter().all(|name| drawn.contains(name)));
    let table = moue(&arguments).text();
    assert!(table.contains("expected calibration error") && table.contains('█') && !table.contains('\x1b'), "{table}");
    let shares = table.lines().rev().take(3).map(|line| line.split_whitespace().nth(3).unwrap().parse::<f64>().unwrap());
    assert!(shares.collect::<Vec<_>>().is_sorted(), "heaviest first: {table}");
}

/// Ten people a picture, in a table: what they said is learned from and measured by, and pictures that it lacks are left out.
#[test]
fn votes_are_learned_from_and_measured_by() {
    let (folder, _, faces) = labelled("fuse_votes");
    let model = tiny::model(3);
    let readings = read(&model, engine(), &faces);
    let rows = [[6, 3, 1, 0], [5, 5, 0, 0], [1, 1, 1, 7], [0, 9, 1, 0], [2, 8, 0, 0], [0, 4, 5, 1], [0, 1, 9, 0], [1, 0, 2, 7]];
    let names = ["happy", "sad", "calm"].iter().flat_map(|label| (0..3).map(move |i| format!("{label}/{i}.png")));
    let mut table = String::from("file,happy,sad,calm,unknown\n");
    for (name, [a, b, c, d]) in names.zip(rows) {
        table += &format!("{name},{a},{b},{c},{d}\n");
    }
    let votes = text(folder.join("votes.csv"));
    std::fs::write(&votes, table).unwrap();
    let truths: Vec<Option<Truth>> = rows.iter().map(|[a, b, c, d]| Truth::votes(&[*a, *b, *c], &[*d])).collect();
    let kept: Vec<usize> = (0..rows.len()).filter(|&at| truths[at].is_some()).collect();
    let said: Vec<Truth> = truths.into_iter().flatten().collect();
    let answer = |m: usize| kept.iter().map(|&at| readings[at].members[m].iter().map(|&p| f64::from(p)).collect()).collect();
    let members: Vec<Vec<Vec<f64>>> = (0..3).map(answer).collect();
    let weights = thousandths(&learn_weights(&members, &said).unwrap());
    let temperature = learn_temperature(&mean(&members, &weights), &said).unwrap();

    let (input, output) = (save(&model, folder.join("in.safetensors")), text(folder.join("out.safetensors")));
    let data = text(folder.join("data"));
    let arguments = ["--data", &data, "--votes", &votes, "--device", "cpu", "--json"];
    let ran = moue(&[&["fuse", "--model", &input, "-o", &output], &arguments[..]].concat());
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stderr.contains("1 pictures without votes and 2 that show"), "{}", ran.stderr);
    let record = ran.records().remove(0);
    assert_eq!(
        (&record["images"], &record["weights"], &record["temperature"]),
        (&json!(6), &json!(weights), &json!(temperature))
    );

    let ran = moue(&[&["evaluate", "--model", &output], &arguments[..]].concat());
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let record = ran.records().remove(0);
    let quality = Quality::of(&mean(&members, &weights), &said, temperature);
    // One of the six is a tie.
    assert_eq!((&record["images"], &record["votes"]["images"]), (&json!(5), &json!(6)));
    for (place, want) in
        [("/accuracy", quality.accuracy), ("/votes/majority/accuracy", quality.majority), ("/votes/nll", quality.nll)]
    {
        let got = record.pointer(place).and_then(Value::as_f64).unwrap();
        assert!((got - want).abs() < 1e-5, "{place}: {got}, not {want}");
    }
    let shown = moue(&["evaluate", "--model", &output, "--data", &data, "--votes", &votes, "--device", "cpu"]).text();
    assert!(shown.contains("a third of the people"), "{shown}");
    std::fs::write(&votes, "file,happy,sad\n").unwrap();
    refused(&moue(&[&["evaluate", "--model", &output], &arguments[..]].concat()), &["--votes", "no column `calm`"]);
}

#[test]
fn fuse_goes_on_without_what_it_cannot_read_and_says_what_is_missing() {
    let (folder, ..) = labelled("fuse_broken");
    std::fs::write(folder.join("data/sad/broken.png"), b"no picture").unwrap();
    std::fs::remove_dir_all(folder.join("data/calm")).unwrap();
    let (input, output) = (save(&tiny::model(3), folder.join("in.safetensors")), text(folder.join("out.safetensors")));
    let ran =
        moue(&["fuse", "--data", &text(folder.join("data")), "--model", &input, "-o", &output, "--device", "cpu", "--json"]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(ran.stderr.contains("broken.png") && ran.stderr.contains("no picture of `calm`"), "{}", ran.stderr);
    assert_eq!(ran.records()[0]["images"], 6);
    assert!(Model::load(Path::new(&output)).is_ok());
}

#[test]
fn fuse_warns_where_the_ensemble_gains_nothing() {
    let (folder, ..) = labelled("fuse_vain");
    let model = tiny::model(3);
    let mut description = model.description;
    description.members.remove(2);
    description.members[1] = moue::weights::Member { name: "again".into(), ..description.members[0].clone() };
    description.fusion.weights = vec![0.9, 0.1];
    let same = Model::new(description.clone(), tiny::tensors(&description, 3)).unwrap();
    let (input, output) = (save(&same, folder.join("in.safetensors")), text(folder.join("out.safetensors")));
    let ran =
        moue(&["fuse", "--data", &text(folder.join("data")), "--model", &input, "-o", &output, "--device", "cpu", "--json"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stderr.contains("warning") && ran.stderr.contains("gains nothing"), "{}", ran.stderr);
    assert_eq!(ran.records()[0]["weights"], json!([0.5, 0.5]), "members that answer alike share evenly");
}

#[test]
fn fuse_refuses_what_it_cannot_do() {
    let (folder, ..) = labelled("fuse_misuse");
    let data = text(folder.join("data"));
    let (input, output) = (save(&tiny::model(3), folder.join("in.safetensors")), text(folder.join("out.safetensors")));
    let fuse = |data: &str, model: &str, output: &str| {
        moue(&["fuse", "--data", data, "--model", model, "-o", output, "--device", "cpu"])
    };
    let before = std::fs::read(&input).unwrap();
    refused(&fuse(&data, &input, &input), &["--output", "the model itself", "another name"]);
    refused(&fuse(&data, &input, &text(folder.join("data/../in.safetensors"))), &["--output", "another name"]);
    assert_eq!(std::fs::read(&input).unwrap(), before);
    refused(&fuse(&data, &input, &data), &["--output", "folder"]);
    let empty = scratch("fuse_empty");
    std::fs::create_dir(empty.join("happy")).unwrap();
    refused(&fuse(&text(&empty), &input, &output), &["--data", "no picture"]);
    std::fs::write(empty.join("happy/broken.png"), b"no picture").unwrap();
    refused(&fuse(&text(&empty), &input, &output), &["--data", "no face was read"]);
    let mut single = tiny::model(3).description;
    single.members.truncate(1);
    single.fusion.weights = vec![1.0];
    let single = Model::new(single.clone(), tiny::tensors(&single, 3)).unwrap();
    refused(&fuse(&data, &save(&single, folder.join("one.safetensors")), &output), &["--model", "`rgb`", "moue ensemble"]);
    refused(&moue(&["fuse", "--data", &data, "--model", &input]), &["--output"]);
    assert!(!Path::new(&output).exists());
}

#[test]
fn quantise_writes_the_model_that_the_library_makes() {
    let folder = scratch("quantise");
    let model = tiny::model(6);
    let (input, output) = (save(&model, folder.join("in.safetensors")), text(folder.join("new/out.safetensors")));
    let ran = moue(&["model", "quantise", &input, "-o", &output]);
    assert_eq!((ran.code, ran.stdout.len()), (Some(0), 0), "{}", ran.stderr);
    assert!(ran.stderr.contains("7 tensors in eight bits"), "{}", ran.stderr);
    let written = std::fs::read(&output).unwrap();
    assert_eq!(written, model.quantised().unwrap().to_bytes().unwrap());
    let twice = text(folder.join("twice.safetensors"));
    assert_eq!(moue(&["model", "quantise", &output, "--output", &twice]).code, Some(0));
    assert_eq!(std::fs::read(&twice).unwrap(), written);
    let carried = text(folder.join("default.safetensors"));
    assert_eq!(moue(&["model", "quantise", "default", "-o", &carried]).code, Some(0));
    assert_eq!(Model::load(Path::new(&carried)).unwrap().description, Model::embedded().unwrap().description);

    let before = std::fs::read(&input).unwrap();
    refused(&moue(&["model", "quantise", &input, "-o", &input]), &["--output", "the model itself", "another name"]);
    refused(&moue(&["model", "quantise", "none.safetensors", "-o", &output]), &["MODEL", "none.safetensors"]);
    refused(&moue(&["model", "quantise", "examples/astronaut.png", "-o", &output]), &["MODEL", "astronaut.png"]);
    refused(&moue(&["model", "quantise", &input]), &["--output"]);
    refused(&moue(&["model", "quantise", &input, "-o", &text(&folder)]), &["--output", "folder"]);
    assert_eq!((std::fs::read(&input).unwrap(), std::fs::read(&output).unwrap()), (before, written), "nothing was written over");
}

/// A picture with a row of tiles a face; two pictures for one place are refused.
#[test]
fn explain_draws_what_every_member_looked_at() {
    let folder = scratch("explain");
    let out = text(folder.join("why.png"));
    let ran = moue(&["analyze", "examples/astronaut.png", "--device", "cpu", "--explain", &out]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let drawn = image::open(&out).unwrap().into_rgb8();
    let photo = image::open("examples/astronaut.png").unwrap().into_rgb8();
    assert!(drawn.height() > photo.height() + 72 && drawn.width() >= photo.width(), "{:?}", drawn.dimensions());
    let changed = photo.enumerate_pixels().filter(|(x, y, pixel)| drawn.get_pixel(*x, *y) != *pixel);
    let (inside, outside): (Vec<_>, Vec<_>) = changed.partition(|(x, y, _)| (150..300).contains(x) && (40..200).contains(y));
    assert!(inside.len() > 400 && outside.is_empty(), "{} {}", inside.len(), outside.len());
    // A network that does not end in the mean over a map has none, and is drawn all the same.
    let model = save(&tiny::model(3), folder.join("tiny.safetensors"));
    let ran = moue(&["analyze", "examples/astronaut.png", "--device", "cpu", "--model", &model, "--explain", &out]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let both = moue(&["analyze", "examples/astronaut.png", "--device", "cpu", "--annotate", &out, "--explain", &out]);
    refused(&both, &["--explain", "another place"]);
}
