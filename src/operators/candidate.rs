//! What detectors find, and how what they find twice becomes one.

/// What may be a face, in pixels of the photograph.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, bytemuck::Pod, bytemuck::Zeroable)]
pub struct Candidate {
    /// How sure the detector is, before the sigmoid.
    pub score: f32,
    /// Tile x cells + cell.
    pub number: u32,
    /// Its middle: x, y.
    pub centre: [f32; 2],
    /// Width and height.
    pub size: [f32; 2],
    /// The eye that lies on the left in an upright picture: x, y.
    pub right_eye: [f32; 2],
    /// The other one.
    pub left_eye: [f32; 2],
}

/// Values that a detector says of a cell: a box and six points.
pub const CELL_VALUES: usize = 16;

/// Candidates that suppression goes through at most.
pub const MOST_CANDIDATES: usize = 4096;

/// How cells become candidates.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Decoding {
    /// Pixels of a tile's side.
    pub side: f32,
    /// Least score, before the sigmoid.
    pub least: f32,
    /// Part of its longer side by which a box may reach beyond where a tile cuts it.
    pub cut: f32,
    /// Number of the first tile's first cell.
    pub first: u32,
}
