//! Counting answers: accuracy, classes, confusion, members. `moue.evaluate/1`.

use serde::{Serialize, Serializer};

use super::votes::VotesReport;
use crate::ensemble::Reading;
use crate::recognizer::most_probable;
use crate::weights::Description;

/// Counts of a run.
#[derive(Debug)]
pub struct Score {
    labels: Vec<String>,
    members: Vec<(String, f64, usize)>,
    confusion: Vec<Vec<usize>>,
    missed: Vec<usize>,
}

/// The counts as figures.
#[derive(Debug, Serialize)]
pub struct Report<'a> {
    schema: &'static str,
    /// Pictures that were read.
    pub images: usize,
    /// Share of them whose label is right.
    pub accuracy: f64,
    /// One a label.
    pub per_class: Classes<'a>,
    /// Rows: the true label; columns: the label given.
    pub confusion: &'a [Vec<usize>],
    /// One a member of the ensemble.
    pub members: Vec<MemberReport<'a>>,
    /// How the answers meet what several people said; then the figures above are of pictures to which one label was given most often.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub votes: Option<VotesReport>,
}

/// Label -> its figures, in the order of the labels.
#[derive(Debug)]
pub struct Classes<'a>(pub Vec<(&'a str, ClassReport)>);

/// One class.
#[derive(Debug, Serialize)]
pub struct ClassReport {
    /// Pictures of this class.
    pub images: usize,
    /// Share of them given this label (recall); none without pictures.
    pub accuracy: Option<f64>,
    /// Share of the pictures given this label that are of it; none where it was never given.
    pub precision: Option<f64>,
}

/// One member.
#[derive(Debug, Serialize)]
pub struct MemberReport<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its accuracy alone.
    pub accuracy: f64,
    /// Its weight in the fusion.
    pub weight: f64,
}

impl Serialize for Classes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(label, class)| (label, class)))
    }
}

impl Score {
    /// Nothing counted yet.
    pub fn new(description: &Description) -> Self {
        let classes = description.labels.len();
        let weight = |i: usize| description.fusion.weights.get(i).copied().unwrap_or(0.0);
        let members = description.members.iter().enumerate().map(|(i, member)| (member.name.clone(), weight(i), 0)).collect();
        let confusion = vec![vec![0; classes]; classes];
        Self { labels: description.labels.clone(), members, confusion, missed: vec![0; classes] }
    }

    /// Counts one answer.
    pub fn count(&mut self, class: usize, reading: &Reading) {
        if let Some(cell) = self.confusion.get_mut(class).and_then(|row| row.get_mut(most_probable(&reading.probabilities))) {
            *cell += 1;
        }
        for ((_, _, right), own) in self.members.iter_mut().zip(&reading.members) {
            *right += usize::from(most_probable(own) == class);
        }
    }

    /// Counts a picture in which no face was found: wrong, for the fusion and every member.
    pub fn miss(&mut self, class: usize) {
        if let Some(missed) = self.missed.get_mut(class) {
            *missed += 1;
        }
    }

    /// The figures so far.
    pub fn report(&self) -> Report<'_> {
        let in_class = |class: usize| self.confusion[class].iter().sum::<usize>() + self.missed[class];
        let right = |class: usize| self.confusion[class][class];
        let classes = 0..self.labels.len();
        let images: usize = classes.clone().map(in_class).sum();
        let share = |part: usize, whole: usize| (whole > 0).then(|| part as f64 / whole as f64);
        let class = |class: usize| ClassReport {
            images: in_class(class),
            accuracy: share(right(class), in_class(class)),
            precision: share(right(class), self.confusion.iter().map(|row| row[class]).sum()),
        };
        Report {
            schema: "moue.evaluate/1",
            images,
            accuracy: share(classes.clone().map(right).sum(), images).unwrap_or(0.0),
            per_class: Classes(classes.map(|i| (self.labels[i].as_str(), class(i))).collect()),
            confusion: &self.confusion,
            members: self
                .members
                .iter()
                .map(|(name, weight, right)| MemberReport {
                    name,
                    accuracy: share(*right, images).unwrap_or(0.0),
                    weight: *weight,
                })
                .collect(),
            votes: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score() -> Score {
        let labels = vec!["happy".to_string(), "sad".to_string()];
        let members = vec![("a".to_string(), 0.75, 0), ("b".to_string(), 0.25, 0)];
        Score { labels, members, confusion: vec![vec![0; 2]; 2], missed: vec![0; 2] }
    }

    fn reading(fused: [f32; 2], a: [f32; 2], b: [f32; 2]) -> Reading {
        Reading { probabilities: fused.into(), members: vec![a.into(), b.into()] }
    }

    #[test]
    fn the_figures_are_those_of_the_counts() {
        let mut score = score();
        score.count(0, &reading([0.9, 0.1], [0.8, 0.2], [0.4, 0.6]));
        score.count(0, &reading([0.6, 0.4], [0.6, 0.4], [0.1, 0.9]));
        score.count(1, &reading([0.7, 0.3], [0.2, 0.8], [0.9, 0.1]));
        score.miss(1);
        let json = serde_json::to_value(score.report()).unwrap();
        assert_eq!(json["images"], 4);
        assert_eq!(json["accuracy"], 0.5);
        assert_eq!(json["confusion"], serde_json::json!([[2, 0], [1, 0]]));
        assert_eq!(json["per_class"]["happy"], serde_json::json!({"images": 2, "accuracy": 1.0, "precision": 2.0 / 3.0}));
        assert_eq!(json["per_class"]["sad"], serde_json::json!({"images": 2, "accuracy": 0.0, "precision": null}));
        assert_eq!(json["members"][0], serde_json::json!({"name": "a", "accuracy": 0.75, "weight": 0.75}));
        assert_eq!(json["members"][1], serde_json::json!({"name": "b", "accuracy": 0.0, "weight": 0.25}));
    }
}
