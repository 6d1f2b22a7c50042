//! Networks: scheduled, recorded and run; imported from the files of others; held against the references of the papers. Damaged files.

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

mod caffe;
mod caffe_layers;
mod eight_bits;
mod exported;
mod graph;
mod hostile_import;
mod hostile_model;
mod onnx;
mod runner;
mod state_dict;
mod teach;
mod tflite;
mod tuning;
mod two_stream;
mod zoo_references;
