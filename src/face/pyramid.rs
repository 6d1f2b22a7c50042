//! The squares of a photograph that the detector looks at: from the whole of it to those in which the smallest faces are large enough.

use super::networks::{Detects, Net};
use super::tile::Tile;
use crate::operators::{Rect, Similarity};

/// Pixels of a tile that a face needs to be seen.
const SEEN: f64 = 15.6;
/// Side of a level's tiles over that of the next finer one at most: faces too large for these are small in those.
const RATIO: f64 = 3.0;
/// Part of a tile's side that it shares with the next one at least: a face that one cuts lies whole in the other.
const SHARED: f64 = 0.25;

/// Tiles of a `width` x `height` photograph in which faces of `least` pixels and more are seen.
pub(super) fn levels(width: u32, height: u32, least: f64) -> Vec<Rect> {
    let longest = f64::from(width.max(height));
    let finest = (least * f64::from(Net::Detector(Detects::Full).side()) / SEEN).min(longest);
    let steps = ((longest / finest).ln() / RATIO.ln()).ceil() as i32;
    let mut tiles = Vec::new();
    for step in 0..=steps {
        let side = if steps == 0 { longest } else { longest * (finest / longest).powf(f64::from(step) / f64::from(steps)) };
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
    let middle = |length: u32| -(i64::from(side - length) / 2) as i32;
    Rect { x: middle(width), y: middle(height), width: side, height: side }
}

/// A tile turned about its middle by quarters, to the right.
pub(super) fn turned(rect: Rect, quarters: u32, pixels: u32) -> Option<Tile> {
    let right = match quarters % 4 {
        0 => return Some(Tile::Upright(rect)),
        1 => [0.0, 1.0],
        2 => [-1.0, 0.0],
        _ => [0.0, -1.0],
    };
    let side = f64::from(rect.width);
    let centre = [f64::from(rect.x) + side / 2.0, f64::from(rect.y) + side / 2.0];
    Similarity::square(centre, side, right, pixels).ok().map(Tile::Turned)
}

/// Where tiles of `side` begin along `length`: as few as share enough, the same distance apart; one in the middle where it is longer.
fn starts(length: u32, side: u32) -> Vec<i32> {
    if side >= length {
        return vec![-(i64::from(side - length) / 2) as i32];
    }
    let room = f64::from(length - side);
    let count = (room / (f64::from(side) * (1.0 - SHARED))).ceil().max(1.0);
    (0..=count as u32).map(|at| (room * f64::from(at) / count).round() as i32).collect()
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
                        inside(tile.x, tile.width, x) && inside(tile.y, tile.height, y) && (15.0..=192.0).contains(&seen)
                    });
                    assert!(held, "{width} x {height}: a face of {face} at {x}, {y}");
                }
            }
        }
        assert_eq!(levels(512, 512, 24.0).len(), 5);
        assert_eq!(levels(1280, 960, 24.0).len(), 37);
    }
}
