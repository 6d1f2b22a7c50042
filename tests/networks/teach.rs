//! What `moue teach` learns is the optimum: as near to scikit-learn's as that is to it.

use image::{Rgb, RgbImage};
use moue::teach::{Origin, Teacher, solve};
use moue::weights::Base;
use serde_json::Value;

/// As tests/goldens/teach.py makes them.
fn problem(count: usize, width: usize, turns: &[usize]) -> Vec<(Vec<f32>, usize)> {
    let classes = turns.iter().max().unwrap() + 1;
    let mut state = 1_u64;
    let mut face = |at: usize| {
        let label = turns[at % turns.len()];
        let mut value = |i: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let value = (state >> 48) as f32 / 65536.0 - 0.25 + if i % classes == label { 0.25 } else { 0.0 };
            if i == 7 { 0.5 } else { value.max(0.0) }
        };
        ((0..width).map(&mut value).collect(), label)
    };
    (0..count).map(&mut face).collect()
}

/// It guards the objective, its scaling and balance, and that Newton's method ends where it must. A tenth of a second.
#[test]
fn the_optimum_is_that_of_scikit_learn() {
    let golden: Value = serde_json::from_str(include_str!("../goldens/teach.json")).unwrap();
    let cases = golden["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 6);
    for case in cases {
        let number = |name: &str| case[name].as_u64().unwrap() as usize;
        let turns: Vec<usize> = case["labels"].as_array().unwrap().iter().map(|turn| turn.as_u64().unwrap() as usize).collect();
        let faces = problem(number("faces"), number("features"), &turns);
        let faces: Vec<(&[f32], usize)> = faces.iter().map(|(features, label)| (&features[..], *label)).collect();
        let strength = case["strength"].as_f64().unwrap();
        let (linear, objective, gradient) = solve(&faces, turns.iter().max().unwrap() + 1, strength).unwrap();
        let wanted = case["objective"].as_f64().unwrap();
        assert!(gradient <= 1e-9 && (objective - wanted).abs() < 1e-6, "{case}: {objective}, {gradient}");
        // Both answer the same up to what is added to all logits of a face.
        let logits = linear.logits(faces[0].0);
        let first: Vec<f64> = case["first"].as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect();
        for (a, b) in logits.iter().zip(&first) {
            assert!(((a - logits[0]) - (b - first[0])).abs() < 1e-3, "{case}: {logits:?}");
        }
    }
    let none: [(&[f32], usize); 2] = [(&[1.0], 0), (&[2.0], 0)];
    assert!(solve(&none, 2, 1.0).is_err() && solve(&[(&[f32::NAN], 0), (&[2.0], 1)], 2, 1.0).is_err());
}

/// Labels and faces come and go while faces are collected: what stays is of the labels that it was of. No other test takes any away. Half a second.
#[test]
fn labels_and_faces_come_and_go() {
    let mut teacher = Teacher::on(Base::carried().unwrap()).unwrap();
    let members = vec![vec![0.5; 4096]; teacher.reader().unwrap().description.members.len()];
    for label in ["wink", "rest", "smile"] {
        let at = teacher.add_label(label).unwrap();
        for gray in 0..=at as u8 {
            let crop = RgbImage::from_pixel(48, 48, Rgb([40 * at as u8 + gray; 3]));
            teacher.add_features(at, &members, crop, Origin::default()).unwrap();
        }
    }
    assert_eq!(teacher.counts(), [1, 2, 3]);
    for (name, part) in [("Rest", "`rest` and `Rest` differ in case only"), ("rest", "two labels `rest`"), (" ", "no name")] {
        let error = teacher.add_label(name).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
    assert!(teacher.rename_label(0, "smile").is_err() && teacher.rename_label(3, "grin").is_err());
    teacher.rename_label(1, "Rest").unwrap();
    teacher.remove_label(0).unwrap();
    teacher.remove(2).unwrap();
    assert!(teacher.remove(4).is_err() && teacher.remove_label(2).is_err());
    assert_eq!(teacher.labels(), ["Rest", "smile"]);
    let left: Vec<(u8, usize)> = teacher.crops().map(|(crop, label)| (crop.get_pixel(0, 0)[0], label)).collect();
    assert_eq!(left, [(40, 0), (41, 0), (81, 1), (82, 1)]);
    let error = teacher.teach("mine", |_, _| ()).unwrap_err().to_string();
    assert!(error.contains("`Rest` has 2, `smile` has 2: add pictures"), "{error}");
    teacher.remove_label(0).unwrap();
    assert!(teacher.teach("mine", |_, _| ()).unwrap_err().to_string().contains("one label, `smile`"));
}
