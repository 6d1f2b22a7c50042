//! Types of numbers by ONNX's table.

pub(super) const FLOAT: i32 = 1;
pub(super) const UINT8: i32 = 2;

/// What the table calls a type.
pub(super) fn name(number: i32) -> String {
    let names = [
        "undefined",
        "float32",
        "uint8",
        "int8",
        "uint16",
        "int16",
        "int32",
        "int64",
        "string",
        "bool",
        "float16",
        "float64",
        "uint32",
        "uint64",
        "complex64",
        "complex128",
        "bfloat16",
        "float8e4m3fn",
        "float8e4m3fnuz",
        "float8e5m2",
        "float8e5m2fnuz",
        "uint4",
        "int4",
        "float4e2m1",
        "float8e8m0",
        "uint2",
        "int2",
    ];
    let known = usize::try_from(number).ok().and_then(|number| names.get(number));
    known.map_or_else(|| format!("a type that ONNX numbers {number}"), |&name| name.to_owned())
}

/// Whether it has fractions, and is computed in f32 here.
pub(super) fn is_float(number: i32) -> bool {
    [FLOAT, 10, 11, 16].contains(&number)
}

/// Whether it holds the whole numbers 0 to 65535, and they are exact in f32.
pub(super) fn is_wide_integer(number: i32) -> bool {
    [4, 6, 7, 12, 13].contains(&number)
}
