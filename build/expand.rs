//! shaders/FOLDER/*.wgsl -> the text of every shader.
//!
//! WGSL has no includes and naga's loops are rarely unrolled by drivers, so three directives are expanded here, each alone on its line:
//! `#include "common/file.wgsl" KEY=VALUE ...`, `#for NAME FROM TO` ... `#end` (NAME, FROM and TO may be variant constants), and
//! `#variant NAME KEY=VALUE ...` (one shader of that name per line; without any, the file's own name, whatever its folder). `{NAME}` stands for a value,
//! in an included file's name too.
//!
//! Folders are subjects. What is included lies in `common/`, or in the folder `common/` of its subject where no other includes it; paths start at shaders/.
//!
//! What includes common/values.wgsl or common/texels.wgsl becomes two shaders: NAME for tensors in f32, and NAME_f16 with values_f16.wgsl and
//! texels_f16.wgsl in their place, and so on. What includes common/output_either.wgsl becomes two again: NAME writes a buffer, NAME_texels, with output_texels.wgsl
//! in its place, a texture; likewise what reads a residual as texels has a form NAME_alone that reads none. What begins with `enable f16;` has the second form only, under its own name.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

type Constants = BTreeMap<String, u32>;

/// Holds what is included.
const COMMON: &str = "common";

/// How values lie in memory and in texels, and what stands in their place in the f16 form of a shader.
const HALVES: [(&str, &str); 3] = [
    ("common/values.wgsl", "common/values_f16.wgsl"),
    ("common/texels.wgsl", "common/texels_f16.wgsl"),
    ("common/written.wgsl", "common/written_f16.wgsl"),
];

/// Residuals of software adapters, which read one even where there is none, and what stands in their place in the form without.
const ALONE: [(&str, &str); 2] =
    [("common/residual_image.wgsl", "common/residual_none.wgsl"), ("common/residual_texture.wgsl", "common/residual_none.wgsl")];

/// Where a shader may write one or the other, and what stands in that place in the form that writes a texture.
const WRITTEN: (&str, &str) = ("common/output_either.wgsl", "common/output_texels.wgsl");

/// The first line of a shader that computes with f16.
const ONLY_F16: &str = "enable f16;";

/// Form of a shader.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Form {
    /// Tensors in f32.
    F32,
    /// Tensors in f16.
    F16,
}

/// Where a shader writes that may write one or the other.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Writes {
    Buffer,
    Texels,
}

/// What a text is expanded for.
#[derive(Debug, Clone, Copy)]
struct Target {
    form: Form,
    /// Whether it adds one, where it may.
    residual: bool,
    writes: Writes,
}

/// One shader.
#[derive(Debug)]
pub struct Expanded {
    /// Its own name.
    pub name: String,
    /// Its file's name.
    pub stem: String,
    /// Its file, below shaders/.
    pub place: String,
    /// WGSL without directives.
    pub source: String,
    pub form: Form,
    /// The name of its form in f16.
    pub half: Option<String>,
    /// The name of its form without a residual.
    pub alone: Option<String>,
    /// The name of its form that writes a texture.
    pub texels: Option<String>,
}

impl Expanded {
    pub fn subgroup(&self) -> bool {
        self.source.contains("subgroup")
    }

    pub fn matrices(&self) -> bool {
        self.source.contains("enable wgpu_cooperative_matrix;")
    }

    pub fn arithmetic_f16(&self) -> bool {
        self.source.lines().any(|line| line == ONLY_F16)
    }
}

/// Every shader of the folder `root`, those of a file one after the other.
pub fn all(root: &Path) -> Result<Vec<Expanded>, String> {
    let mut found = Vec::new();
    for (stem, place) in files(root)? {
        let file = root.join(&place);
        let source = fs::read_to_string(&file).map_err(|e| format!("{}: {e}", file.display()))?;
        let only_f16 = source.lines().any(|line| line == ONLY_F16);
        for (name, constants) in variants(&stem, &place, &source)? {
            let at = |e: String| format!("shaders/{place} ({name}): {e}");
            let of = |form, residual, writes| expand(root, &source, &constants, Target { form, residual, writes }).map_err(at);
            let base = of(Form::F32, true, Writes::Buffer)?;
            let (adds, both) = (of(Form::F32, false, Writes::Buffer)? != base, of(Form::F32, true, Writes::Texels)? != base);
            for residual in [true, false].into_iter().take(1 + usize::from(adds)) {
                let name = if residual { name.clone() } else { format!("{name}_alone") };
                for writes in [Writes::Buffer, Writes::Texels].into_iter().take(1 + usize::from(both)) {
                    let texels = if writes == Writes::Texels { "_texels" } else { "" };
                    let (f32, f16) = (of(Form::F32, residual, writes)?, of(Form::F16, residual, writes)?);
                    let half = (f16 != f32 && !only_f16).then(|| format!("{name}{texels}_f16"));
                    let shader = |half_name: &str, source, form, half| Expanded {
                        name: format!("{name}{texels}{half_name}"),
                        stem: stem.clone(),
                        place: place.clone(),
                        source,
                        form,
                        half,
                        alone: (adds && residual).then(|| format!("{name}_alone{texels}{half_name}")),
                        texels: (both && writes == Writes::Buffer).then(|| format!("{name}_texels{half_name}")),
                    };
                    if only_f16 {
                        found.push(shader("", f16, Form::F16, None));
                    } else {
                        found.push(shader("", f32, Form::F32, half.clone()));
                        found.extend(half.map(|_| shader("_f16", f16, Form::F16, None)));
                    }
                }
            }
        }
    }
    Ok(found)
}

/// The shaders of every folder by their names, and their paths below `root`.
fn files(root: &Path) -> Result<BTreeMap<String, String>, String> {
    let inside = |folder: &Path| -> Result<Vec<PathBuf>, String> {
        let wrong = |e: std::io::Error| format!("{}: {e}", folder.display());
        fs::read_dir(folder).map_err(wrong)?.map(|entry| entry.map(|e| e.path()).map_err(wrong)).collect()
    };
    let name = |path: &Path| path.file_name().and_then(|n| n.to_str()).map(str::to_owned).ok_or("a file without a name");
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    for folder in inside(root)? {
        let subject = name(&folder)?;
        if subject.ends_with(".wgsl") {
            return Err(format!("shaders/{subject}: a shader lies in the folder of its subject"));
        }
        if subject == COMMON || !folder.is_dir() {
            continue;
        }
        for file in inside(&folder)? {
            let own = name(&file)?;
            let Some(stem) = own.strip_suffix(".wgsl") else { continue };
            let place = format!("{subject}/{own}");
            if let Some(other) = found.insert(stem.to_owned(), place.clone()) {
                return Err(format!("shaders/{other} and shaders/{place} have one name"));
            }
        }
    }
    Ok(found)
}

fn variants(stem: &str, place: &str, source: &str) -> Result<Vec<(String, Constants)>, String> {
    let mut found = Vec::new();
    for line in source.lines().filter_map(|l| l.strip_prefix("#variant ")) {
        let mut words = line.split_whitespace();
        let name = words.next().ok_or(format!("shaders/{place}: #variant without a name"))?;
        let constants = pairs(words).map_err(|e| format!("#variant {name}: {e}"))?;
        check_tile(name, &constants)?;
        found.push((name.to_owned(), constants));
    }
    if found.is_empty() {
        found.push((stem.to_owned(), Constants::new()));
    }
    Ok(found)
}

/// Words `KEY=VALUE`.
fn pairs<'w>(words: impl Iterator<Item = &'w str>) -> Result<Constants, String> {
    words
        .map(|word| {
            let (key, value) = word.split_once('=').ok_or(format!("`{word}` is not KEY=VALUE"))?;
            Ok((key.to_owned(), value.parse().map_err(|_| format!("`{value}` is not a number"))?))
        })
        .collect()
}

/// The sizes of a tiled convolution follow from one another, and nothing at run time would notice if they did not: tiles have to be loaded whole, by whole
/// rows of threads, into memory that holds them with the room that their rows have.
fn check_tile(name: &str, constants: &Constants) -> Result<(), String> {
    if !constants.contains_key("PIX") {
        return Ok(());
    }
    let of = |key: &str| constants.get(key).copied().ok_or(format!("#variant {name}: no {key}"));
    let (pixels, columns, threads, deep) = (of("PIX")?, of("COLS")?, of("THREADS")?, of("DEEP")?);
    let rows = of("STRIDE").map_or((deep + 2, columns + 2), |stride| (stride, columns));
    let sizes = [
        ("LOADS_IN", of("LOADS_IN")? * threads, pixels * deep),
        ("LOADS_WEIGHTS", of("LOADS_WEIGHTS")? * threads, 4 * deep * columns),
        ("ROWS", of("ROWS")? * columns, threads),
        ("IN", of("IN")?, pixels * rows.0),
        ("WEIGHTS", of("WEIGHTS")?, 4 * deep * rows.1),
    ];
    let wrong = sizes.iter().find(|(_, is, should)| is != should);
    wrong.map_or(Ok(()), |(key, is, should)| Err(format!("#variant {name}: by {key} it is {is}, by the others {should}")))
}

fn expand(root: &Path, source: &str, constants: &Constants, target: Target) -> Result<String, String> {
    let lines: Vec<&str> = source.lines().filter(|l| !l.starts_with("#variant ")).collect();
    let mut out = String::new();
    expand_lines(root, &lines, constants, target, &mut out)?;
    Ok(out)
}

/// The line with the constants' values in their places.
fn filled(line: &str, constants: &Constants) -> String {
    constants.iter().fold(line.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), &value.to_string()))
}

fn expand_lines(root: &Path, lines: &[&str], constants: &Constants, target: Target, out: &mut String) -> Result<(), String> {
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        at += 1;
        let trimmed = line.trim();
        if let Some(file) = trimmed.strip_prefix("#include ") {
            let (file, own) = file.rsplit_once('"').ok_or(format!("`{trimmed}`: want #include \"FILE\" KEY=VALUE ..."))?;
            let file = filled(file.trim_matches('"'), constants);
            let other = HALVES.iter().find(|(whole, _)| target.form == Form::F16 && *whole == file);
            let other = other.or(Some(&WRITTEN).filter(|(either, _)| target.writes == Writes::Texels && *either == file));
            let other = other.or(ALONE.iter().find(|(residual, _)| !target.residual && *residual == file));
            let path = root.join(other.map_or(&file[..], |(_, other)| *other));
            let text = fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
            let mut inner = constants.clone();
            inner.append(&mut pairs(own.split_whitespace()).map_err(|e| format!("`{trimmed}`: {e}"))?);
            expand_lines(root, &text.lines().collect::<Vec<_>>(), &inner, target, out)?;
        } else if let Some(head) = trimmed.strip_prefix("#for ") {
            let words: Vec<&str> = head.split_whitespace().collect();
            let [name, from, to] = words[..] else { return Err(format!("`{trimmed}`: want #for NAME FROM TO")) };
            let number = |word: &str| {
                word.parse().ok().or_else(|| constants.get(word).copied()).ok_or(format!("`{trimmed}`: `{word}` is no number"))
            };
            let length = lines[at..]
                .iter()
                .scan(1, |depth, line| {
                    let line = line.trim();
                    *depth += i32::from(line.starts_with("#for ")) - i32::from(line == "#end");
                    (*depth > 0).then_some(())
                })
                .count();
            let body = &lines[at..at + length];
            for value in number(from)?..number(to)? {
                let mut inner = constants.clone();
                inner.insert(name.to_owned(), value);
                expand_lines(root, body, &inner, target, out)?;
            }
            at += length + 1;
        } else {
            out.push_str(&filled(line, constants));
            out.push('\n');
        }
    }
    Ok(())
}
