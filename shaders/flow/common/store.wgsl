// The shader that includes it has `output`: [pictures, 5, H, W].
fn store(at: u32, size: u32, made: Five) {
    output[at] = made.four.x;
    output[at + size] = made.four.y;
    output[at + 2u * size] = made.four.z;
    output[at + 3u * size] = made.four.w;
    output[at + 4u * size] = made.one;
}
