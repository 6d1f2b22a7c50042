//! Kernels against their plain-Rust twins, and mistakes planted in them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::print_stderr)]

#[allow(dead_code)]
#[path = "../common/mod.rs"]
mod common;
#[allow(dead_code)]
#[path = "../common/problems/mod.rs"]
mod problems;

mod engine;
mod flow;
mod mutations;
mod neighbours;
mod operators;
mod twins;
