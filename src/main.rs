//! The `moue` binary: everything is in [`moue::cli`].

fn main() -> std::process::ExitCode {
    // Mesa's device-select layer looks for a display to choose an adapter by, and complains on stderr where there is none.
    if std::env::var_os("XDG_RUNTIME_DIR").is_none() && std::env::var_os("DISPLAY").is_none() {
        // SAFETY: no other thread runs yet.
        #[allow(unsafe_code)]
        unsafe {
            std::env::set_var("NODEVICE_SELECT", "1");
        }
    }
    moue::cli::main()
}
