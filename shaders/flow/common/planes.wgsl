// Five values a pixel, in planes: [pictures, 5, H, W]. The shader that includes it has `params` with width and height.
struct Five {
    four: vec4<f32>,
    one: f32,
}

// Where the first of the values of pixel 0 of a picture lies.
fn plane(picture: u32) -> u32 {
    return 5u * picture * params.width * params.height;
}
