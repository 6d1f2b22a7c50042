//! Which GPU adapters the tests will see: those of the machine, or two in software.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::steps::Done;
use crate::{kept, swiftshader, system};

type Variables = Vec<(&'static str, String)>;

/// Finds adapters by the program in `programs`, bringing some in software where there is no GPU; the environment in which the tests see them.
pub fn prepare(programs: &Path, required: bool) -> (Variables, Done) {
    let mut found = list(programs, &Variables::new());
    if found.iter().any(|adapter| adapter.is_hardware) {
        show(&found);
        return (Variables::new(), Done::Passed);
    }
    // An OpenGL adapter alone is a driver's second way in: the tests want the first.
    if !found.iter().any(|adapter| adapter.is_first_class) {
        bring();
    }
    let variables = software();
    found = list(programs, &variables);
    show(&found);
    let done = match (found.is_empty(), required) {
        (false, _) => Done::Passed,
        (true, false) => Done::Skipped("no adapter was found: the tests run on the built-in reference alone".into()),
        (true, true) => Done::Failed("no adapter was found, and one is required".into()),
    };
    (variables, done)
}

struct Adapter {
    line: String,
    is_hardware: bool,
    is_first_class: bool,
}

/// The adapters moue sees: it is the one that must find them.
fn list(programs: &Path, variables: &Variables) -> Vec<Adapter> {
    let binary = programs.join(format!("moue{}", std::env::consts::EXE_SUFFIX));
    let mut command = Command::new(binary);
    command.args(["devices", "--json"]).envs(variables.iter().map(|(name, value)| (*name, value.as_str())));
    let text = system::output(&mut command).unwrap_or_default();
    let adapter = |line: &str| Adapter {
        line: line.to_string(),
        is_hardware: !line.contains(r#""kind":"cpu""#),
        is_first_class: !line.contains(r#""backend":"gl""#),
    };
    text.lines().map(adapter).collect()
}

fn show(adapters: &[Adapter]) {
    for adapter in adapters {
        println!("{}", adapter.line);
    }
}

/// Installs lavapipe where that may be done, and says what to install where not.
fn bring() {
    println!("no Vulkan, Metal or DirectX adapter was found");
    if system::is_debian() && system::is_root() {
        let brought = system::install(&["mesa-vulkan-drivers", "libvulkan1"], "lavapipe, a Vulkan adapter in software");
        if !matches!(brought, Ok(true)) {
            println!("apt-get could not install them: see its message above");
        }
        return;
    }
    println!("install one, then run this again:");
    println!("    Debian, Ubuntu    sudo apt-get install mesa-vulkan-drivers libvulkan1");
    println!("    Fedora            sudo dnf install mesa-vulkan-drivers vulkan-loader");
    println!("    Arch              sudo pacman -S vulkan-swrast vulkan-icd-loader");
    println!("    macOS             nothing: Metal comes with the system; in a virtual machine, give it a graphics device");
    println!("    Windows           nothing: DirectX 12 comes with the system, WARP included; else the GPU maker's driver");
}

/// The environment in which one process sees lavapipe and SwiftShader, with shaders kept compiled between runs.
fn software() -> Variables {
    if !cfg!(target_os = "linux") {
        return Variables::new();
    }
    let cache = kept::folder("mesa-shader-cache");
    // Mesa's layer that sorts devices asks for a display, and complains where there is none.
    let mut variables = vec![("MESA_SHADER_CACHE_DIR", cache.display().to_string()), ("NODEVICE_SELECT", "1".into())];
    let mut drivers: Vec<PathBuf> = lavapipe().into_iter().collect();
    match swiftshader::fetch() {
        Ok(driver) => drivers.push(driver),
        Err(reason) => println!("SwiftShader, a second adapter, is left out: {reason}"),
    }
    if !drivers.is_empty() {
        let list = drivers.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(":");
        // The loader's name for it since 1.3.234, and the one before.
        variables.extend([("VK_DRIVER_FILES", list.clone()), ("VK_ICD_FILENAMES", list)]);
    }
    variables
}

/// Lavapipe's driver file, as the loader would find it.
pub fn lavapipe() -> Option<PathBuf> {
    let folders = ["/usr/share/vulkan/icd.d", "/usr/local/share/vulkan/icd.d", "/etc/vulkan/icd.d"];
    let is_lavapipe = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        name.starts_with("lvp_icd") && name.ends_with(".json")
    };
    folders.iter().flat_map(|folder| system::files(Path::new(folder))).find(is_lavapipe)
}
