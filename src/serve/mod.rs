//! The HTTP service: pictures of many clients through one recognizer.
//!
//! A request's body is received within limits of size and time; its pictures get places by their heads, before anything is decoded, or none, and the client is told at
//! once; they wait in a queue that one thread reads, in batches of what is there. A client that leaves leaves its place, too. Nothing is stored, and nothing that
//! a client names is opened.

mod about;
mod admission;
mod analyze;
mod asked;
mod body;
mod compreface;
mod config;
mod cors;
mod deepface;
mod document;
mod encoded;
mod film;
mod given;
mod health;
mod heap;
mod jobs;
mod kserve;
mod listen;
mod metrics;
mod page;
mod queue;
mod refusal;
mod router;
mod service;
mod status;
mod token;
mod two_stream;
mod videos;
mod worker;

pub use config::{Config, Limits, Log, Opener};
pub use listen::{bind, run};
