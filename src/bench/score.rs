//! One number for a machine: how many times as fast as the reference it is, over the figures of the fixed suite.

use serde::Serialize;

use super::fixed::{FIGURES, Part, REFERENCE, SUITE, find};
use super::measurement::Measurement;

/// The score of the reference.
const WHOLE: f64 = 100.0;

/// A value with the ends of its 95 % confidence interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Value {
    /// The value.
    pub value: f64,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// The geometric mean of the figures' ratios, times 100.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Score {
    /// Over all figures.
    #[serde(flatten)]
    pub whole: Value,
    /// The report whose score is 100.
    pub reference: &'static str,
    /// Over the figures of a part.
    pub parts: Parts,
    /// What it was made of.
    pub figures: Vec<Ratio>,
}

/// Scores of parts, of those that have a figure.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Parts {
    /// See [`Part::Latency`].
    pub latency: Option<Value>,
    /// See [`Part::Throughput`].
    pub throughput: Option<Value>,
    /// See [`Part::Memory`].
    pub memory: Option<Value>,
    /// See [`Part::EndToEnd`].
    pub end_to_end: Option<Value>,
}

/// One figure beside the reference's.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ratio {
    /// Network, precision and batch.
    pub name: String,
    /// Which part it counts for.
    pub part: &'static str,
    /// Images a second, in those of the reference.
    pub ratio: f64,
    /// The lower end of its interval.
    pub low: f64,
    /// The upper end.
    pub high: f64,
    #[serde(skip)]
    of: Part,
}

impl Score {
    /// Of the results that belong to the suite and whose median is known to an interval; none where there is no such.
    pub fn of(results: &[Measurement]) -> Option<Self> {
        let figures: Vec<Ratio> = results.iter().filter_map(Ratio::of).collect();
        let part = |part: Part| mean(figures.iter().filter(|figure| figure.of == part));
        let parts = Parts {
            latency: part(Part::Latency),
            throughput: part(Part::Throughput),
            memory: part(Part::Memory),
            end_to_end: part(Part::EndToEnd),
        };
        Some(Self { whole: mean(figures.iter())?, reference: REFERENCE, parts, figures })
    }

    /// How many figures it is made of, where it is not all of them.
    pub fn remark(&self) -> Option<String> {
        let (count, all) = (self.figures.len(), FIGURES.len());
        (count < all).then(|| {
            format!(
                "the score is over {count} of the {all} figures of {SUITE}: held beside another, it is over those that both have"
            )
        })
    }
}

impl Ratio {
    fn of(result: &Measurement) -> Option<Self> {
        let figure = find(&result.net, &result.precision, result.batch)?;
        let (low, high) = (result.low_ms?, result.high_ms?);
        // The reference is a unit: its own interval is none of the machine's that is measured in it.
        let against = |ms: f64| figure.reference_ms / ms;
        Some(Self {
            name: result.name(),
            part: figure.part.name(),
            ratio: against(result.median_ms),
            low: against(high),
            high: against(low),
            of: figure.part,
        })
    }
}

/// The geometric mean. Errors are taken as log-normal and those of figures as independent: the squares of the half widths of the logarithms add, below and above.
fn mean<'r>(ratios: impl Iterator<Item = &'r Ratio>) -> Option<Value> {
    let (mut count, mut sum, mut below, mut above) = (0.0, 0.0, 0.0, 0.0);
    for Ratio { ratio, low, high, .. } in ratios {
        count += 1.0;
        sum += ratio.ln();
        below += (ratio / low).ln().powi(2);
        above += (high / ratio).ln().powi(2);
    }
    let at = |log: f64| WHOLE * (log / count).exp();
    (count > 0.0).then(|| Value { value: at(sum), low: at(sum - below.sqrt()), high: at(sum + above.sqrt()) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timing::Times;

    /// The reference's own times, those of `net` so many times as fast, with repeats from 0.99 to 1.01 of the median.
    fn results(net: &str, faster: f64) -> Vec<Measurement> {
        let measured = FIGURES.iter().map(|figure| {
            let median = figure.reference_ms / 1e3 / if figure.net == net { faster } else { 1.0 };
            let times = (0..=20).map(|at| median * 1.01_f64.powf(f64::from(at - 10) / 5.0)).collect();
            Measurement::new(figure.net, figure.batch, figure.precision.name(), 0.1, &Times::new(times))
        });
        measured.collect()
    }

    #[test]
    fn the_reference_has_a_hundred_and_a_faster_figure_its_part() {
        let score = Score::of(&results("", 1.0)).unwrap();
        assert!((score.whole.value - 100.0).abs() < 1e-9 && score.remark().is_none(), "{score:?}");
        assert!(score.figures.iter().all(|figure| (figure.ratio - 1.0).abs() < 1e-9));
        let score = Score::of(&results("googlenet", 16.0)).unwrap();
        assert!((score.whole.value - 100.0 * 16_f64.powf(1.0 / 13.0)).abs() < 1e-6, "{:?}", score.whole);
        assert!((score.parts.latency.unwrap().value - 200.0).abs() < 1e-6, "one of four is 16 times as fast");
        assert!((score.parts.memory.unwrap().value - 100.0).abs() < 1e-6);
    }

    /// The table of the suite is that of the report that it names, whose own score follows from its own results.
    #[test]
    fn the_reference_is_the_report_that_is_kept() {
        let path = format!("{}/benches/results/{REFERENCE}.json", env!("CARGO_MANIFEST_DIR"));
        let report: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        assert_eq!((&report["suite"], &report["quick"]), (&SUITE.into(), &false.into()));
        let mut measured = Vec::new();
        for result in report["results"].as_array().unwrap() {
            let [low, median, high] = ["low_ms", "median_ms", "high_ms"].map(|key| result[key].as_f64().unwrap());
            let of = |key: &str| result[key].as_str().unwrap().to_owned();
            let (net, precision, batch) = (of("net"), of("precision"), result["batch"].as_u64().unwrap() as u32);
            let figure = find(&net, &precision, batch).unwrap_or_else(|| panic!("{net}, {precision}, batch {batch}"));
            assert!((figure.reference_ms / median - 1.0).abs() < 1e-4, "{figure:?}: {median}");
            let mut found = Measurement::new(&net, batch, &precision, 0.1, &Times::new(vec![median / 1e3; 6]));
            (found.low_ms, found.high_ms) = (Some(low), Some(high));
            measured.push(found);
        }
        assert_eq!(measured.len(), FIGURES.len());
        let own = serde_json::to_value(Score::of(&measured).unwrap()).unwrap();
        let near = |of: &serde_json::Value, other: &serde_json::Value| {
            ["value", "low", "high"]
                .iter()
                .all(|key| (of[key].as_f64().unwrap() / other[key].as_f64().unwrap() - 1.0).abs() < 1e-4)
        };
        let kept = &report["score"];
        assert!((kept["value"].as_f64().unwrap() - WHOLE).abs() < 1e-9 && kept["reference"] == REFERENCE, "{kept}");
        assert!(near(&own, kept), "{own} {kept}");
        for part in ["latency", "throughput", "memory", "end_to_end"] {
            assert!(near(&own["parts"][part], &kept["parts"][part]), "{part}: {own} {kept}");
        }
    }

    #[test]
    fn the_interval_of_a_mean_is_narrower_than_those_of_its_figures() {
        let score = Score::of(&results("", 1.0)).unwrap();
        let width = |value: Value| (value.high / value.low).ln();
        let of_figure = (score.figures[0].high / score.figures[0].low).ln();
        assert!((width(score.whole) / (of_figure / 13_f64.sqrt()) - 1.0).abs() < 1e-6, "{score:?}");
        assert!((width(score.parts.end_to_end.unwrap()) / (of_figure / 2_f64.sqrt()) - 1.0).abs() < 1e-6);
    }

    #[test]
    fn what_was_not_measured_or_not_often_enough_does_not_count_and_is_said() {
        let mut some = results("", 1.0);
        some.retain(|result| result.precision == "f32" && result.net != "photograph" && result.net != "video");
        some[0] = Measurement::new("default", 1, "f32", 0.1, &Times::new(vec![0.1; 5]));
        some.push(Measurement::new("vgg16", 1, "f32", 0.1, &Times::new(vec![0.1; 20])));
        let score = Score::of(&some).unwrap();
        assert_eq!((score.figures.len(), score.parts.end_to_end), (6, None));
        assert!(score.remark().is_some_and(|text| text.contains("6 of the 13 figures")));
        assert_eq!(Score::of(&[]), None);
    }
}
