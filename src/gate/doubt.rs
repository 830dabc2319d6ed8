//! Whether what the engine says is proof. Python is dynamic: a name may be made in ways that no analysis sees, and code may
//! be written so that it copes with the absence. Each rule of the engine has its own reasons to doubt it.
//!
//! Invariant: a doubt never depends on the wording of one program, only on how Python code makes and guards names.

mod annotation;
mod arguments;
mod assignment;
mod attribute;
mod blind;
mod callable;
mod family;
mod guards;
mod handed_on;
mod import;
mod made;
mod notebook;
mod nowhere;
mod openness;
mod own_code;
mod set_outside;
mod sources;

use ruff_db::files::FilePath;
use ruff_db::source::{SourceText, source_text};
use ruff_python_ast::AnyNodeRef;
use ruff_text_size::Ranged;
use ty_python_semantic::HasType;

use super::engine::Lens;
use super::found::{ABSTRACT, Found, INVENTED, MISFIT, MISSING_EXPORT, PASSED_ON, TYPING_ONLY, UNSEEN};
use super::project::Project;
use crate::text::ProjectPath;
pub(super) use guards::Guards;
pub(super) use made::makes_names;
pub(super) use nowhere::{has_all_imports, stands_nowhere};
use own_code::is_certain;

/// The names of the module of builtins.
const BUILTINS: [&str; 3] = ["builtins", "__builtins__", "__builtins"];

/// What is known after all doubts were heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Standing {
    /// The code is written for it.
    Fine,
    /// It may or may not exist.
    Unknown,
    /// It is proven that this breaks.
    Refuted,
}

/// One thing that the engine says, with all that is needed to doubt it.
pub(super) struct Doubt<'a, 'db> {
    pub(super) lens: &'a Lens<'db>,
    pub(super) project: &'a Project<'a>,
    pub(super) path: &'a ProjectPath,
    pub(super) found: &'a Found,
    pub(super) guards: Guards<'a>,
}

impl<'a, 'db> Doubt<'a, 'db> {
    pub(super) fn new(lens: &'a Lens<'db>, project: &'a Project<'a>, path: &'a ProjectPath, found: &'a Found) -> Self {
        let guards = Guards::at(&lens.tree, found.start, found.end);
        Self { lens, project, path, found, guards }
    }

    pub(super) fn standing(&self) -> Standing {
        match self.found.rule {
            _ if self.is_meant_to_fail() => Standing::Fine,
            "unresolved-attribute" => self.attribute(),
            "unresolved-import" => self.import(),
            "unresolved-reference" => self.reference(),
            "call-non-callable" => self.callable(),
            "not-subscriptable" | "not-iterable" | "invalid-context-manager" => self.protocol(),
            // All doubts were heard when it was found.
            UNSEEN | TYPING_ONLY | MISSING_EXPORT => Standing::Refuted,
            PASSED_ON | ABSTRACT | MISFIT if self.guards.catches(&["TypeError"]) => Standing::Fine,
            PASSED_ON | ABSTRACT | MISFIT => Standing::Refuted,
            INVENTED if is_certain(self.lens, self.project, &self.guards) || self.is_private_of_family() => {
                Standing::Refuted
            }
            INVENTED => Standing::Unknown,
            _ => self.arguments(),
        }
    }

    fn reference(&self) -> Standing {
        let Some(name) = quoted(&self.found.message) else { return Standing::Unknown };
        if self.guards.catches(&["NameError", "UnboundLocalError"]) {
            return Standing::Fine;
        }
        if self.is_silenced("F821") || self.is_silenced("name-defined") || self.is_silenced("undefined-variable") {
            return Standing::Unknown;
        }
        let text = self.lens.source.as_str();
        // What an annotation speaks of that nobody evaluates need not be there, where a checker is told so.
        if self.guards.is_in_annotation() && self.is_left_alone(text) && self.is_silenced_wholly() {
            return Standing::Unknown;
        }
        // Names made at run time, and those that a translation set-up puts among the builtins.
        // A stub is never run.
        let is_made = self.may_be_made(text, name) && !self.is_slip_of_local(name);
        if self.path.extension() == "pyi" || is_made || self.is_installed_translation(name) {
            return Standing::Unknown;
        }
        if self.has_opaque_star_import() || self.is_put_among_builtins(name) || self.notebook_may_have(name) {
            return Standing::Unknown;
        }
        Standing::Refuted
    }

    /// Whether what stands in an annotation at the place is not evaluated when the code runs.
    fn is_left_alone(&self, text: &str) -> bool {
        let is_quoted = self.guards.chain().iter().any(|node| matches!(node, AnyNodeRef::ExprStringLiteral(_)));
        is_quoted || text.contains("from __future__ import annotations")
    }

    /// `_` where the file never bound it itself.
    fn is_installed_translation(&self, name: &str) -> bool {
        let bound_before = self.project.changed.get(self.path).is_some_and(|sides| {
            sides.old.imports.iter().any(|import| import.names.iter().any(|imported| imported.bound() == name))
        });
        name == "_" && !bound_before && self.project.view.snapshot.has_word("gettext")
    }

    /// A star import from a module that cannot be seen may bring any name.
    fn has_opaque_star_import(&self) -> bool {
        self.lens.tree.syntax().body.iter().any(|statement| {
            let Some(import) = statement.as_import_from_stmt() else { return false };
            import.names.iter().any(|alias| &alias.name == "*") && {
                let module = import.module.as_ref().map(|module| module.as_str());
                match self.lens.model.resolve_module(module, import.level) {
                    None => true,
                    Some(module) => module
                        .file(self.lens.model.db())
                        .is_none_or(|file| makes_names(source_text(self.lens.model.db(), file).as_str())),
                }
            }
        })
    }

    fn is_put_among_builtins(&self, name: &str) -> bool {
        let speaking = BUILTINS.iter().flat_map(|builtins| self.project.files_with_word(builtins));
        speaking.filter(|path| self.project.mentions(path, name)).any(|path| {
            self.project.text(&path).is_some_and(|text| {
                text.contains(&format!("builtins.{name} ="))
                    || text.contains(&format!("builtins.{name}="))
                    || (text.contains("builtins__") && text.contains(&format!("'{name}'")))
            })
        })
    }

    /// The class whose member `node` asks for: the one around it for `self`, else the type's.
    pub(super) fn class_name(&self, node: &ruff_python_ast::ExprAttribute) -> Option<String> {
        let shown = quoted(&self.found.message)?;
        if self.found.rule == UNSEEN {
            return Some(shown.to_owned());
        }
        if shown.starts_with("Self@") || shown.starts_with("type[Self@") {
            return self.guards.class().map(|class| class.name.to_string());
        }
        self.class_of(&node.value)
    }

    /// The name of the class that the engine knows `value` to be an instance of.
    pub(super) fn class_of(&self, value: &ruff_python_ast::Expr) -> Option<String> {
        let db = self.lens.model.db();
        let env = self.lens.model.program_environment();
        let range = value.inferred_type(&self.lens.model)?.definition(db, &env)?.focus_range(db)?;
        let (text, _) = self.text_of(range.file());
        text.get(std::ops::Range::<usize>::from(range.range())).map(str::to_owned)
    }

    /// Whether a comment on the line silences a checker for a reason that `code` names.
    fn is_silenced(&self, code: &str) -> bool {
        let line = self.line();
        line.find('#').is_some_and(|at| line[at..].contains(code))
    }

    /// Whether a comment that the change adds silences what a checker may say here. One that was there before was written
    /// for something else, also on a line that is edited.
    fn is_silenced_wholly(&self) -> bool {
        let line = self.line();
        let Some(at) = line.find('#').filter(|at| silences(&line[*at..], self.found.rule)) else { return false };
        let comment = line[at..].trim_end();
        self.project.changed.get(self.path).is_some_and(|sides| {
            !sides.old_text.contains(line)
                && sides.new_text.matches(comment).count() > sides.old_text.matches(comment).count()
        })
    }

    fn line(&self) -> &str {
        let text = self.lens.source.as_str();
        let at = (self.found.start as usize).min(text.len());
        let start = text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
        text[start..].lines().next().unwrap_or_default()
    }

    /// The text of a file anywhere, and whether it is the project's.
    fn text_of(&self, file: ruff_db::files::File) -> (SourceText, Origin) {
        let db = self.lens.model.db();
        let origin = match file.path(db) {
            FilePath::System(_) => match self.lens.engine.path_of(file) {
                Some(path) if self.project.structure(&path).is_some() => Origin::Project(path),
                _ => Origin::Installed,
            },
            FilePath::Vendored(_) | FilePath::SystemVirtual(_) => Origin::StandardLibrary,
        };
        (source_text(db, file), origin)
    }
}

/// Whose file it is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Origin {
    Project(ProjectPath),
    Installed,
    StandardLibrary,
}

/// Whether a comment tells checkers to be silent about what `rule` is about: about all, or by a code for it.
fn silences(comment: &str, rule: &str) -> bool {
    let comment = comment.replace(' ', "").to_lowercase();
    if comment.contains("pylint:disable=no-member") || comment.contains("pylint:disable=e1101") {
        return true;
    }
    comment.split_once(":ignore").is_some_and(|(checker, rest)| {
        let codes = rest.strip_prefix('[').and_then(|rest| rest.split(']').next());
        let concerns = |codes: &str| {
            codes.contains("attr") || codes.contains("general") || codes.contains("import") && rule.ends_with("import")
        };
        ["type", "pyright", "ty"].iter().any(|name| checker.ends_with(name)) && codes.is_none_or(concerns)
    })
}

/// The first thing in backquotes.
pub(super) fn quoted(message: &str) -> Option<&str> {
    message.split('`').nth(1)
}
