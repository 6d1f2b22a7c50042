//! Antialiased shapes, from signed distances.

use image::{Rgb, RgbImage};

use crate::operators::Rect;

/// A rectangle in pixels, edges between pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Area {
    pub left: f32,
    pub top: f32,
    pub right: f32,
    pub bottom: f32,
}

impl Area {
    /// From a corner and a size.
    pub fn at([left, top]: [f32; 2], [width, height]: [f32; 2]) -> Self {
        Self { left, top, right: left + width, bottom: top + height }
    }

    /// A rectangle of the photograph, in a picture `factor` times as large.
    pub fn of(rect: Rect, factor: f32) -> Self {
        let corner = [rect.x as f32 * factor, rect.y as f32 * factor];
        Self::at(corner, [rect.width as f32 * factor, rect.height as f32 * factor])
    }

    /// The part inside a picture of this width and height, drawn in a little so that its outline shows.
    pub fn within(self, [width, height]: [f32; 2]) -> Self {
        let inset = 2.0;
        let (left, top) =
            (self.left.clamp(inset, (width - inset).max(inset)), self.top.clamp(inset, (height - inset).max(inset)));
        Self { left, top, right: self.right.min(width - inset).max(left), bottom: self.bottom.min(height - inset).max(top) }
    }

    pub fn width(&self) -> f32 {
        self.right - self.left
    }

    pub fn height(&self) -> f32 {
        self.bottom - self.top
    }

    pub fn grown(self, by: f32) -> Self {
        Self { left: self.left - by, top: self.top - by, right: self.right + by, bottom: self.bottom + by }
    }

    pub fn centre(&self) -> [f32; 2] {
        [(self.left + self.right) / 2.0, (self.top + self.bottom) / 2.0]
    }

    /// Common area with another.
    pub fn overlap(&self, other: &Self) -> f32 {
        let across = self.right.min(other.right) - self.left.max(other.left);
        let down = self.bottom.min(other.bottom) - self.top.max(other.top);
        across.max(0.0) * down.max(0.0)
    }

    /// The two nearest points, here and there; where the two share a side's range, in the middle of that range.
    pub fn nearest(&self, other: Self) -> ([f32; 2], [f32; 2]) {
        let axis = |a: (f32, f32), b: (f32, f32)| match (a.1 < b.0, b.1 < a.0) {
            (true, _) => (a.1, b.0),
            (_, true) => (a.0, b.1),
            _ => {
                let middle = (a.0.max(b.0) + a.1.min(b.1)) / 2.0;
                (middle, middle)
            }
        };
        let (x, ox) = axis((self.left, self.right), (other.left, other.right));
        let (y, oy) = axis((self.top, self.bottom), (other.top, other.bottom));
        ([x, y], [ox, oy])
    }

    /// Signed distance of a point to this area with rounded corners: negative inside.
    fn distance(&self, [x, y]: [f32; 2], radius: f32) -> f32 {
        let [cx, cy] = self.centre();
        let dx = (x - cx).abs() - self.width() / 2.0 + radius;
        let dy = (y - cy).abs() - self.height() / 2.0 + radius;
        dx.max(0.0).hypot(dy.max(0.0)) + dx.max(dy).min(0.0) - radius
    }
}

/// A picture to draw on; what lies outside is cut off.
#[derive(Debug)]
pub struct Canvas {
    picture: RgbImage,
}

impl Canvas {
    pub fn new(picture: RgbImage) -> Self {
        Self { picture }
    }

    pub fn into_picture(self) -> RgbImage {
        self.picture
    }

    /// Mixes a colour into one pixel; `share` 0 to 1.
    pub fn blend(&mut self, x: i64, y: i64, colour: [u8; 3], share: f32) {
        let (Ok(x), Ok(y)) = (u32::try_from(x), u32::try_from(y)) else { return };
        if share <= 0.0 || x >= self.picture.width() || y >= self.picture.height() {
            return;
        }
        let Rgb(under) = self.picture.get_pixel_mut(x, y);
        for (under, over) in under.iter_mut().zip(colour) {
            *under = (f32::from(*under) + (f32::from(over) - f32::from(*under)) * share.min(1.0)).round() as u8;
        }
    }

    /// A filled area with rounded corners.
    pub fn fill(&mut self, area: Area, radius: f32, colour: [u8; 3], alpha: f32) {
        let radius = radius.min(area.width() / 2.0).min(area.height() / 2.0);
        self.cover(area.grown(1.0), colour, |point| alpha * (0.5 - area.distance(point, radius)).clamp(0.0, 1.0));
    }

    /// The outline of an area, centred on its edge.
    pub fn stroke(&mut self, area: Area, radius: f32, thickness: f32, colour: [u8; 3], alpha: f32) {
        let half = thickness / 2.0;
        self.cover(area.grown(half + 1.0), colour, |point| {
            alpha * (0.5 + half - area.distance(point, radius).abs()).clamp(0.0, 1.0)
        });
    }

    /// A soft dark rim around an area, fading over `blur` pixels.
    pub fn shadow(&mut self, area: Area, radius: f32, blur: f32, alpha: f32) {
        self.cover(area.grown(blur), [0, 0, 0], |point| {
            let d = area.distance(point, radius);
            if d <= 0.0 { 0.0 } else { alpha * (1.0 - d / blur).max(0.0).powi(2) }
        });
    }

    /// A straight line with round ends.
    pub fn line(&mut self, from: [f32; 2], to: [f32; 2], thickness: f32, colour: [u8; 3], alpha: f32) {
        let half = thickness / 2.0;
        let bounds =
            Area { left: from[0].min(to[0]), top: from[1].min(to[1]), right: from[0].max(to[0]), bottom: from[1].max(to[1]) };
        let along = [to[0] - from[0], to[1] - from[1]];
        let length = (along[0] * along[0] + along[1] * along[1]).max(1e-6);
        self.cover(bounds.grown(half + 1.0), colour, |[x, y]| {
            let (dx, dy) = (x - from[0], y - from[1]);
            let t = ((dx * along[0] + dy * along[1]) / length).clamp(0.0, 1.0);
            alpha * (0.5 + half - (dx - t * along[0]).hypot(dy - t * along[1])).clamp(0.0, 1.0)
        });
    }

    fn cover(&mut self, bounds: Area, colour: [u8; 3], share: impl Fn([f32; 2]) -> f32) {
        let (width, height) = (self.picture.width() as f32, self.picture.height() as f32);
        let (left, right) = (bounds.left.floor().max(0.0) as i64, bounds.right.ceil().min(width) as i64);
        let (top, bottom) = (bounds.top.floor().max(0.0) as i64, bounds.bottom.ceil().min(height) as i64);
        for y in top..bottom {
            for x in left..right {
                self.blend(x, y, colour, share([x as f32 + 0.5, y as f32 + 0.5]));
            }
        }
    }
}
