//! The codes' distances, their embeddings and their colours, against the values of the paper's own files.
use std::{collections::BTreeMap, fmt::Write as _, path::PathBuf, sync::LazyLock};

use moue::lbp::{Embedding, Metric, Similarity, Table, computed, distance, distances, embed, published};

static REGULAR: LazyLock<Table> = LazyLock::new(|| computed(Metric::Regular));
static CYCLIC: LazyLock<Table> = LazyLock::new(|| computed(Metric::Cyclic));

fn table(metric: Metric) -> &'static Table {
    match metric {
        Metric::Regular => &REGULAR,
        Metric::Cyclic => &CYCLIC,
    }
}

/// A colour recovered from the published pictures, and the share of its code's pixels that show it.
struct Recovered {
    colour: [u8; 3],
    share: f64,
}

/// `luts/SOURCE.txt` beside the checkout; none where the data are not there.
fn recovered(metric: Metric) -> Option<BTreeMap<u8, Recovered>> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("../shared/data/luts/{metric}_lut_recovered.json"));
    let Ok(text) = std::fs::read_to_string(&path) else {
        println!("skipped: no {}", path.display());
        return None;
    };
    let codes: BTreeMap<String, ([u8; 3], f64, f64)> = serde_json::from_str(&text).unwrap();
    Some(
        codes
            .into_iter()
            .map(|(code, (colour, votes, total))| (code.parse().unwrap(), Recovered { colour, share: votes / total }))
            .collect(),
    )
}

/// The least share of votes with which a recovered colour is used.
const LEAST_SHARE: f64 = 0.8;

/// `from` brought onto the recovered colours, over the codes whose colours are sure and their own: the published pictures show 255 as 254.
fn aligned(from: &[[u8; 3]; 256], onto: &BTreeMap<u8, Recovered>) -> (Vec<[f64; 3]>, Vec<f64>) {
    let pairs: Vec<_> = onto
        .iter()
        .filter(|(code, to)| **code != 255 && to.share >= LEAST_SHARE)
        .map(|(code, to)| (from[usize::from(*code)].map(f64::from), to.colour.map(f64::from)))
        .collect();
    let similarity = Similarity::fit(&pairs).unwrap();
    let off = |(from, to): &([f64; 3], [f64; 3])| {
        similarity.apply(*from).iter().zip(to).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
    };
    let mut errors: Vec<f64> = pairs.iter().map(off).collect();
    errors.sort_by(f64::total_cmp);
    (from.iter().map(|colour| similarity.apply(colour.map(f64::from))).collect(), errors)
}

/// The source text of `src/lbp/published/METRIC.rs`.
fn published_source(metric: Metric, recovered: &BTreeMap<u8, Recovered>) -> String {
    let (brought, _) = aligned(&table(metric).colours, recovered);
    let mut filled = Vec::new();
    let mut text = format!(
        "//! The published {metric} table, written by `cargo test --release --test faces -- --ignored write_published`: see README.md.\n\n\
         pub(super) const COLOURS: [[u8; 3]; 256] = [\n"
    );
    for code in 0..=255_u8 {
        let colour = match recovered.get(&code) {
            Some(known) if known.share >= LEAST_SHARE => known.colour,
            _ => {
                filled.push(code);
                brought[usize::from(code)].map(|v| v.round() as u8)
            }
        };
        writeln!(text, "    {colour:?},").unwrap();
    }
    writeln!(text, "];\n\npub(super) const FILLED: [u8; {}] = {filled:?};", filled.len()).unwrap();
    text
}

fn published_file(metric: Metric) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("src/lbp/published/{metric}.rs"))
}

#[test]
fn distances_have_the_papers_values() {
    let sum = |metric| distances(metric).iter().flatten().sum::<u32>();
    let max = |metric| distances(metric).into_iter().flatten().max();
    assert_eq!([sum(Metric::Regular), sum(Metric::Cyclic)], [583_440, 451_884]);
    assert_eq!([max(Metric::Regular), max(Metric::Cyclic)], [Some(36), Some(36)]);
    for (metric, expected) in [(Metric::Regular, [8, 1, 7]), (Metric::Cyclic, [2, 1, 1])] {
        assert_eq!([(0, 1), (0, 128), (1, 128)].map(|(a, b)| distance(metric, a, b)), expected, "{metric}");
    }
    assert_eq!(distance(Metric::Regular, 0, 255), 36);
    assert_eq!(distance(Metric::Cyclic, 1, 64), 0);
}

#[test]
fn only_the_cyclic_distance_takes_different_codes_for_one() {
    let zeros =
        |metric| (0..=255).flat_map(|b| (0..b).map(move |a| (a, b))).filter(|&(a, b)| distance(metric, a, b) == 0).count();
    assert_eq!([zeros(Metric::Regular), zeros(Metric::Cyclic)], [0, 56]);
}

#[test]
fn distances_are_symmetric_and_zero_on_the_diagonal() {
    for metric in [Metric::Regular, Metric::Cyclic] {
        let all = distances(metric);
        for (a, row) in all.iter().enumerate() {
            assert_eq!(row[a], 0, "{metric} {a}");
            for (b, distance) in row.iter().enumerate() {
                assert_eq!(*distance, all[b][a], "{metric} {a} {b}");
            }
        }
    }
}

#[test]
fn metrics_are_read_and_written_by_name() {
    for metric in [Metric::Regular, Metric::Cyclic] {
        assert_eq!(metric.to_string().parse::<Metric>().unwrap(), metric);
    }
    assert!("round".parse::<Metric>().unwrap_err().to_string().contains("`regular` or `cyclic`"));
}

#[test]
fn stress_is_as_low_as_the_papers() {
    for (metric, most) in [(Metric::Regular, 0.0230), (Metric::Cyclic, 0.0860)] {
        let Embedding { points, stress, iterations } = embed(metric);
        println!("{metric}: stress-1 {stress:.6} after {iterations} iterations");
        assert!(stress <= most, "{metric}: {stress}");
        assert_eq!(table(metric).stress, Some(stress));
        let spread: [f64; 3] = std::array::from_fn(|axis| points.iter().map(|p| p[axis] * p[axis]).sum());
        assert!(spread[0] > spread[1] && spread[1] > spread[2], "{metric}: the axes' spreads are {spread:?}");
        let reported = stress_of(&points, &distances(metric));
        assert!((reported - stress).abs() < 1e-9, "{metric}: the points have a stress of {reported}, not {stress}");
    }
}

/// Stress-1 from its definition: disparities by the max-min formula of isotonic regression over the ordered pairs.
fn stress_of(points: &[[f64; 3]; 256], codes: &[[u32; 256]]) -> f64 {
    let length = |a: usize, b: usize| points[a].iter().zip(&points[b]).map(|(p, q)| (p - q).powi(2)).sum::<f64>().sqrt();
    let mut pairs: Vec<(u32, f64)> = (0..256).flat_map(|b| (0..b).map(move |a| (codes[a][b], length(a, b)))).collect();
    pairs.sort_by(|p, q| p.0.cmp(&q.0).then(p.1.total_cmp(&q.1)));
    // The disparity is the slope of the greatest convex minorant of the cumulative sums.
    let mut sums = vec![0.0];
    for (_, length) in &pairs {
        sums.push(sums[sums.len() - 1] + length);
    }
    let slope = |i: usize, j: usize| (sums[j] - sums[i]) / (j - i) as f64;
    let mut hull: Vec<usize> = Vec::new();
    for i in 0..sums.len() {
        while let [.., a, b] = hull[..]
            && slope(a, b) >= slope(b, i)
        {
            hull.pop();
        }
        hull.push(i);
    }
    let mut residual = 0.0;
    for knots in hull.windows(2) {
        let fitted = slope(knots[0], knots[1]);
        residual += pairs[knots[0]..knots[1]].iter().map(|(_, length)| (length - fitted).powi(2)).sum::<f64>();
    }
    (residual / pairs.iter().map(|(_, length)| length * length).sum::<f64>()).sqrt()
}

#[test]
fn computed_tables_span_all_levels() {
    for metric in [Metric::Regular, Metric::Cyclic] {
        let levels = || table(metric).colours.iter().flatten().copied();
        assert_eq!((levels().min(), levels().max()), (Some(0), Some(255)), "{metric}");
        assert!(table(metric).filled.is_empty(), "{metric}");
    }
}

#[test]
fn computed_tables_are_the_published_ones_but_for_the_turn() {
    for metric in [Metric::Regular, Metric::Cyclic] {
        let Some(recovered) = recovered(metric) else { return };
        let (_, errors) = aligned(&table(metric).colours, &recovered);
        let at = |share: f64| errors[((errors.len() - 1) as f64 * share) as usize];
        println!(
            "{metric}: {} codes, median {:.2}, 90th percentile {:.2}, most {:.2} levels",
            errors.len(),
            at(0.5),
            at(0.9),
            at(1.0)
        );
        assert!(at(0.5) <= 1.0 && at(0.9) <= 2.0, "{metric}: median {}, 90th percentile {}", at(0.5), at(0.9));
    }
}

#[test]
fn published_tables_mark_what_was_not_recovered() {
    assert_eq!(published(Metric::Regular).filled.len(), 47);
    assert!(published(Metric::Cyclic).filled.is_empty());
    for metric in [Metric::Regular, Metric::Cyclic] {
        let table = published(metric);
        assert_eq!(table.stress, None);
        assert_eq!(table.colours[255], table.colours[254], "{metric}: 255 is shown as 254");
    }
}

#[test]
fn published_tables_are_what_the_generator_writes() {
    for metric in [Metric::Regular, Metric::Cyclic] {
        let Some(recovered) = recovered(metric) else { return };
        assert_eq!(std::fs::read_to_string(published_file(metric)).unwrap(), published_source(metric, &recovered), "{metric}");
    }
}

#[test]
#[ignore = "writes src/lbp/published/"]
fn write_published() {
    for metric in [Metric::Regular, Metric::Cyclic] {
        let recovered = recovered(metric).expect("the recovered colours are needed");
        std::fs::write(published_file(metric), published_source(metric, &recovered)).unwrap();
    }
}
