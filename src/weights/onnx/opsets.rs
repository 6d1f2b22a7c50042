//! From which opset on each operator means what is read here. Up to 28 none changed for what is read but in the types that it
//! takes: of Cast `round_mode` and of Range `stash_type` concern types that are not read, and SpaceToDepth says if its `mode` is another.

/// Opsets whose operators are known.
pub(super) const KNOWN: std::ops::RangeInclusive<i64> = 1..=28;

/// The first opset of whose `op` the meaning is read: before it other attributes said it.
fn since(op: &str) -> i64 {
    match op {
        "Split" | "Pad" => 2,
        "Cast" | "Tile" => 6,
        "Upsample" | "Equal" | "Less" | "Greater" | "And" | "Or" => 7,
        "GroupNormalization" => 18,
        "Attention" => 23,
        _ => 1,
    }
}

/// Checks that `op` of this opset means what is read, as far as its attributes say.
pub(super) fn check(op: &str, version: i64, attribute: impl Fn(&str) -> Result<i64, String>) -> Result<(), String> {
    if version < since(op) {
        return Err(format!("before opset {} it was another: convert the file with onnx.version_converter", since(op)));
    }
    if version < 7 && matches!(op, "BatchNormalization" | "Dropout") && attribute("is_test")? == 0 {
        return Err("it is in training: export it with is_test 1, or a later opset".into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_older_opset_means_otherwise_is_refused() {
        let none = |_: &str| Ok(0);
        assert!(check("Relu", 1, none).is_ok());
        assert!(check("Split", 1, none).is_err_and(|said| said.contains("before opset 2")));
        assert!(check("Cast", 5, none).is_err() && check("Cast", 6, none).is_ok());
        for op in ["BatchNormalization", "Dropout"] {
            assert!(check(op, 6, none).is_err_and(|said| said.contains("training")));
            assert!(check(op, 6, |_| Ok(1)).is_ok() && check(op, 7, none).is_ok());
        }
        assert!(KNOWN.contains(&28) && !KNOWN.contains(&29));
    }
}
