//! The table of shaders that build.rs writes: sources and interfaces as naga sees them.

/// One kernel's text and interface.
#[derive(Debug)]
pub struct Shader {
    /// Name in the table of variants.
    pub name: &'static str,
    /// Expanded WGSL.
    pub source: &'static str,
    /// Bindings of group 0, in order; the first is the uniform `params`.
    pub bindings: &'static [Binding],
    /// Invocations of a workgroup.
    pub workgroup: [u32; 3],
    /// Whether it needs subgroup operations.
    pub subgroup: bool,
}

/// One binding of a shader.
#[derive(Debug)]
pub struct Binding {
    /// Name in the shader.
    pub name: &'static str,
    /// What the shader does with it.
    pub kind: BindingKind,
}

/// What a shader does with a binding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BindingKind {
    /// The uniform parameter struct, by dynamic offset.
    Params,
    /// A storage buffer that is read.
    Read,
    /// A storage buffer that is written.
    ReadWrite,
}

include!(concat!(env!("OUT_DIR"), "/shaders.rs"));
