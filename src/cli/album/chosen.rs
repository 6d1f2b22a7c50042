//! What an album shows, with the pictures for it.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use crate::album::{
    FaceKey, Missing, NamedGroup, Names, Pictures, Placed, Shot, Wanted, alike, best, close_in_time, pictures, rare,
};
use crate::cli::terminal;
use crate::embed::Gallery;
use crate::groups::Group;

/// Side of a face.
const SIDE: u32 = 96;
/// The longer side of a photograph of a burst.
const LONGER: u32 = 320;
/// Rare faces at most.
const MOST_RARE: usize = 16;
/// Bursts that are shown, and photographs of each.
const MOST_BURSTS: usize = 100;
const MOST_SHOTS: usize = 12;

/// What is shown.
pub struct Chosen<'a> {
    pub gallery: &'a Gallery,
    pub groups: Vec<Shown>,
    /// Faces of no group.
    pub alone: Vec<usize>,
    /// Face, expression, and how many show it.
    pub rare: Vec<(usize, usize, usize)>,
    pub bursts: Vec<Burst>,
    /// Bursts beyond those.
    pub more_bursts: usize,
    pub pictures: Pictures,
}

/// A group, and its faces that are shown.
pub struct Shown {
    /// Position of its name; none where nobody gave one.
    pub named: Option<usize>,
    pub name: String,
    pub group: Group,
    pub faces: Vec<usize>,
}

/// A burst: its photographs in the order of their times, and the best.
pub struct Burst {
    pub images: Vec<usize>,
    pub more: usize,
    pub best: Option<Shot>,
}

impl<'a> Chosen<'a> {
    /// Reads the photographs; those that are missing are said.
    pub fn new(
        gallery: &'a Gallery,
        folder: &Path,
        groups: Vec<Group>,
        top: usize,
        alone: Vec<usize>,
        placed: &Placed,
    ) -> (Self, Vec<Missing>) {
        let shown = |group: Group| {
            let own = placed.assigned.get(group.medoid).copied().flatten().map(|own| own as usize);
            let named = own.filter(|own| *own < placed.names.len());
            let faces = group.members.iter().take(top).map(|(at, _)| *at).collect();
            Shown { named, name: named.map(|own| placed.names[own].clone()).unwrap_or_default(), group, faces }
        };
        let groups: Vec<Shown> = groups.into_iter().map(shown).collect();
        let alone: Vec<usize> = alone.into_iter().take(top).collect();
        let rare = rare(gallery, MOST_RARE);
        let stretches = close_in_time(gallery);
        let faces: BTreeSet<usize> =
            groups.iter().flat_map(|shown| &shown.faces).chain(&alone).copied().chain(rare.iter().map(|rare| rare.0)).collect();
        let images: BTreeSet<usize> = stretches.iter().flatten().copied().collect();
        let read = faces.iter().map(|&face| gallery.image[face] as usize).chain(images.iter().copied()).collect::<BTreeSet<_>>();
        let bar = terminal::progress(read.len(), 0);
        let wanted = Wanted { faces, side: SIDE, images, longer: LONGER };
        let mut pictures = pictures(gallery, folder, &wanted, || bar.inc(1));
        bar.finish_and_clear();
        let small = |at: usize| pictures.images.get(&at).cloned();
        let mut bursts: Vec<Burst> =
            stretches.iter().flat_map(|stretch| alike(stretch, small)).map(|images| burst(gallery, images)).collect();
        let more_bursts = bursts.len().saturating_sub(MOST_BURSTS);
        bursts.truncate(MOST_BURSTS);
        let missing = std::mem::take(&mut pictures.missing);
        (Self { gallery, groups, alone, rare, bursts, more_bursts, pictures }, missing)
    }

    /// The names to keep: those of `before` as they are, with what was found to be like them; then the groups without a name.
    pub fn names(&self, before: &Names, placed: &Placed) -> Names {
        let keys = |members: &[usize]| members.iter().map(|&index| FaceKey::of(self.gallery, index)).collect::<Vec<_>>();
        let mut suggested: HashMap<usize, Vec<usize>> = HashMap::new();
        let mut unnamed = Vec::new();
        for shown in &self.groups {
            let mut members: Vec<usize> = shown.group.members.iter().map(|(at, _)| *at).collect();
            members.sort_unstable();
            match shown.named {
                Some(own) => {
                    members.retain(|&index| !placed.confirmed[index]);
                    suggested.insert(own, members);
                }
                None => unnamed.push(NamedGroup { name: String::new(), faces: keys(&members), suggested: Vec::new() }),
            }
        }
        let kept = before.named().enumerate().map(|(at, group)| NamedGroup {
            suggested: suggested.get(&at).map(|members| keys(members)).unwrap_or_default(),
            ..group.clone()
        });
        Names::new(kept.chain(unnamed).collect())
    }
}

/// The first photographs, and the best among them whatever its place.
fn burst(gallery: &Gallery, images: Vec<usize>) -> Burst {
    let best = best(gallery, &images);
    let more = images.len().saturating_sub(MOST_SHOTS);
    let is_best = |image: &usize| best.as_ref().is_some_and(|best| best.image == *image);
    let mut shown: Vec<usize> = images.iter().copied().take(MOST_SHOTS).collect();
    if let Some(far) = images.iter().skip(MOST_SHOTS).find(|image| is_best(image)) {
        shown.pop();
        shown.push(*far);
    }
    Burst { images: shown, more, best }
}
