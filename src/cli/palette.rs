//! One colour a label, the same on a picture, in a terminal and in a plot.

/// Colour of a label: chosen for the eight expressions, from a wheel of hues for any other.
pub fn colour(label: &str, index: usize) -> [u8; 3] {
    match label.to_ascii_lowercase().as_str() {
        "angry" | "anger" => [244, 96, 96],
        "disgust" => [140, 200, 96],
        "fear" => [182, 144, 250],
        "happy" | "happiness" => [255, 206, 74],
        "neutral" => [190, 200, 212],
        "sad" | "sadness" => [92, 170, 246],
        "surprise" | "surprised" => [250, 146, 196],
        "contempt" => [222, 164, 122],
        _ => WHEEL[index % WHEEL.len()],
    }
}

const WHEEL: [[u8; 3]; 8] = [
    [244, 138, 96],
    [92, 200, 186],
    [226, 132, 226],
    [206, 212, 92],
    [120, 160, 250],
    [240, 120, 150],
    [110, 214, 130],
    [220, 186, 130],
];
