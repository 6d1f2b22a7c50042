//! Rectangles of a photograph, in whole pixels; they may reach beyond its edges.

/// A rectangle: top-left corner and size, in pixels of the upright photograph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rect {
    /// Left edge.
    pub x: i32,
    /// Top edge.
    pub y: i32,
    /// Width, at least 1.
    pub width: u32,
    /// Height, at least 1.
    pub height: u32,
}

impl Rect {
    /// The whole of a `width` x `height` picture.
    pub fn whole(width: u32, height: u32) -> Self {
        Self { x: 0, y: 0, width, height }
    }

    /// The square around its middle, as long as its longer side.
    pub(crate) fn squared(self) -> Self {
        let side = self.width.max(self.height);
        let grown = |start: i32, length: u32| start.saturating_sub_unsigned((side - length) / 2);
        Self { x: grown(self.x, self.width), y: grown(self.y, self.height), width: side, height: side }
    }

    /// The part of the smaller one's area that both share.
    pub(crate) fn shared(self, other: Self) -> f64 {
        let along = |a: i32, a_side: u32, b: i32, b_side: u32| {
            let [a, b] = [f64::from(a), f64::from(b)];
            ((a + f64::from(a_side)).min(b + f64::from(b_side)) - a.max(b)).max(0.0)
        };
        let area = |rect: Self| f64::from(rect.width) * f64::from(rect.height);
        let both = along(self.x, self.width, other.x, other.width) * along(self.y, self.height, other.y, other.height);
        both / area(self).min(area(other))
    }

    /// The rectangle grown on every side by `margin` times its own size, in integers: the margin is
    /// rounded to thousandths and the growth to whole pixels, so that every implementation agrees.
    pub fn with_margin(self, margin: f64) -> Self {
        let q = (margin.clamp(0.0, 8.0) * 1000.0 + 0.5).floor() as u64;
        let grow = |side: u32| ((u64::from(side) * q + 500) / 1000).min(1 << 20) as u32;
        let (ex, ey) = (grow(self.width), grow(self.height));
        Self {
            x: self.x.saturating_sub_unsigned(ex),
            y: self.y.saturating_sub_unsigned(ey),
            width: self.width.saturating_add(2 * ex),
            height: self.height.saturating_add(2 * ey),
        }
    }
}
