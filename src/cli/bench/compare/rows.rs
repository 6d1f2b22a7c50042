//! The results of several machines, those of the same measurement together.

use super::file::Machine;

/// One measurement on every machine.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Network.
    pub net: String,
    /// Images answered together.
    pub batch: u32,
    /// `f32` or `f16`.
    pub precision: String,
    /// Images a second on each machine; none where it was not measured.
    pub speeds: Vec<Option<f64>>,
}

impl Row {
    /// How many times as fast as the first machine each is.
    pub fn ratios(&self) -> Vec<Option<f64>> {
        let first = self.speeds.first().copied().flatten();
        self.speeds.iter().map(|speed| Some((*speed)? / first?)).collect()
    }
}

/// What any machine measured: in the order of the first that did, a network's batches together.
pub fn rows(machines: &[Machine]) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for (index, machine) in machines.iter().enumerate() {
        for entry in &machine.results {
            let same = |row: &&mut Row| row.net == entry.net && row.batch == entry.batch && row.precision == entry.precision;
            let row = match rows.iter_mut().find(same) {
                Some(row) => row,
                None => {
                    let at = rows.iter().rposition(|row| row.net == entry.net).map_or(rows.len(), |last| last + 1);
                    let (net, precision) = (entry.net.clone(), entry.precision.clone());
                    rows.insert(at, Row { net, batch: entry.batch, precision, speeds: vec![None; machines.len()] });
                    &mut rows[at]
                }
            };
            row.speeds[index].get_or_insert(entry.images_per_s);
        }
    }
    rows
}

/// A, B, ... Z, then numbers: what a machine is called in a column.
pub fn letter(index: usize) -> String {
    match u8::try_from(index) {
        Ok(index) if index < 26 => char::from(b'A' + index).to_string(),
        _ => (index + 1).to_string(),
    }
}

/// A number with three figures that count.
pub fn short(value: f64) -> String {
    match value {
        v if v >= 100.0 => format!("{v:.0}"),
        v if v >= 10.0 => format!("{v:.1}"),
        v if v >= 1.0 => format!("{v:.2}"),
        v => format!("{v:.3}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{from_value, json};

    #[test]
    fn measurements_stand_by_their_network_with_gaps_where_a_machine_has_none() {
        let machine = |results: &[(&str, u32, f64)]| -> Machine {
            let entry = |&(net, batch, speed): &(&str, u32, f64)| json!({"net": net, "batch": batch, "precision": "f32", "images_per_s": speed});
            let results: Vec<_> = results.iter().map(entry).collect();
            from_value(json!({"adapter": {"name": "x", "backend": "vulkan"}, "results": results})).unwrap()
        };
        let machines = [machine(&[("a", 1, 2.0), ("b", 1, 3.0)]), machine(&[("a", 8, 5.0), ("b", 1, 6.0), ("b", 1, 7.0)])];
        let found = rows(&machines);
        let plain: Vec<_> = found.iter().map(|row| (row.net.as_str(), row.batch, row.speeds.clone())).collect();
        assert_eq!(
            plain,
            [("a", 1, vec![Some(2.0), None]), ("a", 8, vec![None, Some(5.0)]), ("b", 1, vec![Some(3.0), Some(6.0)])]
        );
        assert_eq!(found.iter().map(|row| row.ratios()[1]).collect::<Vec<_>>(), [None, None, Some(2.0)]);
    }
}
