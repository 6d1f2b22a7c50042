//! Parts for a test: no burst in two of them, and of every label about as many faces in each.

/// Parts that faces are cut into at most.
pub const MOST: usize = 5;

/// The part of each face, for as many parts as there can be, at most `most`: so that whichever is left out, every label is in the others. None where that
/// cannot be.
pub fn folds(bursts: &[usize], labels: &[usize], classes: usize, most: usize) -> Option<Vec<usize>> {
    (2..=most).rev().find_map(|parts| {
        let folds = cut(bursts, labels, classes, parts);
        let taught = |part: usize| {
            let mut there = vec![false; classes];
            folds.iter().zip(labels).filter(|(own, _)| **own != part).for_each(|(_, &label)| there[label] = true);
            there.into_iter().all(|there| there) && folds.contains(&part)
        };
        (0..parts).all(taught).then_some(folds)
    })
}

/// Bursts go, the largest first, where most room is left for their labels.
fn cut(bursts: &[usize], labels: &[usize], classes: usize, parts: usize) -> Vec<usize> {
    let mut totals = vec![0_usize; classes];
    labels.iter().for_each(|&label| totals[label] += 1);
    let mut groups: Vec<(usize, Vec<usize>)> = Vec::new();
    for (face, &burst) in bursts.iter().enumerate() {
        match groups.iter_mut().find(|(own, _)| *own == burst) {
            Some((_, faces)) => faces.push(face),
            None => groups.push((burst, vec![face])),
        }
    }
    groups.sort_by_key(|(burst, faces)| (std::cmp::Reverse(faces.len()), *burst));
    let mut counts = vec![vec![0_usize; classes]; parts];
    let mut folds = vec![0; bursts.len()];
    for (_, faces) in groups {
        let mut own = vec![0_usize; classes];
        faces.iter().for_each(|&face| own[labels[face]] += 1);
        // What the part would hold of each label, in shares of the label, squared: less where it holds less now.
        let cost = |part: &Vec<usize>| -> f64 {
            let share = |class: usize, count: usize| count as f64 / totals[class].max(1) as f64;
            (0..classes)
                .map(|class| share(class, own[class]) * (2.0 * share(class, part[class]) + share(class, own[class])))
                .sum()
        };
        let best = (0..parts).min_by(|&a, &b| cost(&counts[a]).total_cmp(&cost(&counts[b]))).unwrap_or(0);
        counts[best].iter_mut().zip(&own).for_each(|(count, own)| *count += own);
        faces.iter().for_each(|&face| folds[face] = best);
    }
    folds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_stays_together_and_every_part_has_of_every_label() {
        // Fifteen people, each with two faces of each of three labels.
        let bursts: Vec<usize> = (0..90).map(|face| face / 6).collect();
        let labels: Vec<usize> = (0..90).map(|face| face % 3).collect();
        let folds = folds(&bursts, &labels, 3, MOST).unwrap();
        for part in 0..MOST {
            for label in 0..3 {
                assert_eq!((0..90).filter(|&face| folds[face] == part && labels[face] == label).count(), 6);
            }
        }
        assert!((0..90).all(|face| folds[face] == folds[face / 6 * 6]));
    }

    #[test]
    fn fewer_bursts_make_fewer_parts_and_a_label_of_one_burst_none() {
        let labels = [0, 0, 0, 0, 1, 1, 1, 1];
        let parts = folds(&[0, 0, 1, 1, 2, 2, 3, 3], &labels, 2, MOST).unwrap();
        assert_eq!(*parts.iter().max().unwrap(), 1);
        assert_eq!(folds(&[0, 0, 1, 1, 2, 2, 2, 2], &labels, 2, MOST), None);
    }
}
