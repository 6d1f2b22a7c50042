//! Objects with lifetimes, placed in few bytes: greedily in several orders (Pisarchyk & Lee 2020, arXiv:2001.03288), the best of which is mended.

use std::ops::RangeInclusive;

use crate::gpu::Slice;

/// Every adapter binds what starts at a multiple of these bytes.
const ALIGNMENT: u64 = 256;
/// Pairs of objects that are looked at to mend an order at most, and orders.
const MOST_PAIRS: usize = 1_000_000;
const MOST_ORDERS: usize = 500;

/// A place in a slab.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The slab.
    pub slab: usize,
    /// First byte.
    pub offset: u64,
    /// Number of bytes.
    pub bytes: u64,
}

impl Place {
    /// As a part of one of `slabs`.
    pub(super) fn of(self, slabs: &[Slice]) -> Slice {
        let slab = slabs.get(self.slab).copied().unwrap_or_default();
        Slice { offset: slab.offset + self.offset, size: self.bytes, ..slab }
    }
}

/// What lies somewhere.
#[derive(Debug, Default)]
pub(super) struct Object {
    pub bytes: u64,
    /// The moments at which a dispatch binds it, and whether that writes it.
    pub bound: Vec<(usize, bool)>,
    /// Somebody may read it in the end.
    pub pinned: bool,
}

impl Object {
    fn span(&self) -> Option<RangeInclusive<usize>> {
        let moments = || self.bound.iter().map(|(moment, _)| *moment);
        Some(moments().min()?..=if self.pinned { usize::MAX } else { moments().max()? })
    }

    /// Whether a dispatch binds both and writes one: they are not to be in one buffer then.
    fn conflicts(&self, other: &Self) -> bool {
        let both = |&(moment, writes): &(usize, bool)| other.bound.iter().any(|&(at, also)| at == moment && (writes || also));
        self.bound.iter().any(both)
    }
}

/// Bytes in use at once at most.
pub(super) fn alive(objects: &[Object]) -> u64 {
    let in_use = |at: usize| -> u64 {
        let there = objects.iter().filter(|object| object.span().is_some_and(|span| span.contains(&at)));
        there.map(|object| object.bytes).sum()
    };
    // It is largest where something begins.
    let begins = objects.iter().filter(|object| object.bytes > 0).filter_map(|object| Some(*object.span()?.start()));
    begins.map(in_use).max().unwrap_or(0)
}

pub(super) struct Places {
    pub sizes: Vec<u64>,
    pub places: Vec<Option<Place>>,
}

impl Places {
    fn bytes(&self) -> u64 {
        self.sizes.iter().sum()
    }
}

pub(super) fn place(objects: &[Object]) -> Places {
    let all: Vec<usize> = (0..objects.len()).filter(|&index| objects[index].bytes > 0).collect();
    let first = |index: usize| objects[index].bound.iter().map(|(moment, _)| *moment).min().unwrap_or(0) as u64;
    let last = |index: usize| objects[index].bound.iter().map(|(moment, _)| *moment).max().unwrap_or(0) as u64;
    let by = |key: &dyn Fn(usize) -> [u64; 2]| {
        let mut order = all.clone();
        order.sort_by_key(|&index| key(index));
        order
    };
    let small = |index: usize| u64::MAX - objects[index].bytes;
    let area = |index: usize| u64::MAX - objects[index].bytes.saturating_mul(last(index) + 1 - first(index));
    let orders = [
        by(&|index| [small(index), first(index)]),
        by(&|index| [area(index), first(index)]),
        by(&|index| [first(index), small(index)]),
    ];
    let tried = orders.into_iter().map(|order| (in_order(objects, &order), order));
    let Some((mut best, mut order)) = tried.min_by_key(|(places, _)| places.bytes()) else {
        return Places { sizes: Vec::new(), places: Vec::new() };
    };
    // What is a quarter more than is in use is good enough.
    let enough = alive(objects) / 4 * 5;
    let pairs = (all.len() * all.len()).max(1);
    let mut chance = 1_u64;
    let mut next = |most: usize| {
        chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (chance >> 33) as usize % most
    };
    for _ in 0..MOST_ORDERS.min(MOST_PAIRS / pairs) {
        if best.bytes() <= enough {
            break;
        }
        let mut other = order.clone();
        let moved = other.remove(next(other.len()));
        other.insert(next(other.len() + 1), moved);
        let places = in_order(objects, &other);
        if places.bytes() <= best.bytes() {
            (best, order) = (places, other);
        }
    }
    best
}

/// Each where it makes the slabs grow the least.
fn in_order(objects: &[Object], order: &[usize]) -> Places {
    let spans: Vec<Option<RangeInclusive<usize>>> = objects.iter().map(Object::span).collect();
    // No slab is larger than what the largest object takes anyway: a binding holds that.
    let most = order.iter().map(|&index| objects[index].bytes).max().unwrap_or(0);
    let (mut sizes, mut places): (Vec<u64>, _) = (Vec::new(), vec![None; objects.len()]);
    let mut held: Vec<Vec<usize>> = Vec::new();
    for &index in order {
        let (object, Some(span)) = (&objects[index], &spans[index]) else { continue };
        let free = |slab: usize| {
            let meets =
                |&&other: &&usize| spans[other].as_ref().is_some_and(|o| o.start() <= span.end() && span.start() <= o.end());
            let mut taken: Vec<Place> = Vec::new();
            for &other in held[slab].iter().filter(meets) {
                if object.conflicts(&objects[other]) {
                    return None;
                }
                taken.extend(places[other]);
            }
            taken.sort_by_key(|place: &Place| place.offset);
            let mut offset = 0_u64;
            for place in taken {
                if offset + object.bytes <= place.offset {
                    break;
                }
                offset = offset.max((place.offset + place.bytes).next_multiple_of(ALIGNMENT));
            }
            (offset + object.bytes <= most).then_some(Place { slab, offset, bytes: object.bytes })
        };
        let more = |place: &Place| (place.offset + place.bytes).saturating_sub(sizes[place.slab]);
        // A new one grows by all of it. Of several that have room, the smallest.
        let found = (0..held.len()).filter_map(free).min_by_key(|place| (more(place), sizes[place.slab]));
        let found = found.filter(|place| more(place) < object.bytes).unwrap_or_else(|| {
            sizes.push(0);
            held.push(Vec::new());
            Place { slab: held.len() - 1, offset: 0, bytes: object.bytes }
        });
        sizes[found.slab] = sizes[found.slab].max(found.offset + found.bytes);
        held[found.slab].push(index);
        places[index] = Some(found);
    }
    Places { sizes, places }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_dispatch_binds_with_it_may_lie_beside_it() {
        let object = |bytes, bound: &[(usize, bool)]| Object { bytes, bound: bound.to_vec(), pinned: false };
        let objects = [
            object(1000, &[(0, true), (1, false)]),
            object(300, &[(2, true), (5, false)]),
            object(400, &[(3, true), (4, false)]),
            object(200, &[(4, true), (5, false)]),
            object(500, &[(5, true)]),
        ];
        let Places { sizes, places } = place(&objects);
        for (index, object) in objects.iter().enumerate() {
            for (other, place) in objects.iter().zip(&places).skip(index + 1) {
                let [own, place] = [places[index], *place].map(Option::unwrap);
                let (one, two) = (object.span().unwrap(), other.span().unwrap());
                let together = own.slab == place.slab && one.start() <= two.end() && two.start() <= one.end();
                let apart = own.offset + own.bytes <= place.offset || place.offset + place.bytes <= own.offset;
                assert!(!together || (apart && !object.conflicts(other)), "{own:?} and {place:?}");
            }
        }
        // The second is kept while the third comes and goes; the last is written where the second and the fourth are read, the fourth where the third is.
        assert_eq!((sizes.iter().sum::<u64>(), alive(&objects)), (1500, 1000));
        assert_eq!(places[0].unwrap().slab, places[2].unwrap().slab);
    }
}
