//! Mistakes planted in the processor's operators: each must make the tests of `tests/kernels/engine.rs` fail, or those prove nothing.
//!
//! All of them are compiled into one copy of the crate, each behind a question which one is on: a compilation of moue, and a second a mistake.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, clippy::print_stderr)]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

/// (file of src/cpu, an expression, of which the first that stands there is meant, the mistake). What is no expression by itself is written with `ON`, which says
/// whether the mistake is on.
const MISTAKES: &[(&str, &str, &str)] = &[
    ("product.rs", "(row * down) as isize", "row as isize"),
    ("product.rs", "self.window.pad[1] as isize", "self.window.pad[0] as isize"),
    ("product.rs", "(ky * rows.window.dilation[0]) as isize", "ky as isize"),
    ("product.rs", "y < height && x < columns", "x < columns"),
    ("product.rs", "width.min(weights.outputs - panel.first)", "S::F32_LANES.min(weights.outputs - panel.first)"),
    ("product.rs", "(start + m) * residual.stride + first", "m * residual.stride + first"),
    ("product.rs", "MORE && from < there", "false"),
    ("product.rs", "simd.mul_f32s(sum, slopes[n])", "sum"),
    ("product.rs", "several * TOGETHER + k", "k"),
    ("product.rs", "self.window == Window::square(1, 1) && self.input.size == self.output", "self.input.size == self.output"),
    ("product.rs", "fours.remainder()", "if ON { &line[..0] } else { fours.remainder() }"),
    ("conv.rs", "position % channels * pixels + position / channels", "position"),
    (
        "conv.rs",
        "line[left * channels..].chunks_exact_mut(channels)",
        "line[if ON { 0 } else { left * channels }..].chunks_exact_mut(channels)",
    ),
    ("conv.rs", "finish.part(group * outputs, outputs)", "finish"),
    ("conv.rs", "first_pixel + p", "p"),
    ("conv.rs", "group * outputs,", "if ON { group } else { group * outputs },"),
    ("winograd.rs", "s.times(5.0, d[2])", "s.times(4.0, d[2])"),
    ("winograd.rs", "s.times(2.0, s.sub(d[3], d[1]))", "s.sub(d[3], d[1])"),
    ("winograd.rs", "s.sub(d[2], d[1])", "s.sub(d[1], d[2])"),
    ("winograd.rs", "s.times(4.0, twice_difference)", "s.times(2.0, twice_difference)"),
    ("winograd.rs", "simd.add_f32s(values[dx], bias)", "values[dx]"),
    ("winograd.rs", "(x + dx).wrapping_sub(pad[1])", "(x + dx).wrapping_sub(pad[0])"),
    ("depthwise.rs", "(left + width).saturating_sub(part)", "(left + width - 1).saturating_sub(part)"),
    ("depthwise.rs", "left.saturating_sub(part)", "left"),
    ("depthwise.rs", "loaded.filter(|&[of, _]| of == image)", "*loaded"),
    ("depthwise.rs", "if phase + 1 == bias.len() { 0 } else { phase + 1 }", "0"),
    ("depthwise.rs", "row * down + tap / columns * dilation", "row * down + tap / columns"),
    ("depthwise.rs", "row * columns + index", "index"),
    ("finish.rs", "residual.channels.saturating_sub(first).min(channels)", "residual.channels.min(channels)"),
    ("finish.rs", "simd.max_f32s(x, simd.splat_f32s(least))", "x"),
    ("finish.rs", "simd.mul_f32s(x, simd.splat_f32s(slope))", "x"),
    ("finish.rs", "if at + S::F32_LANES == slopes.len() { 0 } else { at + S::F32_LANES }", "0"),
    ("separable.rs", "finish.from(row * columns)", "finish.from(first_row * columns)"),
    ("separable.rs", "activation: between.activation", "activation: if ON { Default::default() } else { between.activation }"),
    ("warp.rs", "f64::from(across.total / 2) + 0.5", "0.5"),
    ("warp.rs", "rows.iter().position(|(row, _)| *row == y)", "rows.iter().position(|(row, _)| *row < usize::MAX)"),
    ("warp.rs", "(2 * i + 1) * length", "2 * i * length"),
    ("turn.rs", "part(b, u) + part(a, v)", "part(b, u) - part(a, v)"),
    ("turn.rs", "(x, y) = (x + a, y + b)", "(x, y) = (x + a, y - b)"),
    (
        "conv_transpose.rs",
        "(place + window.pad[axis]).checked_sub(tap * window.dilation[axis])",
        "(place + window.pad[axis]).checked_sub(tap)",
    ),
    ("conv_transpose.rs", "from[group * channels..]", "from[if ON { 0 } else { group * channels }..]"),
    ("local_conv.rs", "place / columns * down", "place / columns"),
    ("local_conv.rs", "(corner[1] + kx * window.dilation[1])", "(corner[1] + kx)"),
    ("local_conv.rs", "y >= height || x >= width", "y >= height"),
    ("local_conv.rs", "place * whole + start", "start"),
    ("local_conv.rs", "(place * layer.panels() + panel) * unit + image * width", "(place * layer.panels() + panel) * unit"),
    ("local_conv.rs", "lines[m][k]", "lines[0][k]"),
    ("local_conv.rs", "(WIDE * self.lanes).min(self.whole() - first)", "WIDE * self.lanes"),
    ("pool.rs", "f32::MIN", "0.0"),
    ("pool.rs", "padded_rows * padded_columns", "window.kernel[0] * window.kernel[1]"),
    ("pool.rs", "lefts[x] as usize + kx", "x + kx"),
    ("lrn.rs", "0..=before + after", "usize::from(ON)..=before + after"),
    ("softmax.rs", "*value /= sum", "*value /= sum + if ON { 0.01 } else { 0.0 }"),
    ("softmax.rs", "from[channel] > from[best]", "from[channel] >= 0.0"),
    ("elementwise.rs", "x * scale[channel] + shift[channel]", "x * scale[0] + shift[channel]"),
    ("elementwise.rs", "if side.size[1] == 1 { 0 } else { x }", "x.min(side.size[1] - 1) / 2"),
    ("functions.rs", "1.0 / 24.0", "1.0 / 23.0"),
    ("functions.rs", "1.421_413_7", "1.421_513_7"),
    (
        "matmul.rs",
        "right.data[(k * columns + column) * right.stride + channel]",
        "right.data[(k * columns + column) * right.stride]",
    ),
    ("moves.rs", "2 * last - place", "last"),
    ("moves.rs", "lower * down", "lower * across"),
];

/// Parts of the names of the tests that see a file's operators.
fn tests_of(file: &str) -> &'static [&'static str] {
    match file {
        "product.rs" | "conv.rs" => &["products", "dense", "fused", "ends"],
        "winograd.rs" => &["winograd", "fused"],
        "depthwise.rs" => &["depthwise", "separable", "ends"],
        "finish.rs" => &["ends", "separable"],
        "separable.rs" => &["separable"],
        "warp.rs" | "turn.rs" => &["crops"],
        "conv_transpose.rs" => &["transposed"],
        "local_conv.rs" => &["locally"],
        "pool.rs" => &["pools"],
        "matmul.rs" => &["matrices"],
        "functions.rs" => &["one_value"],
        "elementwise.rs" => &["two_values", "normalisations"],
        _ => &["normalisations", "other_places"],
    }
}

/// What answers whether a mistake is on.
const PLANTED: &str = "
pub(crate) fn planted(number: usize) -> bool {
    static ON: std::sync::LazyLock<Option<usize>> =
        std::sync::LazyLock::new(|| std::env::var(\"MOUE_PLANTED\").ok().and_then(|text| text.parse().ok()));
    *ON == Some(number)
}
";

#[test]
fn every_planted_mistake_is_caught() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let copy = copied(root);
    let tests = built(root, &copy);
    let run = |number: Option<usize>| {
        let mut command = Command::new(&tests);
        command.env_remove("MOUE_PLANTED");
        if let Some(number) = number {
            command.env("MOUE_PLANTED", number.to_string()).args(tests_of(MISTAKES[number].0));
        }
        command.output().unwrap().status.success()
    };
    assert!(run(None), "without a mistake the tests pass");
    let missed: Vec<String> = (0..MISTAKES.len())
        .filter(|&number| run(Some(number)))
        .map(|number| format!("{}: {} -> {}", MISTAKES[number].0, MISTAKES[number].1, MISTAKES[number].2))
        .collect();
    println!("{} mistakes", MISTAKES.len());
    assert!(missed.is_empty(), "not caught:\n{}", missed.join("\n"));
}

/// The crate with its mistakes, beside links to all that has none.
fn copied(root: &Path) -> PathBuf {
    let copy = root.join("target/planted");
    let _ = fs::remove_dir_all(&copy);
    fs::create_dir_all(copy.join("tests/processor")).unwrap();
    fs::create_dir_all(copy.join("src")).unwrap();
    for entry in fs::read_dir(root).unwrap().map(Result::unwrap) {
        let name = entry.file_name();
        if !["target", ".git", "src", "tests"].iter().any(|other| *other == name) {
            symlink(entry.path(), copy.join(name)).unwrap();
        }
    }
    for entry in fs::read_dir(root.join("src")).unwrap().map(Result::unwrap) {
        let name = entry.file_name();
        match name.to_str() {
            Some("cpu") => {}
            Some("lib.rs") => {
                let text = fs::read_to_string(entry.path()).unwrap();
                fs::write(copy.join("src/lib.rs"), text.replace("pub mod cpu;", "pub mod cpu;\nmod planted;")).unwrap();
            }
            _ => symlink(entry.path(), copy.join("src").join(&name)).unwrap(),
        }
    }
    fs::write(copy.join("src/planted.rs"), format!("//! Which mistake is on.\n{PLANTED}")).unwrap();
    fs::create_dir_all(copy.join("src/cpu")).unwrap();
    for entry in fs::read_dir(root.join("src/cpu")).unwrap().map(Result::unwrap) {
        let name = entry.file_name().into_string().unwrap();
        let mut text = fs::read_to_string(entry.path()).unwrap();
        for (number, (_, right, wrong)) in MISTAKES.iter().enumerate().filter(|(_, mistake)| mistake.0 == name) {
            let (before, after) = text.split_once(right).unwrap_or_else(|| panic!("{name} lacks `{right}`"));
            text = format!("{before}{}{after}", chosen(number, right, wrong));
        }
        fs::write(copy.join("src/cpu").join(&name), text).unwrap();
    }
    symlink(root.join("tests/common"), copy.join("tests/common")).unwrap();
    symlink(root.join("tests/kernels/engine.rs"), copy.join("tests/processor/engine.rs")).unwrap();
    let main = "#![allow(warnings)]\n#[path = \"../common/mod.rs\"]\nmod common;\nmod engine;\n";
    fs::write(copy.join("tests/processor/main.rs"), main).unwrap();
    copy
}

/// Either of both.
fn chosen(number: usize, right: &str, wrong: &str) -> String {
    let on = format!("crate::planted::planted({number})");
    if wrong.contains("ON") { wrong.replace("ON", &on) } else { format!("(if {on} {{ {wrong} }} else {{ {right} }})") }
}

/// The test program of the copy.
fn built(root: &Path, copy: &Path) -> PathBuf {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args([
        "test",
        "--release",
        "--no-run",
        "--offline",
        "--no-default-features",
        "--package",
        "moue",
        "--test",
        "processor",
    ]);
    command.args(["--message-format", "json-render-diagnostics", "--target-dir"]).arg(root.join("target/planted-build"));
    let output = command.current_dir(copy).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let program = text.lines().filter(|line| line.contains(r#""name":"processor""#)).find_map(|line| {
        let (_, rest) = line.split_once(r#""executable":""#)?;
        rest.split_once('"').map(|(path, _)| path.to_owned())
    });
    PathBuf::from(program.unwrap())
}
