// Crops of a face and the ellipse in them. The shader that includes it has `pixels`: [frames, H, W] 0xBBGGRR, and `spans`: [H] of the first column inside and the
// first beyond.

fn inside(x: u32, y: u32) -> bool {
    let span = spans[y];
    return x >= span.x && x < span.y;
}

fn colour(word: u32) -> vec3<u32> {
    return (vec3<u32>(word) >> vec3<u32>(0u, 8u, 16u)) & vec3<u32>(255u);
}

// Y of YCrCb.
fn luma(rgb: vec3<u32>) -> u32 {
    return (4899u * rgb.x + 9617u * rgb.y + 1868u * rgb.z + 8192u) >> 14u;
}
