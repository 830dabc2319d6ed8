//! flux: a terminal workbench in which a language model works on a Python code base and cannot break it.
//!
//! Eight rooms; ARCHITECTURE.md draws them. Arrows point down, siblings do not see each other, and
//! `tests/it/tidy.rs` holds both.

pub mod agent;
pub mod app;
pub mod edit;
pub mod gate;
pub mod index;
pub mod sys;
pub mod text;
pub mod ui;
