//! Answers beside what several people said.

use serde::Serialize;

use crate::ensemble::fusion::LEAST;
use crate::ensemble::{Reading, Truth};
use crate::recognizer::most_probable;
use crate::weights::Description;

/// Part of the people who gave an answer that is one of those to be expected.
const SOME: f64 = 1.0 / 3.0;

/// Counts of a run. A picture without a face was answered by nothing: every figure counts it as wrong, and the likelihood leaves it out.
#[derive(Debug)]
pub struct Votes {
    images: usize,
    read: usize,
    nll: f64,
    entropy: f64,
    some: usize,
    /// Rows: the label of the majority; columns: the label given.
    confusion: Vec<Vec<usize>>,
    majority: usize,
    members: Vec<(String, usize)>,
}

/// The counts as figures.
#[derive(Debug, Serialize)]
pub struct VotesReport {
    /// Pictures with votes.
    pub images: usize,
    /// Mean negative log-likelihood of the votes, nats.
    pub nll: f64,
    /// Mean divergence (Kullback and Leibler) of the answer from the votes, nats.
    pub divergence: f64,
    /// Share of the pictures whose label at least a third of the people gave.
    pub third: f64,
    /// Of pictures whose label more than half of the people gave, those alone with their answer left out.
    pub majority: Majority,
}

/// Figures of the pictures with a majority.
#[derive(Debug, Serialize)]
pub struct Majority {
    /// How many there are.
    pub images: usize,
    /// Share that was given the majority's label.
    pub accuracy: f64,
    /// Mean of the labels' F1, of labels that are a majority's somewhere.
    pub macro_f1: f64,
    /// Each member's accuracy.
    pub members: Vec<(String, f64)>,
}

impl Votes {
    /// Nothing counted yet.
    pub fn new(description: &Description) -> Self {
        let classes = description.labels.len();
        let members = description.members.iter().map(|member| (member.name.clone(), 0)).collect();
        let confusion = vec![vec![0; classes]; classes];
        Self { images: 0, read: 0, nll: 0.0, entropy: 0.0, some: 0, confusion, majority: 0, members }
    }

    /// Counts one picture.
    pub fn count(&mut self, truth: &Truth, reading: Option<&Reading>) {
        self.images += 1;
        self.majority += usize::from(truth.majority().is_some());
        let Some(reading) = reading else { return };
        self.read += 1;
        let given = most_probable(&reading.probabilities);
        for (share, p) in truth.shares().iter().zip(&reading.probabilities).filter(|(share, _)| **share > 0.0) {
            self.nll -= share * f64::from(*p).max(LEAST).ln();
            self.entropy -= share * share.ln();
        }
        self.some += usize::from(truth.shares().get(given).is_some_and(|share| *share >= SOME));
        let Some(label) = truth.majority() else { return };
        if let Some(cell) = self.confusion.get_mut(label).and_then(|row| row.get_mut(given)) {
            *cell += 1;
        }
        for ((_, right), own) in self.members.iter_mut().zip(&reading.members) {
            *right += usize::from(most_probable(own) == label);
        }
    }

    /// The figures so far.
    pub fn report(&self) -> VotesReport {
        let of = |part: usize, whole: usize| part as f64 / whole.max(1) as f64;
        let classes = 0..self.confusion.len();
        let right = |class: usize| self.confusion[class][class];
        let given = |class: usize| self.confusion.iter().map(|row| row[class]).sum::<usize>();
        let seen: Vec<usize> = classes.clone().filter(|&class| self.confusion[class].iter().any(|count| *count > 0)).collect();
        let f1 = |&class: &usize| of(2 * right(class), given(class) + self.confusion[class].iter().sum::<usize>());
        let read = self.read.max(1) as f64;
        VotesReport {
            images: self.images,
            nll: self.nll / read,
            divergence: (self.nll - self.entropy) / read,
            third: of(self.some, self.images),
            majority: Majority {
                images: self.majority,
                accuracy: of(classes.map(right).sum(), self.majority),
                macro_f1: seen.iter().map(f1).sum::<f64>() / seen.len().max(1) as f64,
                members: self.members.iter().map(|(name, right)| (name.clone(), of(*right, self.majority))).collect(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_figures_are_those_of_the_definitions() {
        let confusion = vec![vec![0; 2]; 2];
        let members = vec![("a".to_string(), 0)];
        let mut votes = Votes { images: 0, read: 0, nll: 0.0, entropy: 0.0, some: 0, confusion, majority: 0, members };
        let reading = |p: f32| Reading { probabilities: vec![p, 1.0 - p], members: vec![vec![1.0 - p, p]] };
        votes.count(&Truth::votes(&[8, 2], &[]).unwrap(), Some(&reading(0.75)));
        votes.count(&Truth::votes(&[5, 5], &[]).unwrap(), Some(&reading(0.25)));
        votes.count(&Truth::votes(&[0, 10], &[]).unwrap(), Some(&reading(0.75)));
        votes.count(&Truth::votes(&[0, 10], &[]).unwrap(), None);
        let found = votes.report();
        let nll = [0.8 * 0.75_f64.ln() + 0.2 * 0.25_f64.ln(), 0.5 * 0.25_f64.ln() + 0.5 * 0.75_f64.ln(), 0.25_f64.ln()];
        assert!((found.nll + nll.iter().sum::<f64>() / 3.0).abs() < 1e-12, "{found:?}");
        let entropy = -(0.8 * 0.8_f64.ln() + 0.2 * 0.2_f64.ln()) - 0.5_f64.ln();
        assert!((found.divergence - (found.nll - entropy / 3.0)).abs() < 1e-12, "{found:?}");
        assert_eq!((found.images, found.third), (4, 0.5));
        assert_eq!((found.majority.images, found.majority.accuracy), (3, 1.0 / 3.0));
        // Of the first label one of one, given twice; of the second none.
        assert!((found.majority.macro_f1 - (2.0 / 3.0 + 0.0) / 2.0).abs() < 1e-12, "{found:?}");
        assert_eq!(found.majority.members, [("a".to_string(), 1.0 / 3.0)]);
    }
}
