//! The shot of a burst where all faces are best, and why.

use crate::embed::Gallery;

/// Eyes count as open from this aspect ratio on: docs/groups.md says of whom it was measured.
const OPEN: f32 = 0.18;
/// A smile counts from here on.
const SMILE: f32 = 0.3;

/// A photograph of a burst.
#[derive(Debug, Clone, PartialEq)]
pub struct Shot {
    /// Its position in [`Gallery::images`].
    pub image: usize,
    /// Why it is the best, in words.
    pub reason: String,
}

/// What is seen of the faces of one photograph.
struct Seen {
    image: usize,
    faces: usize,
    open: usize,
    smiling: usize,
    both: usize,
    /// Of the face that smiles least, and of the one whose eyes are open least.
    smile: f32,
    eyes: f32,
}

/// The best of the photographs `burst`: the one where most faces smile with open eyes, then most eyes are open, most smile, and the least smile is widest. None
/// where nobody's eyes or mouth are known.
pub fn best(gallery: &Gallery, burst: &[usize]) -> Option<Shot> {
    let mut seen: Vec<Seen> = burst.iter().map(|&image| see(gallery, image)).collect();
    let known = |index: &usize| burst.contains(&(gallery.image[*index] as usize)) && !gallery.smile[*index].is_nan();
    (0..gallery.len()).find(known)?;
    let most = seen.iter().map(|seen| seen.faces).max()?;
    let counts = |seen: &Seen| (seen.both, seen.open, seen.smiling);
    seen.sort_by(|a, b| {
        // In a shot that lacks a face somebody has turned away.
        counts(b).cmp(&counts(a)).then(b.smile.total_cmp(&a.smile)).then(b.eyes.total_cmp(&a.eyes))
    });
    let (first, others) = seen.split_first()?;
    Some(Shot { image: first.image, reason: reason(first, others, most) })
}

fn see(gallery: &Gallery, image: usize) -> Seen {
    let mut seen = Seen { image, faces: 0, open: 0, smiling: 0, both: 0, smile: 1.0, eyes: 1.0 };
    for index in (0..gallery.len()).filter(|&index| gallery.image[index] as usize == image) {
        let (eyes, smile) = (gallery.eyes_open[index], gallery.smile[index]);
        seen.faces += 1;
        seen.open += usize::from(eyes >= OPEN);
        seen.smiling += usize::from(smile >= SMILE);
        seen.both += usize::from(eyes >= OPEN && smile >= SMILE);
        // What is not known is not good.
        seen.smile = seen.smile.min(if smile.is_nan() { 0.0 } else { smile });
        seen.eyes = seen.eyes.min(if eyes.is_nan() { 0.0 } else { eyes });
    }
    seen
}

fn reason(best: &Seen, others: &[Seen], most: usize) -> String {
    let of = |count: usize, one: &str, many: &str| match (count, best.faces) {
        (1, 1) => format!("the face {one}"),
        (count, faces) if count == faces => format!("all {faces} faces {many}"),
        (count, faces) => format!("{count} of {faces} faces {}", if count == 1 { one } else { many }),
    };
    let mut text = if best.both > 0 {
        of(best.both, "smiles with open eyes", "smile with open eyes")
    } else if best.open > 0 && best.smiling > 0 {
        format!("{}, {}", of(best.open, "has open eyes", "have open eyes"), of(best.smiling, "smiles", "smile"))
    } else if best.open > 0 {
        format!("{}; nobody smiles in this burst", of(best.open, "has open eyes", "have open eyes"))
    } else if best.smiling > 0 {
        of(best.smiling, "smiles", "smile")
    } else {
        "no shot has open eyes or a smile: the least bad".to_owned()
    };
    let equal = others.iter().filter(|other| (other.both, other.open, other.smiling) == (best.both, best.open, best.smiling));
    match equal.count() {
        0 if best.both == best.faces && !others.is_empty() => text.push_str(", in this shot only"),
        0 => {}
        more => text.push_str(&format!(", as in {} other{}: here the smiles are widest", more, if more == 1 { "" } else { "s" })),
    }
    if best.faces < most {
        text.push_str(&format!("; another shot shows {most} faces"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embed::{Face, Image, ModelId};

    fn gallery(shots: &[&[(f32, f32)]]) -> Gallery {
        let mut gallery = Gallery::new(ModelId::default(), Vec::new());
        for (image, faces) in shots.iter().enumerate() {
            gallery.images.push(Image { path: format!("{image}.jpg"), ..Image::default() });
            for &(eyes, smile) in *faces {
                let face = Face {
                    embedding: vec![0.0; crate::embed::DIMENSIONS],
                    bounds: [0.0, 0.0, 9.0, 9.0],
                    time: None,
                    image,
                    label: None,
                    probabilities: Vec::new(),
                    eyes_open: Some(eyes).filter(|eyes| !eyes.is_nan()),
                    smile: Some(smile).filter(|smile| !smile.is_nan()),
                };
                gallery.push(&face).unwrap();
            }
        }
        gallery
    }

    /// The sentence that people ask for is the one that the numbers say.
    #[test]
    fn the_best_shot_is_where_all_smile_with_open_eyes_and_says_so() {
        let three = gallery(&[&[(0.1, 0.9), (0.9, 0.9)], &[(0.8, 0.6), (0.9, 0.5)], &[(0.9, 0.0), (0.9, 0.9)]]);
        let shot = best(&three, &[0, 1, 2]).unwrap();
        assert_eq!((shot.image, &*shot.reason), (1, "all 2 faces smile with open eyes, in this shot only"));
        let alone = best(&gallery(&[&[(0.9, 0.1)], &[(0.1, 0.1)]]), &[0, 1]).unwrap();
        assert_eq!((alone.image, &*alone.reason), (0, "the face has open eyes; nobody smiles in this burst"));
        let unknown = gallery(&[&[(f32::NAN, f32::NAN)], &[(f32::NAN, f32::NAN)]]);
        assert_eq!(best(&unknown, &[0, 1]), None);
        let lost = best(&gallery(&[&[(0.3, 0.9)], &[(0.1, 0.1), (0.1, 0.2)]]), &[0, 1]).unwrap();
        assert!(lost.image == 0 && lost.reason.ends_with("another shot shows 2 faces"), "{}", lost.reason);
    }
}
