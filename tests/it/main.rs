//! All integration tests in one binary: rooms through their doors, journeys, the real program.

#![allow(clippy::unwrap_used, reason = "what fails to unwrap fails the test, with its line")]
#![allow(clippy::print_stderr, reason = "a test that is skipped says so")]
#![allow(unreachable_pub, reason = "the modules of this binary use each other")]

/// The program's own: what is measured here is what it takes there.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

mod dice;
mod fixture;
mod server;

mod agent;
mod boundary;
mod check;
mod codes;
mod documents;
mod edit;
mod eval;
mod gate;
mod gate_environment;
mod gate_fixes;
mod gate_needs;
mod gate_notebooks;
mod gate_random;
mod gate_stubs;
mod gate_syntax;
mod gate_thread;
mod hostile;
mod index;
mod journeys;
mod network;
mod outside;
mod program;
mod reading;
mod sessions;
mod shadow;
mod terminal;
mod text;
mod tidy;
mod toggling;
mod tool_class;
mod understanding;
mod wire;
mod write;
