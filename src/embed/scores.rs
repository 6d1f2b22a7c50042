//! How good vectors are: classes by neighbours, retrieval, clusters. Definitions are those of scikit-learn 1.7 (accuracy, precision, recall, F1, normalised mutual information
//! by the mean of both entropies) and of pytorch-metric-learning 2.9 (R-precision, MAP@R; K. Musgrave and others, "A Metric Learning Reality Check", 2020); Recall@K and Acc@K
//! are those of Marrero-Fernandez and others, arXiv 2001.06612.

use serde::Serialize;

/// Of answers, against the truth. Means are over classes that are there or were answered.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Classified {
    /// Share that is right.
    pub accuracy: f64,
    /// Mean share of the answers of a class that are right; 0 of a class that nobody answered.
    pub precision: f64,
    /// Mean share of a class that was answered right; 0 of a class that is not there.
    pub recall: f64,
    /// Mean over classes of the harmonic mean of both.
    pub f1: f64,
}

/// Of `answers` to `truth`, classes below `classes`.
pub fn classified(answers: &[usize], truth: &[usize], classes: usize) -> Classified {
    let (mut right, mut answered, mut there) = (vec![0_usize; classes], vec![0_usize; classes], vec![0_usize; classes]);
    for (&answer, &truth) in answers.iter().zip(truth) {
        answered[answer] += 1;
        there[truth] += 1;
        right[truth] += usize::from(answer == truth);
    }
    let share = |part: usize, whole: usize| if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
    let counted: Vec<usize> = (0..classes).filter(|&class| answered[class] + there[class] > 0).collect();
    let mean = |of: &dyn Fn(usize) -> f64| counted.iter().map(|&class| of(class)).sum::<f64>() / counted.len().max(1) as f64;
    Classified {
        accuracy: share(right.iter().sum(), truth.len()),
        precision: mean(&|class| share(right[class], answered[class])),
        recall: mean(&|class| share(right[class], there[class])),
        f1: mean(&|class| share(2 * right[class], answered[class] + there[class])),
    }
}

/// The class that most of the `nearest` have, nearest first; of several the one whose first stands first. The first class of none.
pub fn voted(nearest: &[usize], classes: usize) -> usize {
    let mut votes = vec![0_usize; classes];
    nearest.iter().for_each(|&class| votes[class] += 1);
    let most = votes.iter().max().copied().unwrap_or(0);
    nearest.iter().copied().find(|&class| votes[class] == most).unwrap_or(0)
}

/// What is retrieved among K.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Retrieved {
    /// Recall@K: share of queries of whose K nearest one at least has their class.
    pub recall: f64,
    /// Acc@K: mean share of the K nearest that have it.
    pub share: f64,
}

/// Of queries of these classes, whose nearest have the classes `nearest`, K of them at least.
pub fn retrieved(nearest: &[Vec<usize>], truth: &[usize], k: usize) -> Retrieved {
    let (mut hits, mut shares) = (0_usize, 0.0);
    for (nearest, class) in nearest.iter().zip(truth) {
        let own = nearest.iter().take(k).filter(|&near| near == class).count();
        hits += usize::from(own > 0);
        shares += own as f64 / k.min(nearest.len()).max(1) as f64;
    }
    let count = truth.len().max(1) as f64;
    Retrieved { recall: hits as f64 / count, share: shares / count }
}

/// What is retrieved among R, the number of others of a query's class.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Ranked {
    /// Mean share of the R nearest that have the query's class.
    pub r_precision: f64,
    /// Mean over those of the R nearest that have it of the share up to each, divided by R.
    pub map_at_r: f64,
}

/// Of queries of these classes, whose nearest others have the classes `nearest`, R of them at least. A query that is alone in its class is left out.
pub fn ranked(nearest: &[Vec<usize>], truth: &[usize], classes: usize) -> Ranked {
    let mut others = vec![0_usize; classes];
    truth.iter().for_each(|&class| others[class] += 1);
    let (mut r_precision, mut map_at_r, mut count) = (0.0, 0.0, 0_usize);
    for (nearest, &class) in nearest.iter().zip(truth) {
        let r = others[class] - 1;
        if r == 0 {
            continue;
        }
        let (mut hits, mut precisions) = (0_usize, 0.0);
        for (place, &near) in (1_usize..).zip(nearest.iter().take(r)) {
            if near == class {
                hits += 1;
                precisions += hits as f64 / place as f64;
            }
        }
        r_precision += hits as f64 / r as f64;
        map_at_r += precisions / r as f64;
        count += 1;
    }
    let count = count.max(1) as f64;
    Ranked { r_precision: r_precision / count, map_at_r: map_at_r / count }
}

/// Mutual information of two ways to divide the same things, over the mean of their entropies; 1 where neither divides.
pub fn mutual_information(clusters: &[usize], classes: &[usize]) -> f64 {
    let most = |of: &[usize]| of.iter().max().map_or(0, |most| most + 1);
    let (rows, columns) = (most(clusters), most(classes));
    let mut table = vec![0.0_f64; rows * columns];
    let total = clusters.len().max(1) as f64;
    clusters.iter().zip(classes).for_each(|(&cluster, &class)| table[cluster * columns + class] += 1.0 / total);
    let across: Vec<f64> = (0..rows).map(|row| table[row * columns..(row + 1) * columns].iter().sum()).collect();
    let down: Vec<f64> = (0..columns).map(|column| (0..rows).map(|row| table[row * columns + column]).sum()).collect();
    let entropy = |shares: &[f64]| -shares.iter().filter(|&&p| p > 0.0).map(|p| p * p.ln()).sum::<f64>();
    let mean = 0.5 * (entropy(&across) + entropy(&down));
    if mean <= 0.0 {
        return 1.0;
    }
    let mut mutual = 0.0;
    for (row, a) in across.iter().enumerate() {
        for (column, b) in down.iter().enumerate() {
            let both = table[row * columns + column];
            if both > 0.0 {
                mutual += both * (both / (a * b)).ln();
            }
        }
    }
    (mutual / mean).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(got: f64, want: f64) {
        assert!((got - want).abs() < 1e-12, "{got}, and {want} is right");
    }

    /// What scikit-learn says of the same: precision_recall_fscore_support(average="macro"), normalized_mutual_info_score.
    #[test]
    fn classes_are_scored_as_scikit_learn_does() {
        let found = classified(&[0, 1, 1, 3, 2, 2], &[0, 1, 2, 2, 2, 0], 5);
        near(found.accuracy, 0.5);
        near(found.precision, 0.5);
        near(found.recall, (0.5 + 1.0 + 1.0 / 3.0) / 4.0);
        near(found.f1, (2.0 / 3.0 + 2.0 / 3.0 + 0.4) / 4.0);
        near(mutual_information(&[0, 0, 1, 1], &[1, 1, 0, 0]), 1.0);
        near(mutual_information(&[0, 0, 0, 0], &[0, 1, 0, 1]), 0.0);
        near(mutual_information(&[0, 0, 0, 1], &[0, 0, 1, 1]), 0.343_711_018_485_450_8);
    }

    #[test]
    fn of_equal_votes_the_nearest_decides() {
        assert_eq!(voted(&[2, 1, 1, 2, 0], 3), 2);
        assert_eq!(voted(&[2, 1, 1], 3), 1);
        assert_eq!(voted(&[], 3), 0);
    }

    #[test]
    fn what_is_retrieved_is_counted_among_k_and_among_r() {
        // Classes 0, 0, 0 and 1; R is 2 of the first, and nothing of the last.
        let (truth, nearest) = ([0, 0, 0, 1], [vec![0, 1, 0], vec![1, 0, 0], vec![1, 1, 0], vec![0, 0, 0]]);
        let found = retrieved(&nearest, &truth, 2);
        near(found.recall, 0.5);
        near(found.share, 0.25);
        let found = ranked(&nearest, &truth, 2);
        near(found.r_precision, (0.5 + 0.5) / 3.0);
        near(found.map_at_r, (0.5 + 0.25) / 3.0);
    }
}
