//! The squares of a photograph that the detector looks at: from the whole of it to those in which the smallest faces are large enough.

use super::networks::{Detects, Net};
use super::tile::Tile;
use crate::operators::{Rect, Similarity};

/// Pixels of a tile that a face needs to be seen: of 16, 96 in 100 are, of 18 all.
const SEEN: f64 = 16.0;
/// Side of the coarsest tile in longer sides of the photograph: a face that fills it is 128 pixels wide there, and one of 160 and more is not seen.
const WHOLE: f64 = 1.5;
/// Side of a level's tiles over that of the next finer one at most: faces too large for these are small in those.
const RATIO: f64 = 3.0;
/// Part of a tile's side that it shares with the next one at least: a face that one cuts lies whole in the other.
const SHARED: f64 = 0.22;

/// Tiles of a `width` x `height` photograph in which faces of `least` pixels and more are seen.
pub(super) fn levels(width: u32, height: u32, least: f64) -> Vec<Rect> {
    let first = (WHOLE * f64::from(width.max(height))).ceil();
    let last = (least * f64::from(Net::Detector(Detects::Full).side()) / SEEN).min(first);
    let steps = ((first / last).ln() / RATIO.ln() - 1e-9).ceil().max(0.0) as i32;
    let mut tiles = Vec::new();
    for step in 0..=steps {
        let side = if steps == 0 { first } else { first * (last / first).powf(f64::from(step) / f64::from(steps)) };
        let side = side.round().max(1.0) as u32;
        let rows = starts(height, side);
        let columns = starts(width, side);
        tiles.extend(rows.iter().flat_map(|&y| columns.iter().map(move |&x| Rect { x, y, width: side, height: side })));
    }
    tiles
}

/// The one tile that holds all of a photograph, in its middle.
pub(super) fn whole(width: u32, height: u32) -> Rect {
    let side = width.max(height);
    let middle = |length: u32| -((side - length).div_ceil(2) as i32);
    Rect { x: middle(width), y: middle(height), width: side, height: side }
}

/// A tile of a `width` x `height` photograph, turned about its middle by quarters, to the right.
pub(super) fn turned(rect: Rect, [width, height]: [u32; 2], quarters: u32, pixels: u32) -> Option<Tile> {
    let ends = |start: i32, length: u32| start.saturating_add_unsigned(rect.width) < length as i32;
    let mut inner = [rect.x > 0, rect.y > 0, ends(rect.x, width), ends(rect.y, height)];
    inner.rotate_left(quarters as usize % 4);
    let right = match quarters % 4 {
        0 => return Some(Tile { region: rect.into(), inner }),
        1 => [0.0, 1.0],
        2 => [-1.0, 0.0],
        _ => [0.0, -1.0],
    };
    let side = f64::from(rect.width);
    let centre = [f64::from(rect.x) + side / 2.0, f64::from(rect.y) + side / 2.0];
    let region = Similarity::square(centre, side, right, pixels).ok()?.into();
    Some(Tile { region, inner })
}

/// Where tiles of `side` begin along `length`: as few as share enough, the same distance apart; one in the middle where it is longer.
fn starts(length: u32, side: u32) -> Vec<i32> {
    if side >= length {
        return vec![-((side - length).div_ceil(2) as i32)];
    }
    let shared = (SHARED * f64::from(side)).round() as u32;
    let count = u64::from((length - shared).div_ceil(side - shared));
    let room = u64::from(length - side);
    (0..count).map(|at| ((2 * at * room + count - 1) / (2 * (count - 1))) as i32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_face_lies_whole_in_a_tile_in_which_it_is_neither_too_small_nor_too_large() {
        for (width, height, least) in [(512, 512, 24.0), (1280, 960, 24.0), (4000, 3000, 16.0), (300, 2000, 24.0), (20, 30, 16.0)]
        {
            let tiles = levels(width, height, least);
            let longest = width.max(height);
            for face in [least.ceil() as u32, 40, 100, longest / 4].into_iter().filter(|&face| face <= width.min(height)) {
                for (x, y) in [(0, 0), (width - face, height - face), ((width - face) / 3, (height - face) / 2)] {
                    let held = tiles.iter().any(|tile| {
                        let inside = |start: i32, side: u32, at: u32| {
                            start <= at as i32 && at as i64 + i64::from(face) <= i64::from(start) + i64::from(side)
                        };
                        let seen = 192.0 * f64::from(face) / f64::from(tile.width);
                        inside(tile.x, tile.width, x) && inside(tile.y, tile.height, y) && (15.0..=160.0).contains(&seen)
                    });
                    assert!(held, "{width} x {height}: a face of {face} at {x}, {y}");
                }
            }
        }
        assert_eq!(levels(512, 512, 24.0).len(), 5);
        assert_eq!(levels(1280, 960, 24.0).len(), 29);
    }
}
