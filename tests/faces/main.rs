//! From a photograph to an answer, and how often it is right.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::print_stderr)]

#[allow(dead_code)]
#[path = "../common/mod.rs"]
mod common;

mod accuracy;
mod actions;
mod ensemble;
mod explaining;
mod finding;
mod fusion;
mod goldens;
mod invariance;
mod landmarks;
mod lbp_tables;
mod photo;
mod recognizer;
mod tracking;
mod tracks;
