//! `moue evaluate --actions`: the figures of action units, restated from what `analyze` answers; and what is said of tables and pictures that cannot be read.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::{moue, scratch, text};
use crate::tiny;

const ASTRONAUT: &str = "examples/astronaut.png";

/// Precision, recall, F1 and area of (probability, present, there), each counted in the plainest way.
fn restated(read: &[(f64, bool, bool)]) -> [Option<f64>; 4] {
    let count = |said: bool, there: bool| read.iter().filter(|own| (own.1, own.2) == (said, there)).count() as f64;
    let share = |part: f64, whole: f64| (whole > 0.0).then(|| part / whole);
    let (hits, false_alarms, missed) = (count(true, true), count(true, false), count(false, true));
    let (precision, recall) = (share(hits, hits + false_alarms), share(hits, hits + missed));
    let f1 = recall.map(|recall| match precision {
        Some(precision) if precision + recall > 0.0 => 2.0 * precision * recall / (precision + recall),
        _ => 0.0,
    });
    let there: Vec<f64> = read.iter().filter(|own| own.2).map(|own| own.0).collect();
    let absent: Vec<f64> = read.iter().filter(|own| !own.2).map(|own| own.0).collect();
    let won = |high: f64, low: f64| if high > low { 1.0 } else { f64::from(high == low) / 2.0 };
    let wins: f64 = there.iter().flat_map(|&high| absent.iter().map(move |&low| won(high, low))).sum();
    [precision, recall, f1, share(wins, (there.len() * absent.len()) as f64)]
}

fn faces(folder: &Path) {
    let picture = image::open(ASTRONAUT).unwrap();
    picture.save(folder.join("a.png")).unwrap();
    picture.save(folder.join("again.png")).unwrap();
    picture.fliph().save(folder.join("mirrored.png")).unwrap();
    picture.brighten(-60).save(folder.join("dark.png")).unwrap();
    image::GrayImage::from_pixel(200, 150, image::Luma([120])).save(folder.join("gray.png")).unwrap();
}

#[test]
fn the_figures_are_those_of_what_analyze_answers() {
    let folder = scratch("unit_labels");
    let model = text(folder.join("tiny.safetensors"));
    fs::write(&model, tiny::model(1).to_bytes().unwrap()).unwrap();
    let pictures = folder.join("pictures");
    fs::create_dir_all(&pictures).unwrap();
    faces(&pictures);
    let table = folder.join("labels.csv");
    // One face twice, once with a smile and once without: a tie.
    let rows = [("a.png", "1,0,3,1,0"), ("again.png", "0.5,,0,0,0"), ("mirrored.png", "0,1,5,0,0"), ("dark.png", "4,0,0.9,1,0")];
    let lines: Vec<String> = rows.iter().map(|(name, cells)| format!("{name},p1,{cells}\n")).collect();
    let more = "gray.png,p2,1,1,1,1,1\nabsent.png,p2,1,1,1,1,1\n";
    fs::write(&table, format!("file,person,AU12_r,AU1,AU04,AU06_c,AU21\n{}{more}", lines.concat())).unwrap();
    let [table, below, plot] = [&table, &pictures, &folder.join("units.svg")].map(text);
    let base = ["evaluate", "--actions", "--data", &table, "--pictures", &below, "--device", "cpu", "--model", &model];
    let ran = moue(&[&base[..], &["--json", "--plot", &plot]].concat());
    // One picture is not there; one has no face, which is an answer.
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(ran.stderr.contains("gray.png: no face found") && ran.stderr.contains("absent.png"), "{}", ran.stderr);
    assert!(ran.stderr.contains("1 of 6 pictures could not be read"), "{}", ran.stderr);
    let record = ran.records().remove(0);
    let counts = ["images", "unread", "faces", "without_face", "present_from", "threshold"].map(|key| record[key].clone());
    assert_eq!(counts, [json!(5), json!(1), json!(4), json!(1), json!(1.0), json!("0.5")]);
    assert_eq!((&record["schema"], &record["not_read"]), (&json!("moue.evaluate-actions/1"), &json!(["AU21"])));
    let answers: Vec<Value> = rows
        .iter()
        .map(|(name, _)| {
            let path = text(pictures.join(name));
            let arguments = ["analyze", &path, "--actions", "--json", "--faces", "largest", "--device", "cpu", "--model", &model];
            moue(&arguments).records().remove(0)["faces"][0]["actions"]["units"].clone()
        })
        .collect();
    let (mut together, mut either, mut wrong, mut all, mut areas) = (0, 0, 0, 0, Vec::new());
    for (unit, at) in [("AU12", 0), ("AU01", 1), ("AU04", 2), ("AU06", 3)] {
        let cell = |row: &str| row.split(',').nth(at).unwrap().parse::<f64>().ok();
        let read = rows.iter().zip(&answers).filter_map(|((_, row), own)| {
            let own = &own[unit];
            Some((own["probability"].as_f64().unwrap(), own["present"].as_bool().unwrap(), cell(row)? >= 1.0))
        });
        let read: Vec<(f64, bool, bool)> = read.collect();
        let figures = &record["per_label"][unit];
        let want = restated(&read);
        for (key, want) in ["precision", "recall", "f1", "auc"].into_iter().zip(want) {
            let found = figures[key].as_f64();
            let same = match (found, want) {
                (Some(found), Some(want)) => (found - want).abs() < 1e-12,
                (found, want) => found == want,
            };
            assert!(same, "{unit} {key}: {found:?}, not {want:?} of {read:?}");
        }
        assert_eq!(figures["faces"], read.len());
        areas.extend(want[3]);
        together += read.iter().filter(|own| own.1 && own.2).count();
        either += read.iter().filter(|own| own.1 || own.2).count();
        wrong += read.iter().filter(|own| own.1 != own.2).count();
        all += read.len();
    }
    // The tie of the smile is in it: she smiles, and in one of two equal pictures the table says so.
    assert!(areas.len() == 4 && answers[0] == answers[1] && (1..all).contains(&together), "{areas:?}");
    let close = |key: &str, want: f64| assert!((record[key].as_f64().unwrap() - want).abs() < 1e-12, "{key}: {}", record[key]);
    close("multi_label_accuracy", together as f64 / either as f64);
    close("hamming_loss", wrong as f64 / all as f64);
    assert!((record["mean"]["auc"].as_f64().unwrap() - areas.iter().sum::<f64>() / 4.0).abs() < 1e-12);
    let drawn = fs::read_to_string(&plot).unwrap();
    assert!(drawn.starts_with("<svg") && drawn.contains("lip corners up") && drawn.contains("2 of 4"), "{drawn}");
    // Higher intensities, other thresholds, and the table for people.
    let shown = moue(&[&base[..], &["--present-from", "4.5", "--threshold", "learned"]].concat());
    let shown = String::from_utf8(shown.stdout).unwrap();
    for words in [
        "4 faces of 5 pictures",
        "never there, so that recall and AUC are undefined: AU12, AU01",
        "AU21",
        "probability learned on",
    ] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
}

#[test]
fn what_is_no_table_of_units_or_reads_nothing_is_named() {
    let folder = scratch("unit_labels_wrong");
    let table = |name: &str, content: &str| {
        let path = folder.join(name);
        fs::write(&path, content).unwrap();
        text(path)
    };
    let good = table("good.csv", "file,AU12\na.png,1\n");
    let cases: [(&[&str], &str); 10] = [
        (&["--data", "absent.csv"], "absent.csv"),
        (&["--data", "tests"], "it is a folder"),
        (&["--data", &table("file.csv", "AU12,x\n1,2\n")], "no column `file`"),
        (&["--data", &table("units.csv", "file,happy\na.png,1\n")], "none of its columns is an action unit"),
        (&["--data", &table("value.csv", "file,AU12\na.png,7\n")], "line 2, column `AU12`: `7`"),
        (&["--data", &table("other.csv", "file,AU21,AU99\na.png,1,0\n")], "the model reads none of its units (21, 99)"),
        (&["--data", &good], "no face of its 1 pictures was read"),
        (&["--data", &good, "--pictures", "absent"], "--pictures"),
        (&["--data", &good, "--present-from", "0"], "--present-from"),
        (&["--data", &good, "--plot", &good], "--plot"),
    ];
    for (arguments, words) in cases {
        let ran = moue(&[&["evaluate", "--actions", "--device", "cpu"][..], arguments].concat());
        assert!(ran.code == Some(2) && ran.stdout.is_empty() && ran.stderr.contains(words), "{arguments:?}: {}", ran.stderr);
        assert!(!ran.stderr.contains("os error"), "{}", ran.stderr);
    }
    for more in [&["--faces", "largest"][..], &["--oversample"], &["--votes", &good]] {
        let ran = moue(&[&["evaluate", "--actions", "--data", &good][..], more].concat());
        assert!(ran.code == Some(2) && ran.stderr.contains("--actions"), "{more:?}: {}", ran.stderr);
    }
    let ran = moue(&["evaluate", "--data", "tests/pictures", "--present-from", "1"]);
    assert!(ran.code == Some(2) && ran.stderr.contains("--actions"), "{}", ran.stderr);
}
