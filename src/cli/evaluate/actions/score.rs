//! Action units beside labels: precision, recall, F1, areas and what they are together. `moue.evaluate-actions/1`.

use serde::{Serialize, Serializer};

use crate::actions::{Actions, Unit, column, words};

/// What was read so far.
#[derive(Debug)]
pub struct Score {
    labels: Vec<String>,
    /// One a label: probability, whether it is present by the threshold, and whether it is there.
    read: Vec<Vec<(f32, bool, bool)>>,
    /// One a label: faces of which the model says nothing.
    unread: Vec<usize>,
    faces: usize,
    without: usize,
}

/// The figures.
#[derive(Debug, Serialize)]
pub struct Report {
    schema: &'static str,
    /// Pictures that the table names and that could be read.
    pub images: usize,
    /// Those that could not.
    pub unread: usize,
    /// Faces that were read, one a picture.
    pub faces: usize,
    /// Pictures in which no face was found: left out of all figures.
    pub without_face: usize,
    /// From which intensity of the table on a unit is there.
    pub present_from: f64,
    /// From which probability on it is said: `0.5`, `learned`.
    pub threshold: String,
    pub mean: Mean,
    /// |T and P| / |T or P|, T the units that are there and P those that are said, both summed over all faces: the Hamming score of Bocklisch and others (2015).
    pub multi_label_accuracy: Option<f64>,
    /// Share of all answers, of each face and unit, that are wrong.
    pub hamming_loss: Option<f64>,
    pub per_label: Labels,
    /// Units of the table that no face shows: recall and area are undefined.
    pub never_present: Vec<String>,
    /// Units of the table that the model does not read, in pictures.
    pub not_read: Vec<String>,
}

/// Means of the labels (macro), those that are there in some face.
#[derive(Debug, Serialize)]
pub struct Mean {
    pub labels: usize,
    /// A label that is never said counts as 0.
    pub precision: Option<f64>,
    pub recall: Option<f64>,
    pub f1: Option<f64>,
    /// Of labels that are there in some face and not in all.
    pub auc: Option<f64>,
}

/// Name -> figures, in the order of the table.
#[derive(Debug)]
pub struct Labels(pub Vec<(String, LabelReport)>);

/// One label.
#[derive(Debug, Serialize)]
pub struct LabelReport {
    /// What one sees.
    #[serde(skip)]
    pub words: &'static str,
    /// Faces of which the table says something.
    pub faces: usize,
    /// Those that show it.
    pub present: usize,
    /// Those that are said to show it.
    pub said: usize,
    /// Of what is said the share that is there; none where it is never said.
    pub precision: Option<f64>,
    /// Of what is there the share that is said; none where it is never there.
    pub recall: Option<f64>,
    /// 2 TP / (2 TP + FP + FN); none where it is never there.
    pub f1: Option<f64>,
    /// How often a face that shows it has a higher probability than one that does not, equal ones counting half: the area under the ROC. None without both.
    pub auc: Option<f64>,
}

impl Serialize for Labels {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(label, figures)| (label, figures)))
    }
}

impl Score {
    /// Nothing read yet of these labels.
    pub fn new(labels: &[String]) -> Self {
        let (read, unread) = (vec![Vec::new(); labels.len()], vec![0; labels.len()]);
        Self { labels: labels.to_vec(), read, unread, faces: 0, without: 0 }
    }

    /// What a face shows, for a model of labels `own`, beside what the table says.
    pub fn count(&mut self, shows: &[Option<bool>], own: &[String], actions: &Actions) {
        self.faces += 1;
        for (((label, shows), read), unread) in self.labels.iter().zip(shows).zip(&mut self.read).zip(&mut self.unread) {
            let unit: Option<Unit> =
                own.iter().position(|own| own == label).and_then(|at| actions.units.get(at).copied().flatten());
            match (unit, shows) {
                (Some(unit), Some(shows)) => read.push((unit.probability, unit.present, *shows)),
                (None, _) => *unread += 1,
                (Some(_), None) => {}
            }
        }
    }

    /// A picture without a face.
    pub fn miss(&mut self) {
        self.without += 1;
    }

    /// Faces so far.
    pub fn faces(&self) -> usize {
        self.faces
    }

    /// The figures so far.
    pub fn report(&self, unread: usize, present_from: f64, threshold: String) -> Report {
        let all = |unread: usize| self.faces > 0 && unread == self.faces;
        let named = |keep: &dyn Fn(usize) -> bool| -> Vec<String> {
            (0..self.labels.len()).filter(|&at| keep(at)).map(|at| column(&self.labels[at])).collect()
        };
        let there = |at: usize| self.read[at].iter().any(|(_, _, there)| *there);
        let not_read = named(&|at| all(self.unread[at]));
        let never_present = named(&|at| !all(self.unread[at]) && !there(at));
        let read = self.labels.iter().zip(&self.read).zip(&self.unread).filter(|(_, unread)| !all(**unread));
        let per_label: Vec<(String, LabelReport)> =
            read.map(|((label, read), _)| (column(label), LabelReport::of(label, read))).collect();
        let cells = || self.read.iter().flatten();
        let count = |keep: fn(bool, bool) -> bool| cells().filter(|(_, said, there)| keep(*said, *there)).count();
        Report {
            schema: "moue.evaluate-actions/1",
            images: self.faces + self.without,
            unread,
            faces: self.faces,
            without_face: self.without,
            present_from,
            threshold,
            mean: Mean::of(&per_label),
            multi_label_accuracy: share(count(|said, there| said && there), count(|said, there| said || there)),
            hamming_loss: share(count(|said, there| said != there), cells().count()),
            per_label: Labels(per_label),
            never_present,
            not_read,
        }
    }
}

impl Mean {
    fn of(per_label: &[(String, LabelReport)]) -> Self {
        let there: Vec<&LabelReport> = per_label.iter().map(|(_, own)| own).filter(|own| own.present > 0).collect();
        let mean = |values: Vec<f64>| (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64);
        Self {
            labels: there.len(),
            precision: mean(there.iter().map(|own| own.precision.unwrap_or(0.0)).collect()),
            recall: mean(there.iter().filter_map(|own| own.recall).collect()),
            f1: mean(there.iter().filter_map(|own| own.f1).collect()),
            auc: mean(there.iter().filter_map(|own| own.auc).collect()),
        }
    }
}

impl LabelReport {
    fn of(label: &str, read: &[(f32, bool, bool)]) -> Self {
        let present = read.iter().filter(|(_, _, there)| *there).count();
        let said = read.iter().filter(|(_, said, _)| *said).count();
        let hits = read.iter().filter(|(_, said, there)| *said && *there).count();
        Self {
            words: words(label).unwrap_or_default(),
            faces: read.len(),
            present,
            said,
            precision: share(hits, said),
            recall: share(hits, present),
            f1: share(2 * hits, said + present).filter(|_| present > 0),
            auc: area(read),
        }
    }
}

fn share(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// The area under the ROC, by ranks (Mann and Whitney); equal probabilities share theirs.
fn area(read: &[(f32, bool, bool)]) -> Option<f64> {
    let mut sorted: Vec<(f32, bool)> = read.iter().map(|(probability, _, there)| (*probability, *there)).collect();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut ranks, mut before) = (0.0, 0.0);
    for equal in sorted.chunk_by(|a, b| a.0 == b.0) {
        let (all, present) = (equal.len() as f64, equal.iter().filter(|(_, there)| *there).count() as f64);
        ranks += present * (before + (all + 1.0) / 2.0);
        before += all;
    }
    let present = sorted.iter().filter(|(_, there)| *there).count() as f64;
    let absent = sorted.len() as f64 - present;
    (present > 0.0 && absent > 0.0).then(|| (ranks - present * (present + 1.0) / 2.0) / (present * absent))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn report(rows: &[([Option<bool>; 4], [f32; 4])]) -> Value {
        let [labels, own] = [["12", "1", "45", "4"], ["4", "1", "12", "45"]].map(|labels| labels.map(String::from));
        let mut score = Score::new(&labels);
        for (shows, [twelve, one, _, four]) in rows {
            let unit = |probability: f32| Some(Unit { probability, intensity: None, present: probability >= 0.5 });
            let units = vec![unit(*four), unit(*one), unit(*twelve), None];
            score.count(shows, &own, &Actions { units, streams: Vec::new() });
        }
        score.miss();
        serde_json::to_value(score.report(3, 1.0, "0.5".into())).unwrap()
    }

    /// Pairs of a face that shows the unit and one that does not: the definition of the area, without ranks.
    fn pairs(read: &[(f32, bool)]) -> f64 {
        let (mut won, mut all) = (0.0, 0.0);
        for (high, _) in read.iter().filter(|(_, there)| *there) {
            for (low, _) in read.iter().filter(|(_, there)| !*there) {
                all += 1.0;
                won += if high > low {
                    1.0
                } else if high == low {
                    0.5
                } else {
                    0.0
                };
            }
        }
        won / all
    }

    #[test]
    fn the_figures_are_those_of_the_definitions() {
        let (yes, no) = (Some(true), Some(false));
        let found = report(&[
            ([yes, no, yes, no], [0.9, 0.1, 0.0, 0.2]),
            ([yes, no, yes, no], [0.5, 0.2, 0.0, 0.2]),
            ([no, yes, no, no], [0.5, 0.4, 0.0, 0.7]),
            ([no, None, no, no], [0.25, 0.9, 0.0, 0.1]),
            ([yes, yes, no, no], [0.25, 0.3, 0.0, 0.3]),
        ]);
        assert_eq!((&found["images"], &found["faces"], &found["without_face"]), (&json!(6), &json!(5), &json!(1)));
        // Present 3, said 3, right 2. Pairs: 0.9 wins two, 0.5 ties one and wins one, 0.25 ties one.
        let smile = &found["per_label"]["AU12"];
        assert_eq!((&smile["faces"], &smile["present"], &smile["said"]), (&json!(5), &json!(3), &json!(3)));
        assert_eq!(
            (&smile["precision"], &smile["recall"], &smile["f1"]),
            (&json!(2.0 / 3.0), &json!(2.0 / 3.0), &json!(2.0 / 3.0))
        );
        assert_eq!(smile["auc"], json!((2.0 + 1.5 + 0.5) / 6.0));
        // Never said: of four faces, for the table says nothing of one.
        let brow = &found["per_label"]["AU01"];
        assert_eq!(*brow, json!({"faces": 4, "present": 2, "said": 0, "precision": null, "recall": 0.0, "f1": 0.0, "auc": 1.0}));
        // Never there: what is said is false, and there is no area.
        let frown = &found["per_label"]["AU04"];
        assert_eq!(
            *frown,
            json!({"faces": 5, "present": 0, "said": 1, "precision": 0.0, "recall": null, "f1": null, "auc": null})
        );
        assert!(found["per_label"]["AU45"].is_null());
        assert_eq!((&found["never_present"], &found["not_read"]), (&json!(["AU04"]), &json!(["AU45"])));
        let mean = &found["mean"];
        assert_eq!((&mean["labels"], &mean["precision"], &mean["recall"]), (&json!(2), &json!(1.0 / 3.0), &json!(1.0 / 3.0)));
        assert_eq!((&mean["f1"], &mean["auc"]), (&json!(1.0 / 3.0), &json!((4.0 / 6.0 + 1.0) / 2.0)));
        // Right together: 2. There or said: 4 of AU12, 2 of AU01, 1 of AU04. Wrong: 2, 2 and 1 of 14.
        assert_eq!((&found["multi_label_accuracy"], &found["hamming_loss"]), (&json!(2.0 / 7.0), &json!(5.0 / 14.0)));
    }

    #[test]
    fn the_area_counts_pairs() {
        let values = [0.3, 0.3, 0.9, 0.1, 0.3, 0.9, 0.7, 0.1, 0.0, 1.0];
        for mask in 1..(1u32 << values.len()) - 1 {
            let read: Vec<(f32, bool)> = values.iter().enumerate().map(|(at, value)| (*value, mask >> at & 1 == 1)).collect();
            let all: Vec<_> = read.iter().map(|(value, there)| (*value, false, *there)).collect();
            assert!((area(&all).unwrap() - pairs(&read)).abs() < 1e-12, "{read:?}");
        }
        assert_eq!((area(&[(0.5, true, true)]), area(&[(0.5, true, false)])), (None, None));
    }
}
