// Between four bytes of each of three channels by shares of 2048ths, rounded down between the steps as OpenCV does.
fn between(upper: vec3<u32>, lower: vec3<u32>, shares: vec2<u32>) -> vec3<u32> {
    let above = (shares.x * (upper >> vec3<u32>(4u))) >> vec3<u32>(16u);
    let below = (shares.y * (lower >> vec3<u32>(4u))) >> vec3<u32>(16u);
    return (above + below + 2u) >> vec3<u32>(2u);
}
