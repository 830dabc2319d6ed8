//! Where a name of the code is defined, as far as the index tells.
//!
//! Knows nothing of types. Invariant: what stands nearer hides what stands further away, and a list is in that order.

use std::sync::Arc;

use crate::app::Spot;
use crate::index::{FileStructure, LiveFile, Located, Snapshot, Symbol, SymbolId, SymbolKind};
use crate::text::{ProjectPath, Span};

/// Bases of bases are followed so far.
const BASES_MAX: usize = 6;
/// So many symbols of one name are listed.
const FOUND_MAX: usize = 200;

/// The places where the name at `span` may be defined: those that are as near as the nearest.
pub(super) fn definitions(snapshot: &Arc<Snapshot>, file: &LiveFile, span: Span) -> Vec<Spot> {
    let text = file.text.text();
    let Some(name) = text.get(span.range()).filter(|name| !name.is_empty()) else { return Vec::new() };
    let structure = &file.structure;
    if let Some(symbol) = structure.symbols.iter().find(|symbol| symbol.name_span == span) {
        return vec![spot(&file.path, symbol)];
    }
    let asked = Asked { snapshot, path: &file.path, structure };
    let line = file.lines.line(span.start as usize);
    let receiver = receiver(&text[..span.start as usize]);
    let local = || if receiver.is_none() { file.local_binding(span) } else { None };
    if let Some(bound) = local() {
        return vec![Spot { path: file.path.clone(), line: Some(file.lines.line(bound.start as usize)), symbol: None }];
    }
    let found = match receiver {
        Some(receiver) => asked.member(receiver, name, line),
        None => asked.in_scope(name, line),
    };
    if !found.is_empty() {
        return found;
    }
    let is_member = receiver.is_some();
    // Without its object a method cannot be meant.
    let mut named: Vec<Located<'_>> = snapshot.symbols_called(name);
    named.retain(|found| is_member || found.symbol.parent.is_none());
    // Variables are rarely meant.
    named.sort_by_key(|found| (found.symbol.kind == SymbolKind::Variable, found.symbol.qualname.len()));
    named.into_iter().take(FOUND_MAX).map(|found| spot(found.path, found.symbol)).collect()
}

/// How the gate is asked for the symbol at a spot.
pub(in crate::app) fn address_of(snapshot: &Snapshot, spot: &Spot) -> Option<(ProjectPath, String)> {
    let structure = &snapshot.file(&spot.path)?.structure;
    let qualname = spot.symbol.as_deref()?;
    let address = match (structure.find(qualname).len(), spot.line) {
        (2.., Some(line)) => format!("{qualname}@{line}"),
        _ => qualname.to_owned(),
    };
    Some((spot.path.clone(), address))
}

fn spot(path: &ProjectPath, symbol: &Symbol) -> Spot {
    Spot { path: path.clone(), line: Some(symbol.line), symbol: Some((&symbol.qualname).into()) }
}

/// The name before the dot that ends `before`; an empty one where an expression stands there.
fn receiver(before: &str) -> Option<&str> {
    let object = before.trim_end_matches([' ', '\t']).strip_suffix('.')?;
    let start = object
        .rfind(|c: char| !c.is_alphanumeric() && c != '_')
        .map_or(0, |at| at + object[at..].chars().next().map_or(1, char::len_utf8));
    Some(&object[start..])
}

struct Asked<'a> {
    snapshot: &'a Snapshot,
    path: &'a ProjectPath,
    structure: &'a FileStructure,
}

impl<'a> Asked<'a> {
    fn member(&self, receiver: &str, name: &str, line: u32) -> Vec<Spot> {
        if matches!(receiver, "self" | "cls") {
            let around = std::iter::successors(self.structure.symbol_at(line), |id| self.structure.symbol(*id).parent);
            let class = around.into_iter().find(|id| self.structure.symbol(*id).kind == SymbolKind::Class);
            return class.map_or_else(Vec::new, |id| self.of_class(id, name, BASES_MAX));
        }
        let mut found = Vec::new();
        for holder in self.in_scope(receiver, line) {
            let Some(entry) = self.snapshot.file(&holder.path) else { continue };
            let there = Asked { snapshot: self.snapshot, path: &holder.path, structure: &entry.structure };
            match holder.symbol.as_deref().map(|qualname| entry.structure.find(qualname)) {
                Some(ids) => found.extend(ids.into_iter().flat_map(|id| there.of_class(id, name, BASES_MAX))),
                None => found.extend(there.at_top(name)),
            }
        }
        found
    }

    /// A member of a class, or of what it derives from.
    fn of_class(&self, class: SymbolId, name: &str, bases_max: usize) -> Vec<Spot> {
        let own: Vec<Spot> = self.children(Some(class), name).map(|symbol| spot(self.path, symbol)).collect();
        if !own.is_empty() || bases_max == 0 {
            return own;
        }
        let symbol = self.structure.symbol(class);
        for base in bases(&symbol.signature) {
            for holder in self.in_scope(base.rsplit('.').next().unwrap_or(base), symbol.line) {
                let Some(entry) = self.snapshot.file(&holder.path) else { continue };
                let there = Asked { snapshot: self.snapshot, path: &holder.path, structure: &entry.structure };
                let Some(id) = holder.symbol.and_then(|qualname| entry.structure.find(&qualname).first().copied())
                else {
                    continue;
                };
                if (holder.path != *self.path || id != class)
                    && let found = there.of_class(id, name, bases_max - 1)
                    && !found.is_empty()
                {
                    return found;
                }
            }
        }
        Vec::new()
    }

    /// What a bare name means on a line: what the functions around it define, the module, what it imports.
    fn in_scope(&self, name: &str, line: u32) -> Vec<Spot> {
        let mut around = self.structure.symbol_at(line);
        while let Some(id) = around {
            let symbol = self.structure.symbol(id);
            // What stands in a class is not in scope in its methods, but in its body.
            if symbol.kind != SymbolKind::Class || self.structure.symbol_at(line) == Some(id) {
                let found: Vec<Spot> = self.children(Some(id), name).map(|symbol| spot(self.path, symbol)).collect();
                if !found.is_empty() {
                    return found;
                }
            }
            around = symbol.parent;
        }
        let own = self.at_top(name);
        if own.is_empty() { self.imported(name) } else { own }
    }

    fn at_top(&self, name: &str) -> Vec<Spot> {
        self.children(None, name).map(|symbol| spot(self.path, symbol)).collect()
    }

    fn children(&self, parent: Option<SymbolId>, name: &str) -> impl Iterator<Item = &'a Symbol> {
        self.structure.children(parent).map(|(_, symbol)| symbol).filter(move |symbol| *symbol.name == *name)
    }

    fn imported(&self, name: &str) -> Vec<Spot> {
        let brings = self.structure.imports.iter().flat_map(|import| {
            import.names.iter().filter(|one| one.bound() == name || *one.name == *"*").map(move |one| (import, one))
        });
        let files = self.snapshot.dependencies(self.path);
        let mut found = Vec::new();
        for (import, one) in brings {
            let wanted = if *one.name == *"*" { name } else { &one.name };
            let module = import.module.as_deref().unwrap_or(wanted);
            for path in &files {
                let Some(entry) = self.snapshot.file(path) else { continue };
                let its_name = self.snapshot.module_name(path);
                let is_of_module = its_name == module || its_name.ends_with(&format!(".{module}")) || import.level > 0;
                let there = Asked { snapshot: self.snapshot, path, structure: &entry.structure };
                if import.module.is_some() && is_of_module {
                    found.extend(there.at_top(wanted));
                }
                if its_name.rsplit('.').next() == wanted.rsplit('.').next() {
                    found.push(Spot { path: path.clone(), line: None, symbol: None });
                }
            }
        }
        // A symbol tells more than the file of its name.
        if found.iter().any(|spot| spot.symbol.is_some()) {
            found.retain(|spot| spot.symbol.is_some());
        }
        found.dedup();
        found
    }
}

/// The names between the brackets of `(Base, other.Base[T], metaclass=M)`.
fn bases(signature: &str) -> impl Iterator<Item = &str> {
    let inner = signature.trim_start_matches('(').trim_end_matches(')');
    inner.split(',').map(|base| base.split('[').next().unwrap_or(base).trim()).filter(|base| !base.contains('='))
}
