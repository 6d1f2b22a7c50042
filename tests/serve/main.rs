//! `moue serve`, as clients meet it: good ones, many at once, slow ones and hostile ones.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::print_stderr)]

#[allow(dead_code)]
#[path = "../support/mod.rs"]
mod support;

mod client;
mod end;
mod hostile;
mod limits;
mod lost;
mod measure;
mod others;
mod page;
mod records;
mod token;
mod videos;
