//! Whether code sets an attribute of an object that is not its own.

use std::collections::BTreeSet;

use super::Doubt;
use super::assignment::{assigns, receiver};
use super::openness::{Openness, Receiver, set_by_name};
use crate::gate::project::{has_word, word_places};
use crate::index::{Symbol, SymbolKind};
use crate::text::ProjectPath;

impl Doubt<'_, '_> {
    /// Whether the project sets the attribute from outside: on one of `owners` by name, on whatever it may be in the files
    /// `near`, or by its name in a string.
    pub(super) fn is_set_from_outside(
        &self,
        attr: &str,
        owners: &BTreeSet<Box<str>>,
        near: &BTreeSet<ProjectPath>,
    ) -> bool {
        let is_set_near = |path: &ProjectPath| self.sets(path, attr, |_| !near.is_empty(), |_| true);
        is_set_near(self.path) || near.iter().any(is_set_near) || self.is_set_by_name_of(owners, attr)
    }

    /// Whether the project sets the attribute on one of `owners`, which is named there.
    pub(super) fn is_set_by_name_of(&self, owners: &BTreeSet<Box<str>>, attr: &str) -> bool {
        let is_set_on = |owner: &str| {
            let is_it = |receiver: &str| receiver == owner;
            let mut files = self.project.files_with_word(owner).into_iter();
            files.any(|path| self.project.mentions(&path, attr) && self.sets(&path, attr, is_it, is_it))
        };
        owners.iter().any(|owner| self.project.is_set_on(attr, owner, || is_set_on(owner)))
    }

    /// Whether a file sets `attr` on a receiver: by its name in a string on one that is named there, or as it is written.
    fn sets(
        &self,
        path: &ProjectPath,
        attr: &str,
        is_named: impl Fn(&str) -> bool,
        is_owner: impl Fn(&str) -> bool,
    ) -> bool {
        let Some(text) = self.project.text(path) else { return false };
        let is_set = |at: usize| {
            let is_other = |receiver: &str| receiver != "self" || self.is_made_there(path, at);
            receiver(&text, at).is_some_and(|receiver| is_other(receiver) && is_owner(receiver))
                && assigns(&text[at + attr.len()..])
        };
        sets_in_string(&text, attr, is_named) || word_places(&text, attr).any(is_set)
    }

    /// Whether what is called `self` at a place is no parameter: an object that `__new__` or a class method makes.
    fn is_made_there(&self, path: &ProjectPath, at: usize) -> bool {
        self.project.structure(path).is_some_and(|structure| {
            let is_around = |symbol: &&Symbol| symbol.kind != SymbolKind::Variable && symbol.span.range().contains(&at);
            let innermost = structure.symbols.iter().filter(is_around).min_by_key(|symbol| symbol.span.range().len());
            innermost.is_some_and(|symbol| symbol.kind == SymbolKind::Method && !has_word(&symbol.signature, "self"))
        })
    }

    /// Whether anything from outside sets `attr` on one of these classes.
    pub(super) fn is_set_on(&self, attr: &str, classes: &BTreeSet<Box<str>>) -> bool {
        self.is_set_from_outside(attr, classes, &BTreeSet::new())
    }
}

/// Whether code sets `attr` by its name in a string: `setattr(Cart, "total", …)`, also over a list of names.
fn sets_in_string(text: &str, attr: &str, is_owner: impl Fn(&str) -> bool) -> bool {
    word_places(text, attr).any(|at| {
        let in_quotes = text[..at].ends_with(['"', '\'']) && text[at + attr.len()..].starts_with(['"', '\'']);
        let line_start = text[..at].rfind('\n').map_or(0, |at| at + 1);
        let line = text[line_start..].lines().next().unwrap_or_default();
        in_quotes && {
            let setting = line.split_once("setattr(").map(|(_, rest)| rest);
            let receiver = setting.and_then(|rest| rest.split(',').next()).map(str::trim).unwrap_or_default();
            is_owner(receiver.rsplit('.').next().unwrap_or_default())
                || (is_owner("") && set_by_name(text, Receiver::Anything) > Openness::Closed)
        }
    })
}
