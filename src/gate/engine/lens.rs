//! One file as the engine sees it.

use ruff_db::parsed::ParsedModuleRef;
use ruff_db::source::SourceText;
use ruff_db::system::SystemPathBuf;
use ty_python_semantic::types::Type;
use ty_python_semantic::{HasType, SemanticModel};

use super::Engine;

/// One file seen with the engine's knowledge.
pub(in crate::gate) struct Lens<'db> {
    pub(in crate::gate) tree: ParsedModuleRef,
    pub(in crate::gate) source: SourceText,
    pub(in crate::gate) model: SemanticModel<'db>,
    /// Where modules are looked for, the project's own folders first.
    pub(in crate::gate) search_folders: &'db [SystemPathBuf],
    pub(in crate::gate) engine: &'db Engine,
}

impl Lens<'_> {
    /// Whether the engine does not know the type of a value.
    pub(in crate::gate) fn is_unknown(&self, value: &impl HasType) -> bool {
        matches!(value.inferred_type(&self.model), None | Some(Type::Dynamic(_)))
    }
}
