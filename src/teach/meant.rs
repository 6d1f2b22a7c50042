//! Which face of a picture is meant, and which labels of another model mean the same.

use crate::recognizer::AnalyzedFace;

/// The face of a picture that its label is of: of several the largest, where it is at least twice as large as the next.
pub fn face(faces: &[AnalyzedFace]) -> Option<&AnalyzedFace> {
    let area = |face: &&AnalyzedFace| u64::from(face.rect.width) * u64::from(face.rect.height);
    let mut sorted: Vec<&AnalyzedFace> = faces.iter().collect();
    sorted.sort_by_key(|face| std::cmp::Reverse(area(face)));
    match sorted[..] {
        [] => None,
        [only] => Some(only),
        [first, second, ..] => (area(&first) >= 2 * area(&second)).then_some(first),
    }
}

/// For each of `labels` the position of that of `known` which means the same, by its name or by `same` (`grin=happy`): where all have one, and none that of another.
///
/// # Errors
/// In words: what of `same` cannot be.
pub fn labels(same: &[String], labels: &[String], known: &[String]) -> Result<Option<Vec<usize>>, String> {
    let place = |list: &[String], label: &str| list.iter().position(|own| own.to_lowercase() == label.trim().to_lowercase());
    let mut meant: Vec<Option<usize>> = labels.iter().map(|label| place(known, label)).collect();
    for pair in same {
        let (own, other) =
            pair.split_once('=').ok_or_else(|| format!("`{pair}`: give your label and the model's, as grin=happy"))?;
        let at = place(labels, own).ok_or_else(|| format!("`{own}` is none of your labels: {}", labels.join(", ")))?;
        let of = place(known, other).ok_or_else(|| format!("`{other}` is none of the model's labels: {}", known.join(", ")))?;
        meant[at] = Some(of);
    }
    let Some(meant) = meant.into_iter().collect::<Option<Vec<usize>>>() else {
        if same.is_empty() {
            return Ok(None);
        }
        return Err(format!("each of your labels needs one of the model's: {}", known.join(", ")));
    };
    let twice = meant.iter().enumerate().any(|(at, own)| meant[..at].contains(own));
    if twice && !same.is_empty() {
        return Err("two of your labels are the same one of the model's: they cannot be compared".into());
    }
    Ok((!twice).then_some(meant))
}

/// The position of the label that another model answers, by the `probabilities` of its own labels, among those that [`labels`] found.
pub fn answer(meant: &[usize], probabilities: &[f32]) -> usize {
    let chance = |label: usize| probabilities.get(meant[label]).copied().unwrap_or(0.0);
    let larger = |best: usize, at: usize| if chance(at) > chance(best) { at } else { best };
    (0..meant.len()).reduce(larger).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::labels as meant;

    fn list(labels: &[&str]) -> Vec<String> {
        labels.iter().map(|&label| label.into()).collect()
    }

    #[test]
    fn labels_are_compared_where_all_mean_one_of_the_models() {
        let known = list(&["angry", "happy", "neutral"]);
        assert_eq!(meant(&[], &list(&["Happy", "neutral"]), &known), Ok(Some(vec![1, 2])));
        assert_eq!(meant(&[], &list(&["happy", "wink"]), &known), Ok(None));
        assert_eq!(meant(&list(&["grin=happy"]), &list(&["grin", "neutral"]), &known), Ok(Some(vec![1, 2])));
        for (same, labels, part) in [
            ("grin", ["grin", "neutral"], "as grin=happy"),
            ("joy=happy", ["grin", "neutral"], "`joy` is none of your labels"),
            ("grin=joy", ["grin", "neutral"], "`joy` is none of the model's labels"),
            ("grin=happy", ["grin", "wink"], "each of your labels needs one"),
            ("grin=happy", ["grin", "happy"], "two of your labels are the same one"),
        ] {
            let error = meant(&list(&[same]), &list(&labels), &known).unwrap_err();
            assert!(error.contains(part), "{error}");
        }
    }
}
