//! What is found at a place of a file, by the engine or in flux's own way, before anybody doubts it.

/// What is said about one place.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Found {
    /// The engine's name of the rule, the code of what is wrong with the grammar, or a name from below.
    pub(super) rule: &'static str,
    pub(super) start: u32,
    pub(super) end: u32,
    pub(super) message: String,
}

/// A member of a class that the engine is blind to.
pub(super) const UNSEEN: &str = "unresolved-member";
/// A name that is imported for type checkers and used when the code runs.
pub(super) const TYPING_ONLY: &str = "type-checking-only";
/// A name in `__all__` that the module does not have.
pub(super) const MISSING_EXPORT: &str = "missing-export";
/// A keyword that a constructor hands on to one that does not take it.
pub(super) const PASSED_ON: &str = "unknown-argument-passed-on";
/// Arguments of a call of a method that the engine is blind to.
pub(super) const MISFIT: &str = "arguments-do-not-fit";
/// An instance of a class that still lacks methods.
pub(super) const ABSTRACT: &str = "abstract-instance";
/// A member that nobody knows, of a value of unknown type.
pub(super) const INVENTED: &str = "likely-invented";
