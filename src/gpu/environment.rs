//! Variables of the environment that say which adapters there are, and what is wrong with them.

use crate::error::{Error, Result};

const BACKEND: &str = "WGPU_BACKEND";

/// Variables that wgpu reads, and the values that it knows: it passes over others without a word.
const VALUES: [(&str, &[&str]); 7] = [
    ("WGPU_DX12_COMPILER", &["fxc", "dxc", "dynamicdxc", "staticdxc", "auto"]),
    ("WGPU_DX12_PRESENTATION_SYSTEM", &["hwnd", "dxgifromhwnd", "visual", "dxgifromvisual"]),
    ("WGPU_DX12_USE_FRAME_LATENCY_WAITABLE_OBJECT", &["none", "wait", "dontwait"]),
    ("WGPU_GLES_MINOR_VERSION", &["automatic", "0", "1", "2"]),
    ("WGPU_GL_DEBUG_FNS", &["auto", "forceenabled", "force_enabled", "enabled", "disabled"]),
    ("WGPU_GL_FENCE_BEHAVIOR", &["normal", "autofinish"]),
    ("WGPU_NOOP_BACKEND", &["0", "1"]),
];

/// Variables by which other programs choose an adapter.
const NOT_READ: [&str; 2] = ["WGPU_ADAPTER_NAME", "WGPU_POWER_PREF"];

/// Sentences about variables whose values are not known or not read; empty is as unset.
///
/// # Errors
/// [`Error::Argument`] where `WGPU_BACKEND` names what is no backend.
pub fn environment() -> Result<Vec<String>> {
    backends()?;
    Ok(remarks(|name| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())))
}

fn remarks(value: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let set = |name: &&str| value(name).filter(|value| !value.is_empty());
    let unknown = VALUES.iter().filter_map(|(name, known)| {
        let value = set(name).filter(|value| !known.contains(&value.to_lowercase().as_str()))?;
        Some(format!("{name}={value}: no such value, it is passed over; there are: {}", known.join(", ")))
    });
    let unread = NOT_READ.iter().filter_map(|name| {
        let value = set(name)?;
        Some(format!("{name}={value}: moue does not read it; choose an adapter by --device or MOUE_DEVICE"))
    });
    unknown.chain(unread).collect()
}

/// What `WGPU_BACKEND` narrows the choice to, and its text.
pub(super) fn backends() -> Result<Option<(wgpu::Backends, String)>> {
    let text = std::env::var_os(BACKEND).map(|value| value.to_string_lossy().into_owned()).unwrap_or_default();
    let backends = parsed(&text).map_err(Error::Argument)?;
    Ok(backends.map(|backends| (backends, format!("{BACKEND}={}", text.trim()))))
}

fn parsed(text: &str) -> Result<Option<wgpu::Backends>, String> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    let mut backends = wgpu::Backends::empty();
    for name in text.split(',') {
        backends |= match name.trim().to_lowercase().as_str() {
            "vulkan" | "vk" => wgpu::Backends::VULKAN,
            "dx12" | "d3d12" => wgpu::Backends::DX12,
            "metal" | "mtl" => wgpu::Backends::METAL,
            "opengl" | "gles" | "gl" => wgpu::Backends::GL,
            _ => {
                return Err(format!(
                    "{BACKEND}={text}: `{}` is no backend; there are vulkan, metal, dx12 and gl: name one, or unset it",
                    name.trim()
                ));
            }
        };
    }
    Ok(Some(backends))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_is_unset_and_a_wrong_backend_is_named_with_its_variable() {
        for empty in ["", " "] {
            assert_eq!(parsed(empty), Ok(None));
        }
        assert_eq!(parsed("gl, Vulkan"), Ok(Some(wgpu::Backends::GL | wgpu::Backends::VULKAN)));
        for wrong in ["nonsense", "vulkan,nonsense"] {
            let said = parsed(wrong).unwrap_err();
            assert!(["WGPU_BACKEND", wrong, "`nonsense`", "vulkan, metal"].iter().all(|word| said.contains(word)), "{said}");
        }
    }

    #[test]
    fn values_that_are_passed_over_are_said() {
        let of = |name: &'static str, value: &'static str| remarks(move |asked| (asked == name).then(|| value.to_owned()));
        assert!(of("WGPU_DX12_COMPILER", "").is_empty() && of("WGPU_DX12_COMPILER", "Fxc").is_empty());
        assert!(of("WGPU_DX12_COMPILER", "gcc")[0].contains("WGPU_DX12_COMPILER=gcc"));
        assert!(of("WGPU_ADAPTER_NAME", "nvidia")[0].contains("MOUE_DEVICE"));
    }
}
