//! shaders/FOLDER/*.wgsl -> OUT_DIR/shaders.rs: the expanded source, bindings, workgroup size and parameter struct of every kernel.
//!
//! WGSL has no includes and naga's loops are rarely unrolled by drivers, so three directives are expanded here, each alone on its line:
//! `#include "common/file.wgsl"`, `#for NAME FROM TO` ... `#end` (NAME, FROM and TO may be variant constants), and
//! `#variant NAME KEY=VALUE ...` (one shader of that name per line; without any, the file's own name, whatever its folder). `{NAME}` stands for a value,
//! in an included file's name too.
//!
//! Folders are subjects. What is included lies in `common/`, or in the folder `common/` of its subject where no other includes it; paths start at shaders/.
//!
//! What includes common/values.wgsl or common/texels.wgsl becomes two shaders: NAME for tensors in f32, and NAME_f16 with values_f16.wgsl and
//! texels_f16.wgsl in their place. What begins with `enable f16;` has the second form only, under its own name.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use naga::valid::{Capabilities, ValidationFlags, Validator};
use naga::{AddressSpace, ImageClass, Module, ScalarKind, StorageAccess, StorageFormat, TypeInner};

type Constants = BTreeMap<String, u32>;

/// Holds what is included.
const COMMON: &str = "common";

/// How values lie in memory and in texels, and what stands in their place in the f16 form of a shader.
const HALVES: [(&str, &str); 2] =
    [("common/values.wgsl", "common/values_f16.wgsl"), ("common/texels.wgsl", "common/texels_f16.wgsl")];
/// A texture by this name holds f32 in both forms: what Winograd's method keeps between its dispatches.
const WIDE: &str = "products";

const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0000_0100_0000_01b3;

/// The first line of a shader that computes with f16.
const ONLY_F16: &str = "enable f16;";
const CAPABILITIES: Capabilities = Capabilities::SUBGROUP
    .union(Capabilities::SHADER_FLOAT16_IN_FLOAT32)
    .union(Capabilities::SHADER_FLOAT16)
    .union(Capabilities::COOPERATIVE_MATRIX);

/// Form of a shader.
#[derive(Clone, Copy, PartialEq)]
enum Form {
    F32,
    F16,
}

pub fn main() -> Result<(), String> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR").map_err(|e| e.to_string())?).join("shaders");
    println!("cargo::rerun-if-changed={}", root.display());
    let files = files(&root)?;

    let mut text = String::from("// Written by build.rs from shaders/*/*.wgsl.\n");
    let mut names = Vec::new();
    let mut texts = FNV_OFFSET;
    for (stem, place) in &files {
        let file = root.join(place);
        let source = fs::read_to_string(&file).map_err(|e| format!("{}: {e}", file.display()))?;
        let mut declared_params = false;
        let only_f16 = source.lines().any(|line| line == ONLY_F16);
        for (name, constants) in variants(stem, place, &source)? {
            let at = |e: String| format!("shaders/{place} ({name}): {e}");
            let expanded = [Form::F32, Form::F16].map(|form| expand(&root, &source, &constants, form));
            let [f32, f16] = expanded;
            let (f32, f16) = (f32.map_err(at)?, f16.map_err(at)?);
            let halved = (f16 != f32 && !only_f16).then(|| format!("{name}_f16"));
            let first = if only_f16 { (&name, &f16, Form::F16) } else { (&name, &f32, Form::F32) };
            let forms = [Some(first), halved.as_ref().map(|name| (name, &f16, Form::F16))];
            for (own, expanded, form) in forms.into_iter().flatten() {
                let module = naga::front::wgsl::parse_str(expanded).map_err(|e| at(e.emit_to_string(expanded)))?;
                Validator::new(ValidationFlags::all(), CAPABILITIES)
                    .validate(&module)
                    .map_err(|e| at(e.emit_to_string(expanded)))?;
                if !declared_params {
                    declare_params(&mut text, stem, place, &module).map_err(at)?;
                    declared_params = true;
                }
                let half = halved.as_deref().filter(|_| form == Form::F32);
                declare_shader(&mut text, own, place, expanded, &module, form, half).map_err(at)?;
                names.push(own.to_uppercase());
                texts = fnv(fnv(texts, own.as_bytes()), expanded.as_bytes());
            }
        }
    }
    writeln!(
        text,
        "/// Every shader.\npub static ALL: &[&Shader] = &[{}];\n/// A hash of their names and texts.\npub const TEXTS: u64 = {texts:#018x};",
        names.iter().map(|n| format!("&{n}")).collect::<Vec<_>>().join(", ")
    )
    .map_err(|e| e.to_string())?;
    let out = Path::new(&env::var("OUT_DIR").map_err(|e| e.to_string())?).join("shaders.rs");
    fs::write(&out, text).map_err(|e| format!("{}: {e}", out.display()))
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

/// FNV-1a of 64 bits, from `hash` on.
fn fnv(hash: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(hash, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(FNV_PRIME))
}

fn variants(stem: &str, place: &str, source: &str) -> Result<Vec<(String, Constants)>, String> {
    let mut found = Vec::new();
    for line in source.lines().filter_map(|l| l.strip_prefix("#variant ")) {
        let mut words = line.split_whitespace();
        let name = words.next().ok_or(format!("shaders/{place}: #variant without a name"))?;
        let constants = words
            .map(|word| {
                let (key, value) = word.split_once('=').ok_or(format!("#variant {name}: `{word}` is not KEY=VALUE"))?;
                Ok((key.to_owned(), value.parse().map_err(|_| format!("#variant {name}: `{value}` is not a number"))?))
            })
            .collect::<Result<Constants, String>>()?;
        check_tile(name, &constants)?;
        found.push((name.to_owned(), constants));
    }
    if found.is_empty() {
        found.push((stem.to_owned(), Constants::new()));
    }
    Ok(found)
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

fn expand(root: &Path, source: &str, constants: &Constants, form: Form) -> Result<String, String> {
    let lines: Vec<&str> = source.lines().filter(|l| !l.starts_with("#variant ")).collect();
    let mut out = String::new();
    expand_lines(root, &lines, constants, form, &mut out)?;
    Ok(out)
}

/// The line with the constants' values in their places.
fn filled(line: &str, constants: &Constants) -> String {
    constants.iter().fold(line.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), &value.to_string()))
}

fn expand_lines(root: &Path, lines: &[&str], constants: &Constants, form: Form, out: &mut String) -> Result<(), String> {
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        at += 1;
        let trimmed = line.trim();
        if let Some(file) = trimmed.strip_prefix("#include ") {
            let file = filled(file.trim_matches('"'), constants);
            let half = HALVES.iter().find(|(whole, _)| form == Form::F16 && *whole == file);
            let path = root.join(half.map_or(&file[..], |(_, half)| *half));
            let text = fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
            expand_lines(root, &text.lines().collect::<Vec<_>>(), constants, form, out)?;
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
                expand_lines(root, body, &inner, form, out)?;
            }
            at += length + 1;
        } else {
            out.push_str(&filled(line, constants));
            out.push('\n');
        }
    }
    Ok(())
}

fn declare_params(text: &mut String, stem: &str, place: &str, module: &Module) -> Result<(), String> {
    let uniform = module.global_variables.iter().find(|(_, v)| v.space == AddressSpace::Uniform).ok_or("no uniform `params`")?.1;
    let TypeInner::Struct { members, span } = &module.types[uniform.ty].inner else { return Err("`params` is no struct".into()) };
    let mut fields = String::new();
    let mut next = 0;
    for member in members {
        if member.offset != next {
            writeln!(fields, "        pub(crate) _at_{next}: [u32; {}],", (member.offset - next) / 4)
                .map_err(|e| e.to_string())?;
        }
        let name = member.name.as_deref().ok_or("a parameter without a name")?;
        let ty = &module.types[member.ty].inner;
        let (rust, size) = match *ty {
            TypeInner::Scalar(scalar) => (scalar_type(scalar.kind)?.to_owned(), 4),
            TypeInner::Vector { size, scalar } => (format!("[{}; {}]", scalar_type(scalar.kind)?, size as u32), 4 * size as u32),
            _ => return Err(format!("parameter `{name}` is neither a scalar nor a vector")),
        };
        writeln!(fields, "        /// `{name}` of the shader.\n        pub {name}: {rust},").map_err(|e| e.to_string())?;
        next = member.offset + size;
    }
    if next != *span {
        writeln!(fields, "        pub(crate) _at_{next}: [u32; {}],", (span - next) / 4).map_err(|e| e.to_string())?;
    }
    write!(
        text,
        "/// Parameters of shaders/{place}.\npub mod {stem} {{\n    /// One dispatch's parameters, laid out as the shader reads them.\n    \
         #[repr(C)]\n    #[derive(Debug, Clone, Copy, Default, bytemuck::Pod, bytemuck::Zeroable)]\n    pub struct Params {{\n{fields}    }}\n}}\n"
    )
    .map_err(|e| e.to_string())
}

fn scalar_type(kind: ScalarKind) -> Result<&'static str, String> {
    match kind {
        ScalarKind::Uint => Ok("u32"),
        ScalarKind::Sint => Ok("i32"),
        ScalarKind::Float => Ok("f32"),
        other => Err(format!("a parameter of kind {other:?}")),
    }
}

fn declare_shader(
    text: &mut String,
    name: &str,
    place: &str,
    source: &str,
    module: &Module,
    form: Form,
    half: Option<&str>,
) -> Result<(), String> {
    let entry = module.entry_points.first().ok_or("no entry point")?;
    let mut bindings: Vec<(u32, String, &str, &str)> = Vec::new();
    for (_, variable) in module.global_variables.iter() {
        let Some(binding) = &variable.binding else { continue };
        let kind = match variable.space {
            AddressSpace::Uniform => "Params",
            AddressSpace::Storage { access } if access.contains(StorageAccess::STORE) => "ReadWrite",
            AddressSpace::Storage { .. } => "Read",
            AddressSpace::Handle => match module.types[variable.ty].inner {
                TypeInner::Image { class: ImageClass::Storage { .. }, .. } => "Image",
                TypeInner::Image { .. } => "Texture",
                _ => return Err("a handle that is no image".into()),
            },
            other => return Err(format!("a binding in {other:?}")),
        };
        if binding.group != 0 {
            return Err("bindings belong to group 0".into());
        }
        let name = variable.name.clone().unwrap_or_default();
        let texels = if form == Form::F16 && name != WIDE { "F16" } else { "F32" };
        if let TypeInner::Image { class: ImageClass::Storage { format, .. }, .. } = module.types[variable.ty].inner
            && format != (if texels == "F16" { StorageFormat::Rgba16Float } else { StorageFormat::Rgba32Float })
        {
            return Err(format!("`{name}` is a texture of {format:?}, where {texels} is bound"));
        }
        bindings.push((binding.binding, name, kind, texels));
    }
    bindings.sort();
    if bindings.iter().enumerate().any(|(i, b)| b.0 as usize != i) || bindings.first().is_none_or(|b| b.2 != "Params") {
        return Err("bindings are numbered from 0 without gaps, and binding 0 is the uniform `params`".into());
    }
    let list: String = bindings
        .iter()
        .map(|(_, name, kind, texels)| {
            format!("Binding {{ name: {name:?}, kind: BindingKind::{kind}, texels: Precision::{texels} }}, ")
        })
        .collect();
    let half = half.map_or("None".to_owned(), |half| format!("Some(&{})", half.to_uppercase()));
    let subgroup = source.contains("subgroup");
    let shared = module.global_variables.iter().filter(|(_, variable)| variable.space == AddressSpace::WorkGroup);
    let shared: u32 = shared.map(|(_, variable)| module.types[variable.ty].inner.size(module.to_ctx())).sum();
    let matrices = source.contains("enable wgpu_cooperative_matrix;");
    let arithmetic_f16 = source.lines().any(|line| line == ONLY_F16);
    write!(
        text,
        "/// shaders/{place}.\npub static {}: Shader = Shader {{ name: {name:?}, source: {source:?}, bindings: &[{list}], workgroup: {:?}, workgroup_bytes: {shared}, subgroup: {subgroup}, matrices: {matrices}, arithmetic_f16: {arithmetic_f16}, f16: {half} }};\n",
        name.to_uppercase(),
        entry.workgroup_size
    )
    .map_err(|e| e.to_string())
}
