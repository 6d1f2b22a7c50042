//! The program `moue`, as people type it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::print_stderr)]

#[allow(dead_code)]
#[path = "../common/mod.rs"]
mod common;
#[allow(dead_code)]
#[path = "../support/mod.rs"]
mod support;
#[allow(dead_code)]
#[path = "../support/tiny.rs"]
mod tiny;

mod bad_inputs;
mod bench;
mod cli;
mod embed;
mod first_use;
mod flow;
mod groups;
mod import_command;
mod model_commands;
mod resume;
mod resume_options;
mod teach;
mod two_stream;
mod unit_labels;
mod zoo;
