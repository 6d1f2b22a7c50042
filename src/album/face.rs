//! The expression of a face.

use crate::embed::Gallery;

/// The likeliest expression of face `index`, its position and its probability; none where it is not known.
pub fn expression(gallery: &Gallery, index: usize) -> Option<(usize, f32)> {
    let all = gallery.expression(index).iter().copied().enumerate();
    all.filter(|(_, p)| !p.is_nan()).max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)))
}

/// The expressions of some faces, the most frequent first, and how many show each.
pub fn shares(gallery: &Gallery, members: impl IntoIterator<Item = usize>) -> Vec<(usize, usize)> {
    let mut counts = vec![0; gallery.expressions.len()];
    members.into_iter().filter_map(|index| expression(gallery, index)).for_each(|(label, _)| counts[label] += 1);
    let mut shares: Vec<(usize, usize)> = counts.into_iter().enumerate().filter(|(_, count)| *count > 0).collect();
    shares.sort_by_key(|&(label, count)| (std::cmp::Reverse(count), label));
    shares
}
