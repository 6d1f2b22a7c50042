//! What `moue teach` learns is the optimum: as near to scikit-learn's as that is to it.

use moue::teach::solve;
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
