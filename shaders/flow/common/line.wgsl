// Position of what lies at `i` of a line of `length` that is mirrored at both of its ends, which stand there once.
fn mirrored(i: i32, length: i32) -> u32 {
    if (length == 1) {
        return 0u;
    }
    let period = 2 * (length - 1);
    let at = abs(i) % period;
    return u32(min(at, period - at));
}
