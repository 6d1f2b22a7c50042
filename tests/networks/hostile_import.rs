//! Files of other frameworks that ask for more than they hold: an error that names the place, and memory that the file's size justifies. On Unix the
//! command runs with little address space, so that an allocation of what the file declares would end it.

use std::path::Path;
use std::process::Command;

use crate::support::scratch;

/// KiB of address space: the program and its threads take a fraction, the least of the declared sizes below more.
const MOST_KIB: u32 = 1_500_000;

fn varint(mut n: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        bytes.push((n & 127) as u8 | if n > 127 { 128 } else { 0 });
        n >>= 7;
        if n == 0 {
            return bytes;
        }
    }
}

/// A length-delimited field.
fn field(number: u64, payload: &[u8]) -> Vec<u8> {
    [varint(number << 3 | 2), varint(payload.len() as u64), payload.to_vec()].concat()
}

/// A field of one integer.
fn integer(number: u64, n: i64) -> Vec<u8> {
    [varint(number << 3), varint(n as u64)].concat()
}

/// A tensor of an ONNX file, of type and raw bytes.
fn tensor(name: &str, ty: i64, dims: &[i64], raw: &[u8]) -> Vec<u8> {
    let dims = dims.iter().flat_map(|&n| integer(1, n)).collect::<Vec<_>>();
    [dims, integer(2, ty), field(8, name.as_bytes()), field(9, raw)].concat()
}

fn longs(values: &[i64]) -> Vec<u8> {
    values.iter().flat_map(|n| n.to_le_bytes()).collect()
}

fn node(op: &str, inputs: &[&str], output: &str, attributes: &[Vec<u8>]) -> Vec<u8> {
    let inputs = inputs.iter().flat_map(|name| field(1, name.as_bytes())).collect::<Vec<_>>();
    let attributes = attributes.iter().flat_map(|attribute| field(5, attribute)).collect::<Vec<_>>();
    [inputs, field(2, output.as_bytes()), field(3, b"culprit"), field(4, op.as_bytes()), attributes].concat()
}

fn ints(name: &str, values: &[i64]) -> Vec<u8> {
    [field(1, name.as_bytes()), values.iter().flat_map(|&n| integer(8, n)).collect()].concat()
}

/// An ONNX file of opset 13 that reads `x` of these sizes and answers `y`.
fn onnx(sizes: &[i64], nodes: &[Vec<u8>], initializers: &[Vec<u8>]) -> Vec<u8> {
    let dims = sizes.iter().flat_map(|&n| field(1, &integer(1, n))).collect::<Vec<_>>();
    let input = [field(1, b"x"), field(2, &field(1, &[integer(1, 1), field(2, &dims)].concat()))].concat();
    let nodes = nodes.iter().flat_map(|node| field(1, node)).collect::<Vec<_>>();
    let initializers = initializers.iter().flat_map(|tensor| field(5, tensor)).collect::<Vec<_>>();
    let graph = [nodes, initializers, field(11, &input), field(12, &field(1, b"y"))].concat();
    [field(7, &graph), field(8, &integer(2, 13))].concat()
}

/// What `moue import` says; it must refuse.
fn refused(files: &[(&str, Vec<u8>)]) -> String {
    let folder = scratch(&format!("hostile-import-{}", std::thread::current().name().unwrap_or("one")));
    let paths: Vec<_> = files.iter().map(|(name, _)| folder.join(name)).collect();
    files.iter().zip(&paths).for_each(|((_, bytes), path)| std::fs::write(path, bytes).unwrap());
    let output = folder.join("out.safetensors");
    let program = Path::new(env!("CARGO_BIN_EXE_moue"));
    let mut command = if cfg!(unix) {
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("ulimit -v {MOST_KIB}; exec \"$0\" \"$@\"")]).arg(program);
        shell
    } else {
        Command::new(program)
    };
    let ran = command.arg("import").args(&paths).arg("-o").arg(&output).output().unwrap();
    let said = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert_eq!(ran.status.code(), Some(2), "{:?}: {said}", files[0].0);
    assert!(!said.contains("panicked") && !said.contains("defect") && said.contains("error"), "{said}");
    assert!(!output.exists());
    said
}

#[test]
fn onnx_files_that_ask_for_too_much() {
    let one = [1, 3, 8, 8];
    let floats = |count: usize| vec![0; 4 * count];
    let huge = [100_000, 100_000];
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        (
            "a weight of 40 GB and no bytes",
            onnx(&one, &[node("Gemm", &["x", "w"], "y", &[])], &[tensor("w", 1, &huge, &[])]),
            "initializer `w`",
        ),
        ("a negative size", onnx(&one, &[node("Add", &["x", "w"], "y", &[])], &[tensor("w", 1, &[-3], &floats(3))]), "-3"),
        (
            "sizes whose product overflows",
            onnx(&one, &[node("Add", &["x", "w"], "y", &[])], &[tensor("w", 1, &[1 << 40, 1 << 40], &[])]),
            "initializer `w`",
        ),
        ("an input of 2^50", onnx(&[1, 3, 1 << 50, 1], &[node("Relu", &["x"], "y", &[])], &[]), "65536"),
        (
            "a constant of 10^12",
            onnx(
                &one,
                &[node("ConstantOfShape", &["s"], "c", &[]), node("Add", &["x", "c"], "y", &[])],
                &[tensor("s", 7, &[2], &longs(&[1_000_000; 2]))],
            ),
            "culprit",
        ),
        (
            "a repetition to 10^12",
            onnx(
                &one,
                &[node("Expand", &["f", "s"], "c", &[]), node("Add", &["x", "c"], "y", &[])],
                &[tensor("f", 1, &[1], &floats(1)), tensor("s", 7, &[2], &longs(&[1_000_000; 2]))],
            ),
            "culprit",
        ),
        (
            "a range of 10^15",
            onnx(
                &one,
                &[node("Range", &["a", "b", "c"], "r", &[]), node("Reshape", &["x", "r"], "y", &[])],
                &[
                    tensor("a", 7, &[], &longs(&[0])),
                    tensor("b", 7, &[], &longs(&[1_000_000_000_000_000])),
                    tensor("c", 7, &[], &longs(&[1])),
                ],
            ),
            "culprit",
        ),
        (
            "pads of 2^40",
            onnx(&one, &[node("Pad", &["x", "p"], "y", &[])], &[tensor("p", 7, &[8], &longs(&[0, 0, 1 << 40, 0, 0, 0, 0, 0]))]),
            "culprit",
        ),
        (
            "a scale of 10^9",
            onnx(
                &one,
                &[node("Resize", &["x", "", "s"], "y", &[])],
                &[tensor("s", 1, &[4], &[1.0_f32, 1.0, 1e9, 1.0].map(f32::to_le_bytes).concat())],
            ),
            "culprit",
        ),
        (
            "a window of 2^40",
            onnx(&one, &[node("MaxPool", &["x"], "y", &[ints("kernel_shape", &[1 << 40, 1 << 40])])], &[]),
            "culprit",
        ),
        ("a node that reads its own output", onnx(&one, &[node("Add", &["x", "y"], "y", &[])], &[]), "nothing before it makes"),
        (
            "two nodes that read each other",
            onnx(
                &one,
                &[node("Add", &["x", "b"], "a", &[]), node("Relu", &["a"], "b", &[]), node("Relu", &["b"], "y", &[])],
                &[],
            ),
            "nothing before it makes",
        ),
        ("a name made twice", onnx(&one, &[node("Relu", &["x"], "y", &[]), node("Exp", &["x"], "y", &[])], &[]), "second time"),
        ("a length beyond the file", [varint(7 << 3 | 2), varint(10_000_000_000), vec![0; 40]].concat(), "cut short"),
        ("nothing", Vec::new(), "no graph"),
    ];
    for (what, bytes, said) in cases {
        let error = refused(&[("bomb.onnx", bytes)]);
        assert!(error.contains(said), "{what}: {error}");
        println!("{what}: {}", error.lines().last().unwrap_or_default());
    }
    let far =
        [integer(1, 4), integer(2, 1), field(8, b"w"), field(13, &[field(1, b"location"), field(2, b"w.bin")].concat())].concat();
    let far = [far, field(13, &[field(1, b"length"), field(2, b"10000000000")].concat()), integer(14, 1)].concat();
    let error = refused(&[("far.onnx", onnx(&one, &[node("Add", &["x", "w"], "y", &[])], &[far])), ("w.bin", vec![0; 16])][..1]);
    assert!(error.contains("external data `w.bin`"), "{error}");
    let out = [
        integer(1, 4),
        integer(2, 1),
        field(8, b"w"),
        field(13, &[field(1, b"location"), field(2, b"../../etc/passwd")].concat()),
        integer(14, 1),
    ]
    .concat();
    let error = refused(&[("out.onnx", onnx(&one, &[node("Add", &["x", "w"], "y", &[])], &[out]))]);
    assert!(error.contains("only files beside the model"), "{error}");
}

#[test]
fn caffe_files_that_ask_for_too_much() {
    let head = "input: 'data' input_dim: 1 input_dim: 3 input_dim: 8 input_dim: 8\n";
    let dense = |outputs: &str| {
        format!(
            "{head}layer {{ name: 'fc' type: 'InnerProduct' bottom: 'data' top: 'fc' inner_product_param {{ num_output: {outputs} }} }}"
        )
    };
    let shape = |dims: &[u64]| field(7, &field(1, &dims.iter().flat_map(|&n| varint(n)).collect::<Vec<_>>()));
    let layer = |blob: Vec<u8>| field(100, &[field(1, b"fc"), field(7, &blob)].concat());
    let cases: Vec<(&str, String, Vec<u8>, &str)> = vec![
        ("a blob of 40 GB and no values", dense("5"), layer(shape(&[100_000, 100_000])), "damaged"),
        ("a blob with a negative size", dense("5"), layer(shape(&[-4_i64 as u64, 3])), "-4"),
        ("a blob of other sizes", dense("5"), layer([shape(&[2]), field(5, &[0; 8])].concat()), "960 values"),
        ("2^31 outputs", dense("2147483648"), Vec::new(), "fc"),
        ("2^70 outputs", dense("1180591620717411303424"), Vec::new(), "num_output"),
        ("an input of 2^40", dense("5").replace("input_dim: 8", "input_dim: 1099511627776"), Vec::new(), "65536"),
        (
            "a window of 2^40",
            format!(
                "{head}layer {{ name: 'p' type: 'Pooling' bottom: 'data' top: 'p' pooling_param {{ kernel_size: 1099511627776 }} }}"
            ),
            Vec::new(),
            "65536",
        ),
        (
            "no groups",
            format!(
                "{head}layer {{ name: 'c' type: 'Convolution' bottom: 'data' top: 'c' convolution_param {{ num_output: 4 kernel_size: 1 group: 0 }} }}"
            ),
            Vec::new(),
            "groups",
        ),
        (
            "a length beyond the file",
            dense("5"),
            [varint(100 << 3 | 2), varint(10_000_000_000), vec![0; 9]].concat(),
            "cut short",
        ),
    ];
    for (what, prototxt, weights, said) in cases {
        let error = refused(&[("bomb.prototxt", prototxt.into_bytes()), ("bomb.caffemodel", weights)]);
        assert!(error.contains(said), "{what}: {error}");
        println!("{what}: {}", error.lines().last().unwrap_or_default());
    }
}

#[test]
fn state_dicts_that_ask_for_too_much() {
    for (what, header, said) in [
        (
            "10 GB beyond the file",
            r#"{"fc.weight":{"dtype":"F32","shape":[50000,50000],"data_offsets":[0,10000000000]}}"#,
            "cut short",
        ),
        (
            "sizes that overflow",
            r#"{"fc.weight":{"dtype":"F32","shape":[4611686018427387904,8],"data_offsets":[0,8]}}"#,
            "header",
        ),
    ] {
        let bytes = [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &[0; 8]].concat();
        let error = refused(&[("bomb.safetensors", bytes)]);
        assert!(error.contains(said), "{what}: {error}");
    }
    let error = refused(&[("bomb.safetensors", [&u64::MAX.to_le_bytes()[..], b"{}"].concat())]);
    assert!(error.contains("header"), "{error}");
}
