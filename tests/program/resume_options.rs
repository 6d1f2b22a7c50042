//! `analyze --resume`: what failed is tried again, and records of other options are refused.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{Ran, moue, scratch, text};
use image::{GrayImage, Luma};
use serde_json::Value;

fn picture(path: &Path, side: u32) {
    GrayImage::from_fn(side, side, |x, y| Luma([(x * y) as u8])).save(path).unwrap();
}

/// Three pictures, of which the second is none yet.
fn folder(name: &str) -> PathBuf {
    let folder = scratch(name);
    fs::create_dir(folder.join("photos")).unwrap();
    picture(&folder.join("photos/a.png"), 40);
    fs::write(folder.join("photos/b.png"), b"").unwrap();
    picture(&folder.join("photos/c.png"), 50);
    folder
}

fn resume(folder: &Path, flags: &[&str]) -> Ran {
    let (photos, file) = (text(folder.join("photos")), text(folder.join("r.jsonl")));
    moue(&[&["analyze", &photos, "--resume", &file, "--device", "cpu"], flags].concat())
}

fn records(folder: &Path) -> Vec<Value> {
    let text = fs::read_to_string(folder.join("r.jsonl")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn what_failed_is_tried_again_and_its_record_keeps_its_place() {
    let folder = folder("retried");
    let first = resume(&folder, &[]);
    assert_eq!(first.code, Some(1), "{}", first.stderr);
    assert!(records(&folder)[1]["error"].as_str().unwrap().contains("empty"));
    let before = fs::read(folder.join("r.jsonl")).unwrap();

    // Still broken: said, and the file is as it was.
    let again = resume(&folder, &[]);
    assert_eq!(again.code, Some(1), "{}", again.stderr);
    assert!(again.stderr.contains("2 of 3 inputs were answered before; 1 could not be, and are tried again"), "{}", again.stderr);
    assert_eq!(fs::read(folder.join("r.jsonl")).unwrap(), before);

    // Mended, while another picture came.
    picture(&folder.join("photos/b.png"), 60);
    picture(&folder.join("photos/d.png"), 70);
    let mended = resume(&folder, &[]);
    assert_eq!(mended.code, Some(0), "{}", mended.stderr);
    let found = records(&folder);
    let widths: Vec<_> = found.iter().map(|record| record["width"].as_u64().unwrap()).collect();
    assert_eq!(widths, [40, 60, 50, 70]);
    assert!(found.iter().all(|record| record["error"].is_null()));
    let left: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "nothing is left beside the file: {left:?}");
    let idle = resume(&folder, &[]);
    assert!(idle.code == Some(0) && idle.stderr.contains("4 of 4 inputs were answered before\n"), "{}", idle.stderr);
}

#[test]
fn an_input_that_is_named_twice_is_tried_twice() {
    let folder = folder("retried_twice");
    let (broken, file) = (text(folder.join("photos/b.png")), text(folder.join("r.jsonl")));
    let run = || moue(&["analyze", &broken, &broken, "--resume", &file, "--device", "cpu"]);
    assert_eq!(run().code, Some(1));
    picture(&folder.join("photos/b.png"), 60);
    assert_eq!(run().code, Some(0));
    assert_eq!(records(&folder).iter().filter(|record| record["width"] == 60).count(), 2);
}

#[test]
fn records_made_with_other_options_are_refused_by_the_name_of_the_option() {
    let folder = folder("options");
    fs::remove_file(folder.join("photos/b.png")).unwrap();
    let model = text(folder.join("tiny.moue"));
    crate::tiny::model(1).save(Path::new(&model)).unwrap();
    assert_eq!(resume(&folder, &["--faces", "largest"]).code, Some(0));
    let held = fs::read(folder.join("r.jsonl")).unwrap();
    for (flags, words) in [
        (&[][..], "--faces `largest`, this run has `all`"),
        (&["--faces", "none"], "--faces `largest`, this run has `none`"),
        (&["--faces", "largest", "--oversample"], "without --oversample"),
        (&["--faces", "largest", "--model", &model], "of the model `default`, this run's is `tiny`"),
    ] {
        let ran = resume(&folder, flags);
        assert_eq!(ran.code, Some(2), "{}", ran.stderr);
        assert!(["--resume", words, "name another"].iter().all(|word| ran.stderr.contains(word)), "{}", ran.stderr);
        assert_eq!(fs::read(folder.join("r.jsonl")).unwrap(), held);
    }
    assert_eq!(resume(&folder, &["--faces", "largest"]).code, Some(0));
}

#[test]
fn another_model_of_the_same_name_is_refused() {
    let folder = folder("weights");
    fs::remove_file(folder.join("photos/b.png")).unwrap();
    let model = text(folder.join("tiny.moue"));
    let flags = ["--faces", "none", "--model", &model];
    crate::tiny::model(1).save(Path::new(&model)).unwrap();
    assert_eq!(resume(&folder, &flags).code, Some(0));
    crate::tiny::model(2).save(Path::new(&model)).unwrap();
    let ran = resume(&folder, &flags);
    assert!(ran.code == Some(2) && ran.stderr.contains("another model of the name `tiny`"), "{}", ran.stderr);
}

#[test]
fn records_that_do_not_say_their_options_are_taken_with_a_warning() {
    let folder = folder("unsaid");
    fs::remove_file(folder.join("photos/b.png")).unwrap();
    let printed = moue(&["analyze", &text(folder.join("photos/a.png")), "--json", "--device", "cpu"]);
    // As an editor leaves it, with a byte-order mark.
    fs::write(folder.join("r.jsonl"), [b"\xEF\xBB\xBF", &printed.stdout[..]].concat()).unwrap();
    let ran = resume(&folder, &[]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stderr.contains("1 of its records do not say") && ran.stderr.contains("1 of 2 inputs"), "{}", ran.stderr);
}

#[test]
fn the_documented_fields_of_a_record_come_first_and_the_options_behind_them() {
    let folder = folder("fields");
    resume(&folder, &["--faces", "none"]);
    let line = fs::read_to_string(folder.join("r.jsonl")).unwrap();
    let line = line.lines().next().unwrap();
    let places: Vec<_> =
        ["schema", "input", "width", "height", "faces", "error", "options"].map(|key| line.rfind(&format!("\"{key}\":"))).into();
    assert!(places.iter().all(Option::is_some), "{line}");
    let options = &records(&folder)[0]["options"];
    assert_eq!(
        (&options["model"], &options["faces"], &options["oversample"]),
        (&"default".into(), &"none".into(), &false.into())
    );
}
