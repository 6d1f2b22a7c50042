//! The lines that a face is drawn by: lips, eyes, brows, oval and irises, or the whole mesh.
//!
//! FACEMESH_CONTOURS and FACEMESH_IRISES of mediapipe/python/solutions/face_mesh_connections.py (google-ai-edge/mediapipe, Apache-2.0), as paths.

use super::tessellation::TESSELLATION;

/// The face's oval, from the middle of the forehead on, clockwise as one sees it.
#[rustfmt::skip]
pub const OVAL: [u16; 36] = [
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149, 150, 136, 172,
    58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
];

/// A line through points of the face.
struct Path {
    closed: bool,
    points: &'static [u16],
}

#[rustfmt::skip]
const PATHS: [Path; 11] = [
    // Outer lips.
    Path { closed: true, points: &[0, 267, 269, 270, 409, 291, 375, 321, 405, 314, 17, 84, 181, 91, 146, 61, 185, 40, 39, 37] },
    // Inner lips.
    Path { closed: true, points: &[13, 312, 311, 310, 415, 308, 324, 318, 402, 317, 14, 87, 178, 88, 95, 78, 191, 80, 81, 82] },
    // The picture's left eye.
    Path { closed: true, points: &[7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246, 33] },
    // The picture's right eye.
    Path { closed: true, points: &[249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466, 263] },
    // Lower edge of the picture's left brow.
    Path { closed: false, points: &[46, 53, 52, 65, 55] },
    // Its upper edge.
    Path { closed: false, points: &[70, 63, 105, 66, 107] },
    // Lower edge of the picture's right brow.
    Path { closed: false, points: &[276, 283, 282, 295, 285] },
    // Its upper edge.
    Path { closed: false, points: &[300, 293, 334, 296, 336] },
    // Left iris of the picture.
    Path { closed: true, points: &[469, 470, 471, 472] },
    // Right iris of the picture.
    Path { closed: true, points: &[474, 475, 476, 477] },
    Path { closed: true, points: &OVAL },
];

/// Edges of lips, eyes, brows, irises and the oval, as pairs of positions among the 478 points.
pub fn contours() -> impl Iterator<Item = [u16; 2]> {
    PATHS.iter().flat_map(|path| {
        let along = path.points.iter().zip(path.points.iter().skip(1));
        let last = path.closed.then(|| path.points.last().zip(path.points.first())).flatten();
        along.chain(last).map(|(&from, &to)| [from, to])
    })
}

/// Edges of the whole mesh, as pairs of positions among the 478 points; eyes and mouth are open, and irises have none.
pub fn tessellation() -> impl Iterator<Item = [u16; 2]> {
    TESSELLATION.iter().copied()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn lines_are_those_of_mediapipe() {
        // FACEMESH_CONTOURS has 124 edges, FACEMESH_IRISES 8.
        let edges: BTreeSet<[u16; 2]> = contours().map(|[a, b]| [a.min(b), a.max(b)]).collect();
        assert_eq!((edges.len(), contours().count()), (132, 132));
        let points: BTreeSet<u16> = tessellation().flatten().collect();
        assert!(points.into_iter().eq(0..468), "every point of the mesh is on an edge, and no other");
        assert!(tessellation().all(|[a, b]| a < b) && tessellation().is_sorted());
    }
}
