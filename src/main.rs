//! The `moue` binary: everything is in [`moue::cli`].

fn main() -> std::process::ExitCode {
    moue::cli::main()
}
