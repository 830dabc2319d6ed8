//! What is marked in the tree: what a proposal would do to files and symbols, and how files stand to what is committed.
//!
//! Knows nothing of rows.

use std::collections::BTreeSet;

use crate::index::{FileStructure, SymbolKind};

/// How a file stands to what is committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GitState {
    Modified,
    New,
}

/// A symbol that a proposal would add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddedSymbol {
    pub name: Box<str>,
    pub qualname: Box<str>,
    pub kind: SymbolKind,
    pub signature: Box<str>,
    /// In the file as it would be, from 1.
    pub line: u32,
    /// The qualified name of what it would stand in.
    pub parent: Option<Box<str>>,
    /// And of what it would stand behind there.
    pub behind: Option<Box<str>>,
}

/// What a proposal would do to a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileMark {
    pub hunk_count: usize,
    /// Qualified names of the symbols that it changes.
    pub symbols: BTreeSet<Box<str>>,
    /// Qualified names of those that would be gone.
    pub removed: BTreeSet<Box<str>>,
    /// In the order of the file as it would be.
    pub added: Vec<AddedSymbol>,
    pub created: bool,
    pub deleted: bool,
}

/// A new file with more symbols is folded at first.
const UNFOLDED_MAX: usize = 20;

impl FileMark {
    /// Compares the symbols of both sides; a side that is not there has none.
    pub(in crate::app) fn take_sides(&mut self, old: Option<&FileStructure>, new: Option<&FileStructure>) {
        let names = |side: Option<&FileStructure>| -> BTreeSet<Box<str>> {
            let symbols = side.map_or(&[][..], |side| &side.symbols);
            let listed = symbols.iter().filter(|symbol| symbol.kind != SymbolKind::Variable);
            listed.map(|symbol| (&symbol.qualname).into()).collect()
        };
        let (before, after) = (names(old), names(new));
        self.removed = before.difference(&after).cloned().collect();
        let Some(new) = new else { return };
        for (at, symbol) in new.symbols.iter().enumerate() {
            if symbol.kind == SymbolKind::Variable || before.contains(&*symbol.qualname) {
                continue;
            }
            let mut siblings = new.symbols[..at].iter().rev();
            let behind = siblings.find(|other| other.parent == symbol.parent && other.kind != SymbolKind::Variable);
            self.added.push(AddedSymbol {
                name: (&symbol.name).into(),
                qualname: (&symbol.qualname).into(),
                kind: symbol.kind,
                signature: (&symbol.signature).into(),
                line: symbol.line,
                parent: symbol.parent.map(|id| (&new.symbol(id).qualname).into()),
                behind: behind.map(|other| (&other.qualname).into()),
            });
        }
    }

    pub(super) fn is_unfolded(&self) -> bool {
        !self.created || self.added.len() <= UNFOLDED_MAX
    }
}
