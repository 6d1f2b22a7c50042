// What may be a face, in pixels of the photograph.
struct Candidate {
    // Before the sigmoid.
    score: f32,
    // Tile x cells + cell.
    number: u32,
    centre: vec2<f32>,
    size: vec2<f32>,
    right_eye: vec2<f32>,
    left_eye: vec2<f32>,
}
