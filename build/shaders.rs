//! The text of every shader -> OUT_DIR/shaders.rs: its source, bindings, workgroup size and parameter struct.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use naga::valid::{Capabilities, ValidationFlags, Validator};
use naga::{AddressSpace, ImageClass, Module, ScalarKind, StorageAccess, StorageFormat, TypeInner};

use crate::expand::{self, Expanded, Form};

/// A texture by this name holds f32 in both forms: what Winograd's method keeps between its dispatches.
const WIDE: &str = "products";

const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0000_0100_0000_01b3;

const CAPABILITIES: Capabilities = Capabilities::SUBGROUP
    .union(Capabilities::SHADER_FLOAT16_IN_FLOAT32)
    .union(Capabilities::SHADER_FLOAT16)
    .union(Capabilities::COOPERATIVE_MATRIX);

pub fn main() -> Result<(), String> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR").map_err(|e| e.to_string())?).join("shaders");
    println!("cargo::rerun-if-changed={}", root.display());
    let shaders = expand::all(&root)?;
    let mut text = String::from("// Written by build.rs from shaders/*/*.wgsl.\n");
    let mut texts = FNV_OFFSET;
    let mut declared = "";
    for shader in &shaders {
        let at = |e: String| format!("shaders/{} ({}): {e}", shader.place, shader.name);
        let source = &shader.source;
        let module = naga::front::wgsl::parse_str(source).map_err(|e| at(e.emit_to_string(source)))?;
        Validator::new(ValidationFlags::all(), CAPABILITIES).validate(&module).map_err(|e| at(e.emit_to_string(source)))?;
        // All shaders of a file have the same parameters.
        if declared != shader.stem {
            declare_params(&mut text, &shader.stem, &shader.place, &module).map_err(at)?;
            declared = &shader.stem;
        }
        declare_shader(&mut text, shader, &module).map_err(at)?;
        texts = fnv(fnv(texts, shader.name.as_bytes()), source.as_bytes());
    }
    let names: Vec<String> = shaders.iter().map(|shader| format!("&{}", shader.name.to_uppercase())).collect();
    writeln!(
        text,
        "/// Every shader.\npub static ALL: &[&Shader] = &[{}];\n/// A hash of their names and texts.\npub const TEXTS: u64 = {texts:#018x};",
        names.join(", ")
    )
    .map_err(|e| e.to_string())?;
    let out = Path::new(&env::var("OUT_DIR").map_err(|e| e.to_string())?).join("shaders.rs");
    fs::write(&out, text).map_err(|e| format!("{}: {e}", out.display()))
}

/// FNV-1a of 64 bits, from `hash` on.
fn fnv(hash: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(hash, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(FNV_PRIME))
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

fn declare_shader(text: &mut String, shader: &Expanded, module: &Module) -> Result<(), String> {
    let Expanded { name, place, source, form, half, alone, texels: written, .. } = shader;
    let entry = module.entry_points.first().ok_or("no entry point")?;
    let mut bindings: Vec<(u32, String, &str, &str)> = Vec::new();
    for (_, variable) in module.global_variables.iter() {
        let Some(binding) = &variable.binding else { continue };
        let kind = match variable.space {
            AddressSpace::Uniform => "Params",
            AddressSpace::Storage { access } if access.contains(StorageAccess::STORE) => "ReadWrite",
            AddressSpace::Storage { .. } => "Read",
            AddressSpace::Handle => match module.types[variable.ty].inner {
                TypeInner::Image { class: ImageClass::Storage { access, .. }, .. } if access == StorageAccess::STORE => "Store",
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
        let texels = if *form == Form::F16 && name != WIDE { "F16" } else { "F32" };
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
    let other = |name: &Option<String>| name.as_ref().map_or("None".to_owned(), |name| format!("Some(&{})", name.to_uppercase()));
    let (half, alone, written) = (other(half), other(alone), other(written));
    let shared = module.global_variables.iter().filter(|(_, variable)| variable.space == AddressSpace::WorkGroup);
    let shared: u32 = shared.map(|(_, variable)| module.types[variable.ty].inner.size(module.to_ctx())).sum();
    let (subgroup, matrices, arithmetic_f16) = (shader.subgroup(), shader.matrices(), shader.arithmetic_f16());
    write!(
        text,
        "/// shaders/{place}.\npub static {}: Shader = Shader {{ name: {name:?}, source: {source:?}, bindings: &[{list}], workgroup: {:?}, workgroup_bytes: {shared}, subgroup: {subgroup}, matrices: {matrices}, arithmetic_f16: {arithmetic_f16}, f16: {half}, alone: {alone}, texels: {written} }};\n",
        name.to_uppercase(),
        entry.workgroup_size
    )
    .map_err(|e| e.to_string())
}
