//! Learning weights and temperature: what is found is the best there is.

use crate::common::Random;
use moue::ensemble::Truth;
use moue::ensemble::fusion::{Quality, learn_temperature, learn_weights, mean, mixture_weights, thousandths};

/// Of labels that were seen as often as one another.
fn of_labels(of_label: &[Vec<f64>]) -> moue::Result<Vec<f64>> {
    mixture_weights(of_label, &vec![1.0; of_label.first().map_or(0, Vec::len)])
}

fn truths(labels: &[usize], classes: usize) -> Vec<Truth> {
    labels.iter().map(|&label| Truth::label(label, classes)).collect()
}

fn uniform(random: &mut Random) -> f64 {
    (f64::from(random.unit()) + 1.0) / 2.0
}

/// What `members` give the labels of `faces` faces, of different sharpness.
fn synthetic(seed: u64, members: usize, faces: usize) -> Vec<Vec<f64>> {
    let mut random = Random(seed);
    (0..members).map(|m| (0..faces).map(|_| uniform(&mut random).powf(1.0 + m as f64 / 3.0).max(1e-6)).collect()).collect()
}

fn likelihood(of_label: &[Vec<f64>], weights: &[f64]) -> f64 {
    let faces = of_label[0].len();
    let face = |f: usize| of_label.iter().zip(weights).map(|(p, w)| p[f] * w).sum::<f64>().ln();
    (0..faces).map(face).sum::<f64>() / faces as f64
}

fn gradient(of_label: &[Vec<f64>], weights: &[f64]) -> Vec<f64> {
    let faces = of_label[0].len();
    let mixed = |f: usize| of_label.iter().zip(weights).map(|(p, w)| p[f] * w).sum::<f64>();
    of_label.iter().map(|p| (0..faces).map(|f| p[f] / mixed(f)).sum::<f64>() / faces as f64).collect()
}

/// Draws from a mixture of densities on eight values: the label's probability under a member is its density there.
#[test]
fn known_weights_are_found_again() {
    let truth = [0.6, 0.3, 0.1, 0.0];
    let mut random = Random(5);
    let densities: Vec<Vec<f64>> = (0..4)
        .map(|_| {
            let raw: Vec<f64> = (0..8).map(|_| uniform(&mut random).powi(4) + 1e-3).collect();
            let sum: f64 = raw.iter().sum();
            raw.into_iter().map(|p| p / sum).collect()
        })
        .collect();
    let mut draw = |weights: &[f64]| {
        let mut left = uniform(&mut random) * weights.iter().sum::<f64>();
        weights.iter().position(|w| (left -= w, left < 0.0).1).unwrap_or(weights.len() - 1)
    };
    let mut of_label = vec![Vec::new(); 4];
    for _ in 0..60_000 {
        let member = draw(&truth);
        let value = draw(&densities[member]);
        of_label.iter_mut().zip(&densities).for_each(|(to, density)| to.push(density[value]));
    }
    let found = of_labels(&of_label).unwrap();
    for (found, truth) in found.iter().zip(truth) {
        assert!((found - truth).abs() < 0.03, "{found} for {truth}");
    }
}

#[test]
fn the_karush_kuhn_tucker_conditions_hold() {
    for (seed, members, faces) in [(1, 2, 50), (2, 6, 400), (3, 20, 700), (4, 7, 3), (5, 3, 1)] {
        let of_label = synthetic(seed, members, faces);
        let weights = of_labels(&of_label).unwrap();
        assert!((weights.iter().sum::<f64>() - 1.0).abs() < 1e-12 && weights.iter().all(|&w| w >= 0.0));
        for (weight, slope) in weights.iter().zip(gradient(&of_label, &weights)) {
            assert!(slope < 1.0 + 1e-9, "seed {seed}: a slope of {slope} is left at weight {weight}");
            assert!(*weight < 1e-5 || slope > 1.0 - 1e-4, "seed {seed}: weight {weight} at a slope of {slope}");
        }
    }
}

#[test]
fn no_member_alone_and_no_plain_mean_is_likelier() {
    for seed in 10..20 {
        let members = 2 + (seed % 5) as usize;
        let of_label = synthetic(seed, members, 200);
        let best = likelihood(&of_label, &of_labels(&of_label).unwrap());
        assert!(best >= likelihood(&of_label, &vec![1.0 / members as f64; members]) - 1e-12);
        let mut random = Random(seed);
        for member in 0..members {
            let alone: Vec<f64> = (0..members).map(|m| f64::from(u8::from(m == member))).collect();
            assert!(best >= likelihood(&of_label, &alone) - 1e-12);
            let raw: Vec<f64> = (0..members).map(|_| uniform(&mut random)).collect();
            let sum: f64 = raw.iter().sum();
            assert!(best >= likelihood(&of_label, &raw.iter().map(|w| w / sum).collect::<Vec<_>>()) - 1e-12);
        }
    }
}

#[test]
fn members_that_answer_alike_share_evenly() {
    let one = synthetic(7, 1, 100).remove(0);
    let weights = of_labels(&std::array::from_fn::<_, 4, _>(|_| one.clone())).unwrap();
    assert!(weights.iter().all(|w| (w - 0.25).abs() < 1e-12), "{weights:?}");
    let other = synthetic(8, 3, 100).remove(2);
    let weights = of_labels(&[one.clone(), other, one]).unwrap();
    assert!((weights[0] - weights[2]).abs() < 1e-9, "{weights:?}");
}

#[test]
fn a_probability_of_nothing_rules_a_member_out_only_where_it_must() {
    let weights = of_labels(&[vec![1.0, 0.0], vec![0.0, 1.0]]).unwrap();
    assert!((weights[0] - 0.5).abs() < 1e-9, "{weights:?}");
    // The second face is lost whatever the weights.
    let weights = of_labels(&[vec![0.9, 0.0, 0.2], vec![0.1, 0.0, 0.1]]).unwrap();
    assert!(weights[0] > 0.999 && weights.iter().all(|w| w.is_finite()), "{weights:?}");
    assert_eq!(of_labels(&[vec![0.0], vec![0.0]]).unwrap(), [0.5, 0.5]);
    assert_eq!(of_labels(&[vec![0.3]]).unwrap(), [1.0]);
}

#[test]
fn what_is_no_probability_is_refused() {
    for wrong in [vec![], vec![vec![]], vec![vec![0.5], vec![0.5, 0.5]], vec![vec![f64::NAN]], vec![vec![-0.1]], vec![vec![1.5]]]
    {
        assert!(matches!(of_labels(&wrong), Err(moue::Error::Argument(_))), "{wrong:?}");
    }
    assert!(matches!(learn_temperature(&[], &[]), Err(moue::Error::Argument(_))));
    assert!(matches!(learn_temperature(&[vec![1.0]], &truths(&[1], 2)), Err(moue::Error::Argument(_))));
}

#[test]
fn thousandths_sum_to_one_and_are_nearest() {
    let mut random = Random(3);
    for members in 1..12 {
        let raw: Vec<f64> = (0..members).map(|_| uniform(&mut random)).collect();
        let sum: f64 = raw.iter().sum();
        let weights: Vec<f64> = raw.iter().map(|w| w / sum).collect();
        let rounded = thousandths(&weights);
        assert_eq!(rounded.iter().map(|w| (w * 1000.0).round() as u32).sum::<u32>(), 1000);
        assert!(rounded.iter().zip(&weights).all(|(r, w)| (r - w).abs() < 1e-3), "{rounded:?} {weights:?}");
    }
    assert_eq!(thousandths(&[1.0 / 3.0; 3]).iter().map(|w| (w * 1000.0).round() as u32).sum::<u32>(), 1000);
    assert_eq!(thousandths(&[0.3, 0.7]), [0.3, 0.7]);
}

/// Answers that are right as often as they say, made sharper or softer, are brought back.
#[test]
fn the_temperature_undoes_what_was_done() {
    let mut random = Random(11);
    let (mut honest, mut labels) = (Vec::new(), Vec::new());
    for _ in 0..4000 {
        let raw: Vec<f64> = (0..5).map(|_| uniform(&mut random).powi(3) + 1e-3).collect();
        let sum: f64 = raw.iter().sum();
        let row: Vec<f64> = raw.iter().map(|p| p / sum).collect();
        let mut left = uniform(&mut random);
        labels.push(row.iter().position(|p| (left -= p, left < 0.0).1).unwrap_or(4));
        honest.push(row);
    }
    for done in [0.4, 1.0, 2.5] {
        let bent: Vec<Vec<f64>> = honest.iter().map(|row| moue::reference::calibrate(row, done)).collect();
        let temperature = learn_temperature(&bent, &truths(&labels, 5)).unwrap();
        let labels = truths(&labels, 5);
        assert!((temperature * done - 1.0).abs() < 0.08, "{temperature} after {done}");
        let (before, after) = (Quality::of(&bent, &labels, 1.0), Quality::of(&bent, &labels, temperature));
        assert!(after.nll <= before.nll && after.accuracy == before.accuracy);
        assert!(after.ece < 0.03, "{after:?}");
        for other in [temperature * 0.98, temperature * 1.02] {
            assert!(Quality::of(&bent, &labels, other).nll >= after.nll - 1e-9);
        }
    }
}

#[test]
fn the_temperature_stays_within_the_format() {
    let always = vec![vec![0.6, 0.4]; 10];
    assert!((0.05..0.06).contains(&learn_temperature(&always, &truths(&[0; 10], 2)).unwrap()));
    assert!((19.0..=20.0).contains(&learn_temperature(&always, &truths(&[1; 10], 2)).unwrap()));
    let certain = vec![vec![1.0, 0.0]; 4];
    assert!((0.05..=20.0).contains(&learn_temperature(&certain, &truths(&[0, 0, 0, 1], 2)).unwrap()));
}

#[test]
fn quality_is_that_of_the_definitions() {
    let fused = [vec![0.9, 0.1], vec![0.6, 0.4], vec![0.3, 0.7], vec![0.0, 1.0]];
    let quality = Quality::of(&fused, &truths(&[0, 1, 1, 0], 2), 1.0);
    assert_eq!(quality.accuracy, 0.5);
    let nll = -(0.9_f64.ln() + 0.4_f64.ln() + 0.7_f64.ln() + moue::ensemble::fusion::LEAST.ln()) / 4.0;
    assert!((quality.nll - nll).abs() < 1e-12);
    // Four bins: |0.9 - 1|, |0.6 - 0|, |0.7 - 1|, |1 - 0|, a face each.
    assert!((quality.ece - (0.1 + 0.6 + 0.3 + 1.0) / 4.0).abs() < 1e-12, "{quality:?}");
    let mixed = mean(&[fused.to_vec(), vec![vec![0.5, 0.5]; 4]], &[0.5, 0.5]);
    assert!((mixed[0][0] - 0.7).abs() < 1e-12);
}

/// What ten people said weighs as ten faces that show what each of them did.
#[test]
fn votes_count_as_labels_of_as_many_faces() {
    let mut random = Random(21);
    let mut row = |sharp: i32| {
        let raw: [f64; 3] = std::array::from_fn(|_| uniform(&mut random).powi(sharp) + 1e-3);
        raw.map(|p| p / raw.iter().sum::<f64>()).to_vec()
    };
    let members: Vec<Vec<Vec<f64>>> = [1, 2, 4].map(|sharp| (0..40).map(|_| row(sharp)).collect()).to_vec();
    let votes: Vec<[u32; 3]> = (0..40).map(|face| [face % 7, 10 - face % 7 - face % 3, face % 3]).collect();
    let said: Vec<Truth> = votes.iter().map(|votes| Truth::votes(votes, &[]).unwrap()).collect();
    let one_by_one: Vec<(usize, usize)> = votes
        .iter()
        .enumerate()
        .flat_map(|(face, votes)| votes.iter().enumerate().flat_map(move |(class, &n)| vec![(face, class); n as usize]))
        .collect();
    let each: Vec<Vec<Vec<f64>>> =
        members.iter().map(|rows| one_by_one.iter().map(|(face, _)| rows[*face].clone()).collect()).collect();
    let labels = truths(&one_by_one.iter().map(|(_, class)| *class).collect::<Vec<_>>(), 3);
    let (weights, plain) = (learn_weights(&members, &said).unwrap(), learn_weights(&each, &labels).unwrap());
    assert!(weights.iter().zip(&plain).all(|(a, b)| (a - b).abs() < 1e-6), "{weights:?} {plain:?}");
    let [fused, each] = [&members, &each].map(|members| mean(members, &weights));
    assert_eq!(learn_temperature(&fused, &said).unwrap(), learn_temperature(&each, &labels).unwrap());
    let [quality, of_each] = [Quality::of(&fused, &said, 1.3), Quality::of(&each, &labels, 1.3)];
    assert!((quality.nll - of_each.nll).abs() < 1e-12 && (quality.ece - of_each.ece).abs() < 1e-12, "{quality:?} {of_each:?}");
    assert!(learn_weights(&members, &said[1..]).is_err());
}
