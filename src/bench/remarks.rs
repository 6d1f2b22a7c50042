//! What a reader of a report should know before its figures are believed, as sentences.

use super::measurement::Measurement;

/// What the repeats of `results` show. Those that show the same are named in one sentence.
pub fn remarks(results: &[Measurement]) -> Vec<String> {
    let mut found = Vec::new();
    let mut say = |start: &str, end: &str, named: Vec<String>| {
        if !named.is_empty() {
            found.push(format!("{start}: {}{end}", named.join("; ")));
        }
    };
    let of = |shows: &dyn Fn(&Measurement) -> Option<String>| -> Vec<String> { results.iter().filter_map(shows).collect() };
    let part = |change: f64| format!("{:.0} %", 100.0 * change.abs());
    let drifts = |slower: bool| {
        of(&|result| {
            let drift = result.signs.drift.filter(|drift| (*drift > 0.0) == slower)?;
            Some(format!("{}: {}", result.name(), part(drift)))
        })
    };
    say(
        "it became slower while it was measured, the last third of the repeats beside the first",
        " longer. Heat, or something else that began to run",
        drifts(true),
    );
    say(
        "it became faster while it was measured, the last third of the repeats beside the first",
        " less. Clocks that still rose, or something else that ended",
        drifts(false),
    );
    say(
        "the repeats fall in two groups, and the median says little",
        "",
        of(&|result| {
            result.signs.groups.map(|[low, high]| format!("{}: {:.2} and {:.2} ms", result.name(), 1e3 * low, 1e3 * high))
        }),
    );
    say(
        "some repeats took far longer than the others",
        "",
        of(&|result| {
            let (count, longest) = result.signs.outliers?;
            Some(format!("{}: {count} of {}, up to {:.2} ms", result.name(), result.repeats, 1e3 * longest))
        }),
    );
    say(
        "not known within 3 % when the time was up",
        "",
        of(&|result| {
            let known = match result.half_width() {
                _ if result.steady => return None,
                Some(width) => format!("{:.1} %", 100.0 * width),
                None => "fewer than 6 repeats".to_owned(),
            };
            Some(format!("{}: {known}", result.name()))
        }),
    );
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::signs::Signs;
    use crate::timing::Times;

    fn measured(net: &str, seconds: &[f64]) -> Measurement {
        let mut result = Measurement::new(net, 1, "f32", 0.5, &Times::new(seconds.to_vec()));
        result.signs = Signs::of(seconds);
        result
    }

    #[test]
    fn planted_faults_are_said_with_their_network_batch_and_precision() {
        let wave = |at: usize| 0.01 * (1.0 + 0.01 * ((at * 7) % 5) as f64);
        let times = |plant: &dyn Fn(usize) -> f64| -> Vec<f64> { (0..30).map(|at| wave(at) * plant(at)).collect() };
        let faults = [
            measured("slows", &times(&|at| if at < 15 { 1.0 } else { 1.2 })),
            measured("rises", &times(&|at| if at < 15 { 1.2 } else { 1.0 })),
            measured("two", &times(&|at| if at % 2 == 0 { 1.0 } else { 1.4 })),
            measured("outlier", &times(&|at| if at % 10 == 3 { 2.0 } else { 1.0 })),
            measured("few", &[0.01, 0.02]),
            measured("well", &times(&|_| 1.0)),
        ];
        let found = remarks(&faults);
        let said = |words: &[&str]| found.iter().any(|text| words.iter().all(|word| text.contains(word)));
        assert!(said(&["slower", "slows, f32, batch 1: 20 %", "longer"]), "{found:#?}");
        assert!(said(&["faster", "rises, f32, batch 1: 17 %"]), "{found:#?}");
        assert!(said(&["two groups", "two, f32, batch 1: 10."]), "{found:#?}");
        assert!(said(&["far longer", "outlier, f32, batch 1: 3 of 30, up to 20."]), "{found:#?}");
        assert!(said(&["3 %", "few, f32, batch 1: fewer than 6 repeats"]), "{found:#?}");
        assert!(!found.iter().any(|text| text.contains("well")), "{found:#?}");
        assert!(remarks(&[measured("well", &times(&|_| 1.0))]).is_empty());
    }
}
