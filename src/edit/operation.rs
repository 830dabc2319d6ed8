//! What can be asked for.

use crate::text::{ProjectPath, Span};

/// One edit, as the tools of the model and the palette of a person ask for it.
///
/// Symbols are addressed by qualified name (`Cart.total`). Code may come at any indentation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operation {
    AddFunction {
        path: ProjectPath,
        code: String,
        target_class: Option<String>,
        after: Option<String>,
    },
    ModifyFunction {
        path: ProjectPath,
        name: String,
        code: String,
        target_class: Option<String>,
    },
    AddClass {
        path: ProjectPath,
        code: String,
        after: Option<String>,
    },
    ModifyClass {
        path: ProjectPath,
        name: String,
        code: String,
    },
    RemoveSymbol {
        path: ProjectPath,
        symbol: String,
    },
    /// With all places that mean the symbol, as the gate finds them, by file and in order.
    RenameSymbol {
        path: ProjectPath,
        symbol: String,
        new_name: String,
        places: Vec<(ProjectPath, Vec<Span>)>,
    },
    /// Behind another symbol of its scope.
    ReorderSymbol {
        path: ProjectPath,
        symbol: String,
        after: String,
    },
    /// To another module, with all places that mean the symbol, as above.
    MoveSymbol {
        path: ProjectPath,
        symbol: String,
        destination: ProjectPath,
        places: Vec<(ProjectPath, Vec<Span>)>,
    },
    AddImport {
        path: ProjectPath,
        code: String,
    },
    EditFile {
        path: ProjectPath,
        search: String,
        replace: String,
    },
    WriteFile {
        path: ProjectPath,
        content: String,
    },
    MoveFile {
        source: ProjectPath,
        destination: ProjectPath,
    },
    DeleteFile {
        path: ProjectPath,
    },
}

impl Operation {
    /// The file whose present content the operation builds on, and the symbol it rewrites, if it is one alone:
    /// what has to be read before.
    pub fn target(&self) -> (&ProjectPath, Option<&str>) {
        match self {
            Self::ModifyFunction { path, name, .. } | Self::ModifyClass { path, name, .. } => (path, Some(name)),
            Self::RemoveSymbol { path, symbol }
            | Self::RenameSymbol { path, symbol, .. }
            | Self::ReorderSymbol { path, symbol, .. }
            | Self::MoveSymbol { path, symbol, .. } => (path, Some(symbol)),
            Self::AddFunction { path, .. }
            | Self::AddClass { path, .. }
            | Self::AddImport { path, .. }
            | Self::EditFile { path, .. }
            | Self::WriteFile { path, .. }
            | Self::MoveFile { source: path, .. }
            | Self::DeleteFile { path } => (path, None),
        }
    }

    /// Every path that the operation names.
    pub fn paths(&self) -> Vec<&ProjectPath> {
        match self {
            Self::MoveFile { source, destination } => vec![source, destination],
            Self::MoveSymbol { path, destination, .. } => vec![path, destination],
            _ => vec![self.target().0],
        }
    }
}
