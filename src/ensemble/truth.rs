//! What faces show, as people said.

/// What a face shows: a label, or how many people gave it each.
#[derive(Debug, Clone, PartialEq)]
pub struct Truth {
    shares: Vec<f64>,
    label: Option<usize>,
    majority: Option<usize>,
}

impl Truth {
    /// The label `class` of `classes`.
    pub fn label(class: usize, classes: usize) -> Self {
        let shares = (0..classes).map(|at| f64::from(u8::from(at == class))).collect();
        Self { shares, label: Some(class), majority: Some(class) }
    }

    /// How many people gave each label, and how many each of `others`, such as "unknown". `None` where nobody gave a label, or more gave one of the others than
    /// any label.
    pub fn votes(labels: &[u32], others: &[u32]) -> Option<Self> {
        let most = labels.iter().copied().max().filter(|&most| most > 0)?;
        let most_else = others.iter().copied().max().unwrap_or(0);
        if most_else > most {
            return None;
        }
        let all: u32 = labels.iter().sum();
        let with = |count: u32| labels.iter().position(|&other| other == count);
        let once = labels.iter().filter(|&&count| count == most).count() == 1 && most_else < most;
        // FER+'s rule: what one person alone says does not count.
        let heard: u32 = labels.iter().chain(others).filter(|&&count| count > 1).sum();
        Some(Self {
            shares: labels.iter().map(|&count| f64::from(count) / f64::from(all)).collect(),
            label: with(most).filter(|_| once),
            majority: with(most).filter(|_| most > 1 && 2 * most > heard),
        })
    }

    /// The share of the people who gave each label, of those who gave one: sum 1.
    pub fn shares(&self) -> &[f64] {
        &self.shares
    }

    /// The label that most people gave; none where two have as many.
    pub fn most(&self) -> Option<usize> {
        self.label
    }

    /// The label that more than half of them gave, those alone with their answer left out.
    pub fn majority(&self) -> Option<usize> {
        self.majority
    }
}

#[cfg(test)]
mod tests {
    use super::Truth;

    #[test]
    fn shares_are_of_those_who_gave_a_label() {
        let truth = Truth::votes(&[6, 2, 0], &[2]).unwrap();
        assert_eq!((truth.shares(), truth.most(), truth.majority()), (&[0.75, 0.25, 0.0][..], Some(0), Some(0)));
        assert_eq!(Truth::label(1, 3).shares(), [0.0, 1.0, 0.0]);
    }

    #[test]
    fn a_tie_has_no_label_and_half_is_no_majority() {
        let tie = Truth::votes(&[4, 4, 2], &[]).unwrap();
        assert_eq!((tie.most(), tie.majority()), (None, None));
        let tied_with_another = Truth::votes(&[5, 0], &[5]).unwrap();
        assert_eq!((tied_with_another.most(), tied_with_another.majority()), (None, None));
        // Of ten, two are alone with what they say: five of eight are more than half.
        let truth = Truth::votes(&[5, 3, 1], &[1]).unwrap();
        assert_eq!((truth.most(), truth.majority()), (Some(0), Some(0)));
        assert_eq!(Truth::votes(&[4, 2, 2], &[2]).unwrap().majority(), None);
        assert_eq!(Truth::votes(&[1, 0], &[]).unwrap().majority(), None);
    }

    #[test]
    fn what_most_people_could_not_name_shows_nothing() {
        assert_eq!(Truth::votes(&[0, 0], &[10]), None);
        assert_eq!(Truth::votes(&[3, 0], &[4]), None);
        assert_eq!(Truth::votes(&[0, 0], &[]), None);
    }
}
