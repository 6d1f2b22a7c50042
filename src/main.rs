//! The `moue` binary: everything is in [`moue::cli`].

fn main() -> std::process::ExitCode {
    // SAFETY: no other thread runs yet.
    #[allow(unsafe_code)]
    unsafe {
        // Mesa's device-select layer looks for a display to choose an adapter by, and complains on stderr where there is none.
        if std::env::var_os("XDG_RUNTIME_DIR").is_none() && std::env::var_os("DISPLAY").is_none() {
            std::env::set_var("NODEVICE_SELECT", "1");
        }
        // To wgpu a variable that is there and empty is set.
        let empty = |(name, value): &(std::ffi::OsString, std::ffi::OsString)| {
            value.is_empty() && name.as_encoded_bytes().starts_with(b"WGPU_")
        };
        for (name, _) in std::env::vars_os().filter(empty).collect::<Vec<_>>() {
            std::env::remove_var(name);
        }
    }
    moue::cli::main(stdout::was_closed())
}

/// Whether standard output was closed when the process began. Rust's runtime opens `/dev/null` in its place before `main`.
#[cfg(any(target_os = "linux", target_os = "macos"))]
mod stdout {
    use std::sync::atomic::{AtomicBool, Ordering};

    static CLOSED: AtomicBool = AtomicBool::new(false);

    #[allow(unsafe_code)]
    unsafe extern "C" {
        fn fcntl(descriptor: i32, command: i32, ...) -> i32;
    }

    extern "C" fn look() {
        const F_GETFD: i32 = 1;
        // SAFETY: it reads a flag of a descriptor, which need not be open.
        #[allow(unsafe_code)]
        let flags = unsafe { fcntl(1, F_GETFD) };
        CLOSED.store(flags == -1, Ordering::Relaxed);
    }

    // SAFETY: the loader calls what lies there once, before `main`, without arguments that it reads.
    #[used]
    #[allow(unsafe_code)]
    #[cfg_attr(target_os = "linux", unsafe(link_section = ".init_array"))]
    #[cfg_attr(target_os = "macos", unsafe(link_section = "__DATA,__mod_init_func"))]
    static LOOK: extern "C" fn() = look;

    pub fn was_closed() -> bool {
        CLOSED.load(Ordering::Relaxed)
    }
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
mod stdout {
    pub fn was_closed() -> bool {
        false
    }
}
