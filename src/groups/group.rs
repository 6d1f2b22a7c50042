//! Groups as they are shown: the largest first, each with the member that stands for it.
//!
//! Medoid and Top-k as in P. Marrero-Fernandez and others, "Deep Metric Structured Learning for Facial Expression Recognition", arXiv 2001.06612: the medoid is the
//! member nearest the centroid, Top-k are the k members nearest the medoid.

use super::points::{Points, squared};

/// One group.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// The member nearest the mean of all.
    pub medoid: usize,
    /// All members and their distance from the medoid, nearest first: the medoid, then others. The first k are Top-k.
    pub members: Vec<(usize, f32)>,
}

/// The groups of `assigned`, one entry a vector, the largest first and of equals the one whose first member comes first; and the vectors that belong to none.
pub fn groups(points: Points<'_>, assigned: &[Option<u32>]) -> (Vec<Group>, Vec<usize>) {
    let most = assigned.iter().flatten().max().map_or(0, |most| *most as usize + 1);
    let (mut members, mut alone) = (vec![Vec::new(); most], Vec::new());
    for (at, own) in assigned.iter().enumerate().take(points.len()) {
        match own {
            Some(own) => members[*own as usize].push(at),
            None => alone.push(at),
        }
    }
    members.retain(|members| !members.is_empty());
    members.sort_by_key(|members| (std::cmp::Reverse(members.len()), members[0]));
    (members.into_iter().map(|members| group(points, members)).collect(), alone)
}

/// `members` around the one nearest their mean, of equals the first; there is one at least.
fn group(points: Points<'_>, members: Vec<usize>) -> Group {
    let mean = points.mean(members.iter().copied());
    let nearest = |a: &usize, b: &usize| squared(points.row(*a), &mean).total_cmp(&squared(points.row(*b), &mean));
    let medoid = members.iter().copied().min_by(nearest).unwrap_or_default();
    let distance = |at: usize| squared(points.row(at), points.row(medoid)).sqrt();
    let mut members: Vec<(usize, f32)> = members.into_iter().map(|at| (at, distance(at))).collect();
    // A picture that is there twice does not push the medoid off its place.
    members.sort_by(|a, b| a.1.total_cmp(&b.1).then((a.0 != medoid).cmp(&(b.0 != medoid))).then(a.0.cmp(&b.0)));
    Group { medoid, members }
}
