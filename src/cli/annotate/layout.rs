//! Where panels go: beside their face, hiding no face, no other panel, and as little else as possible.

use image::RgbImage;
use image::imageops::thumbnail;

use super::canvas::Area;

/// Steps of the grid of positions tried besides those that touch the face.
const GRID: usize = 14;
/// Rounds in which every panel is placed anew among the others.
const ROUNDS: usize = 3;
/// Longest side of the picture in which detail is measured.
const SKETCH: f32 = 192.0;

/// A picture, its faces, and the panels to place.
pub struct Scene<'a> {
    size: [f32; 2],
    faces: &'a [Area],
    panels: Vec<[f32; 2]>,
    unit: f32,
    detail: Detail,
}

impl<'a> Scene<'a> {
    pub fn new(picture: &RgbImage, faces: &'a [Area], panels: Vec<[f32; 2]>, unit: f32) -> Self {
        let size = [picture.width() as f32, picture.height() as f32];
        Self { size, faces, panels, unit, detail: Detail::new(picture) }
    }

    /// One place a panel, in the order of the faces.
    pub fn arrange(&self) -> Vec<Area> {
        let mut places: Vec<Option<Area>> = vec![None; self.faces.len()];
        for _ in 0..ROUNDS {
            for i in 0..places.len() {
                places[i] = None;
                let costs = self.candidates(i).into_iter().map(|place| (self.cost(i, &place, &places), place));
                places[i] = costs.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, place)| place);
            }
        }
        let corner = |i: usize| Area::at([0.0, 0.0], self.panels[i]);
        places.into_iter().enumerate().map(|(i, place)| place.unwrap_or_else(|| corner(i))).collect()
    }

    fn candidates(&self, i: usize) -> Vec<Area> {
        let (face, [width, height]) = (self.faces[i], self.panels[i]);
        let gap = 0.6 * self.unit;
        let edge = 0.5 * self.unit;
        let head = head(&face);
        let [cx, cy] = face.centre();
        let mut corners = Vec::new();
        for x in [face.right + gap, face.left - gap - width, head.right, head.left - width] {
            corners.extend([face.top, cy - height / 2.0, face.bottom - height].map(|y| [x, y]));
        }
        for y in [face.bottom + gap, face.top - gap - height, head.top - height] {
            corners.extend([face.left, cx - width / 2.0, face.right - width].map(|x| [x, y]));
        }
        let room = [self.size[0] - width - edge, self.size[1] - height - edge].map(|room| room.max(edge));
        for row in 0..=GRID {
            for column in 0..=GRID {
                let part = |axis: usize, step: usize| edge + (room[axis] - edge) * step as f32 / GRID as f32;
                corners.push([part(0, column), part(1, row)]);
            }
        }
        let inside = |[x, y]: [f32; 2]| Area::at([x.clamp(edge, room[0]), y.clamp(edge, room[1])], [width, height]);
        corners.into_iter().map(inside).collect()
    }

    fn cost(&self, i: usize, place: &Area, places: &[Option<Area>]) -> f32 {
        let size = |area: &Area| (area.width() * area.height()).max(1.0);
        let hidden = |face: &Area| place.overlap(face) / size(face).min(size(place));
        let faces: f32 = self.faces.iter().map(hidden).sum();
        let heads: f32 = self.faces.iter().map(|face| hidden(&head(face))).sum();
        let features: f32 = self.faces.iter().map(|face| hidden(&face.grown(-0.25 * face.width().min(face.height())))).sum();
        let roomy = place.grown(0.3 * self.unit);
        let panels: f32 = places.iter().flatten().map(|other| roomy.overlap(other) / size(other)).sum();
        let (from, to) = self.faces[i].nearest(*place);
        let far = (from[0] - to[0]).hypot(from[1] - to[1]) / self.size[0].hypot(self.size[1]);
        let others = self.faces.iter().enumerate().filter(|&(j, _)| j != i).map(|(_, face)| face);
        let crossings = others.chain(places.iter().flatten()).filter(|area| crosses(from, to, area)).count();
        10.0 * faces
            + 5.0 * features
            + 2.5 * heads
            + 12.0 * panels
            + 1.5 * far
            + 0.4 * crossings as f32
            + 0.3 * self.detail.share(place, self.size)
    }
}

/// A face with its hair and chin.
fn head(face: &Area) -> Area {
    let side = face.height();
    Area {
        left: face.left - 0.25 * side,
        top: face.top - 0.4 * side,
        right: face.right + 0.25 * side,
        bottom: face.bottom + 0.1 * side,
    }
}

/// Whether the line between two points runs through an area.
fn crosses(from: [f32; 2], to: [f32; 2], area: &Area) -> bool {
    const STEPS: usize = 16;
    (0..=STEPS).any(|step| {
        let t = step as f32 / STEPS as f32;
        let (x, y) = (from[0] + t * (to[0] - from[0]), from[1] + t * (to[1] - from[1]));
        x > area.left && x < area.right && y > area.top && y < area.bottom
    })
}

/// Sums of the picture's gradient over rectangles.
struct Detail {
    width: usize,
    height: usize,
    sums: Vec<f32>,
}

impl Detail {
    fn new(picture: &RgbImage) -> Self {
        let scale = (SKETCH / picture.width().max(picture.height()) as f32).min(1.0);
        let side = |n: u32| ((n as f32 * scale) as u32).max(1);
        let sketch = thumbnail(picture, side(picture.width()), side(picture.height()));
        let (width, height) = (sketch.width() as usize, sketch.height() as usize);
        let light = |x: usize, y: usize| sketch.get_pixel(x as u32, y as u32).0.iter().map(|&v| f32::from(v)).sum::<f32>() / 3.0;
        let mut sums = vec![0.0; (width + 1) * (height + 1)];
        for y in 0..height {
            for x in 0..width {
                let across = light((x + 1).min(width - 1), y) - light(x.saturating_sub(1), y);
                let down = light(x, (y + 1).min(height - 1)) - light(x, y.saturating_sub(1));
                let at = |x: usize, y: usize| y * (width + 1) + x;
                sums[at(x + 1, y + 1)] = across.hypot(down) + sums[at(x, y + 1)] + sums[at(x + 1, y)] - sums[at(x, y)];
            }
        }
        Self { width, height, sums }
    }

    /// The mean gradient under an area, relative to that of the whole picture, at most 3.
    fn share(&self, area: &Area, [width, height]: [f32; 2]) -> f32 {
        let column = |x: f32| ((x / width * self.width as f32).round().max(0.0) as usize).min(self.width);
        let row = |y: f32| ((y / height * self.height as f32).round().max(0.0) as usize).min(self.height);
        let (left, right, top, bottom) = (column(area.left), column(area.right), row(area.top), row(area.bottom));
        let at = |x: usize, y: usize| self.sums[y * (self.width + 1) + x];
        let count = ((right - left) * (bottom - top)).max(1) as f32;
        let mean = (at(right, bottom) - at(left, bottom) - at(right, top) + at(left, top)) / count;
        let whole = at(self.width, self.height) / (self.width * self.height) as f32;
        if whole > 0.0 { (mean / whole).min(3.0) } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(size: [u32; 2], faces: &[Area], panel: [f32; 2]) -> Vec<Area> {
        let picture = RgbImage::from_fn(size[0], size[1], |x, y| image::Rgb([(x % 256) as u8, (y % 256) as u8, 90]));
        Scene::new(&picture, faces, vec![panel; faces.len()], 12.0).arrange()
    }

    #[test]
    fn panels_hide_no_face_and_no_other_panel_where_there_is_room() {
        let faces =
            [[303.0, 30.0], [163.0, 262.0], [606.0, 69.0], [937.0, 300.0], [980.0, 10.0]].map(|at| Area::at(at, [140.0, 150.0]));
        let found = places([1280, 853], &faces, [230.0, 200.0]);
        for (i, place) in found.iter().enumerate() {
            assert!(place.left >= 0.0 && place.top >= 0.0 && place.right <= 1280.0 && place.bottom <= 853.0, "{place:?}");
            assert!(faces.iter().all(|face| face.overlap(place) == 0.0), "{place:?}");
            assert!(found[..i].iter().all(|other| other.overlap(place) == 0.0), "{found:?}");
        }
    }

    #[test]
    fn a_panel_lies_beside_its_own_face() {
        let faces = [Area::at([40.0, 300.0], [100.0, 100.0]), Area::at([860.0, 300.0], [100.0, 100.0])];
        let found = places([1000, 700], &faces, [150.0, 140.0]);
        assert!(found[0].centre()[0] < 500.0 && found[1].centre()[0] > 500.0, "{found:?}");
    }

    #[test]
    fn a_face_that_fills_the_picture_keeps_its_middle() {
        let face = [Area::at([0.0, 0.0], [400.0, 400.0])];
        let found = places([400, 400], &face, [150.0, 140.0]);
        assert_eq!(found[0].overlap(&Area::at([150.0, 150.0], [100.0, 100.0])), 0.0, "{found:?}");
    }
}
