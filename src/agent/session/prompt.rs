//! The rules that every conversation begins with, and the room that it may take.

pub(super) const SYSTEM: &str = include_str!("../../../assets/prompt/system.md");
