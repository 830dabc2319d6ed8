//! A function or class of a module moved to another: what it needs comes along, what uses it follows.
//!
//! Knows modules by their paths. Invariant: where it cannot be known that the program stays the same, nothing is moved.

use std::collections::BTreeSet;

use ruff_python_ast::token::TokenKind;
use ruff_text_size::Ranged;

use super::circle::refuse_circles;
use super::file::{absolute, led, package_of, spelled};
use super::import::{add_import, binds};
use super::resolve::{qualified, resolve};
use super::symbol::{add_class, add_function, cut, remove};
use super::target::{Target, place};
use super::{Applied, Refusal, guard};
use crate::index::{FileStructure, Import, NameFlow, Symbol, SymbolKind, Tree, View};
use crate::text::{ChangeSet, LineIndex, ProjectPath, Span};

/// A symbol on its way from one module to another.
struct Move<'a> {
    view: View<'a>,
    from: &'a ProjectPath,
    to: &'a ProjectPath,
    old_module: String,
    new_module: String,
    symbol: Symbol,
    /// Its text, with the comments above, and the lines that holds.
    code: String,
    lines: (u32, u32),
    structure: FileStructure,
}

/// What the code needs where it goes.
#[derive(Default)]
struct Needed {
    /// Import statements.
    imports: Vec<String>,
    /// Names that stay behind in the old module.
    from_old: Vec<String>,
}

pub(super) fn move_symbol(
    view: View<'_>,
    from: &ProjectPath,
    symbol: &str,
    to: &ProjectPath,
    places: &[(ProjectPath, Vec<Span>)],
) -> Result<Applied, Refusal> {
    let moving = Move::new(view, from, symbol, to)?;
    let needed = moving.needed()?;
    let (others, stays_known) = moving.users(places)?;

    let mut change_set = remove(view, from, symbol)?.change_set;
    if view.text(to).is_err() {
        change_set.put(to.clone(), view.base(to)?, Some("".into()));
    }
    let step = |change_set: &mut ChangeSet, done: &dyn Fn(View<'_>) -> Result<Applied, Refusal>| {
        let applied = done(View { pending: change_set, ..view })?;
        *change_set = applied.change_set;
        Ok::<(), Refusal>(())
    };
    step(&mut change_set, &|view| match moving.symbol.kind {
        SymbolKind::Class => add_class(view, to, &moving.code, None),
        _ => add_function(view, to, &moving.code, None, None),
    })?;
    let mut imports = needed.imports.clone();
    if !needed.from_old.is_empty() {
        imports.push(moving.importing(&moving.old_module, to, &needed.from_old.join(", ")));
    }
    for import in &imports {
        step(&mut change_set, &|view| add_import(view, to, import))?;
    }
    let name = &*moving.symbol.name;
    if stays_known {
        let import = moving.importing(&moving.new_module, from, name);
        step(&mut change_set, &|view| add_import(view, from, &import))?;
    }
    for (path, text) in &others {
        change_set.put(path.clone(), view.base(path)?, Some(text.as_str().into()));
    }
    refuse_circles(view, &change_set, to, &moving.new_module)?;
    Ok(Applied { change_set, notes: moving.notes(&imports, &others, stays_known) })
}

impl<'a> Move<'a> {
    fn new(view: View<'a>, from: &'a ProjectPath, symbol: &str, to: &'a ProjectPath) -> Result<Self, Refusal> {
        guard(to)?;
        let target = Target::open_python(view, from)?;
        let refuse = |why: String| Err(Refusal::NotAllowed(why));
        let id = resolve(
            &target,
            &qualified(from, symbol, None),
            &[SymbolKind::Class, SymbolKind::Function, SymbolKind::Method],
            None,
        )?;
        let found = target.symbol(id).clone();
        let (old_module, new_module) = (view.snapshot.module_name(from), view.snapshot.module_name(to));
        if from == to || old_module == new_module {
            return refuse(format!("'{}' is in '{to}' already.", found.qualname));
        }
        if !to.is_python() || to.extension() != "py" {
            return refuse(format!("'{to}' is no Python module."));
        }
        if found.parent.is_some() {
            return refuse(format!(
                "{} is no symbol of the module itself: only those can be moved to another.",
                place(&found)
            ));
        }
        let same = target.structure.children(None).filter(|(_, symbol)| symbol.name == found.name);
        if found.is_conditional || same.count() > 1 {
            return refuse(format!("'{}' has alternatives in '{from}', so it cannot be moved alone.", found.qualname));
        }
        if !target.structure.faults.is_empty() {
            return refuse(format!("'{from}' does not parse. Mend that first."));
        }
        let (span, lines) = cut(&target, &found)?;
        let code = target.text[span.range()].to_owned();
        Ok(Self { view, from, to, old_module, new_module, symbol: found, code, lines, structure: target.structure })
    }

    /// What the code uses of its module, and how it comes by it where it goes.
    fn needed(&self) -> Result<Needed, Refusal> {
        let there = match self.view.text(self.to) {
            Ok(text) => FileStructure::parse(self.to, &text),
            Err(_) => FileStructure::default(),
        };
        let refuse = |why: String| Err(Refusal::NotAllowed(why));
        let name = &*self.symbol.name;
        let is_future = |import: &Import| import.module.as_deref() == Some("__future__");
        let mut needed = Needed::default();
        for future in self.structure.imports.iter().filter(|import| is_future(import)) {
            let has = |wanted: &str| {
                there
                    .imports
                    .iter()
                    .filter(|import| is_future(import))
                    .any(|import| import.names.iter().any(|name| *name.name == *wanted))
            };
            for feature in future.names.iter().filter(|feature| !has(&feature.name)) {
                if there.line_count > 1 {
                    return refuse(format!(
                        "'{}' has 'from __future__ import {}' and '{}' has not. Add it there first, or choose another module.",
                        self.from, feature.name, self.to
                    ));
                }
                needed.imports.push(format!("from __future__ import {}", feature.name));
            }
        }
        for used in self.names_used() {
            if *used == *name {
                continue;
            }
            let (taken, wanted) =
                (self.meaning(&there, self.to, &used), self.meaning(&self.structure, self.from, &used));
            let Some(wanted) = wanted else { continue };
            match taken {
                Some(taken) if taken == wanted => continue,
                Some(_) => {
                    return refuse(format!("'{name}' uses '{used}', which means something else in '{}'.", self.to));
                }
                None => {}
            }
            if let Some(symbol) =
                self.structure.children(None).map(|(_, symbol)| symbol).find(|symbol| *symbol.name == *used)
            {
                if self.is_rebound(&used) {
                    return refuse(format!(
                        "'{name}' uses '{used}' (line {}), which other code of '{}' rebinds.",
                        symbol.line, self.from
                    ));
                }
                needed.from_old.push(used);
                continue;
            }
            for import in self.structure.imports.iter().filter(|import| import.is_top_level) {
                for item in import.names.iter().filter(|item| binds(import, item) == used) {
                    if import.is_conditional {
                        return refuse(format!(
                            "'{name}' uses '{used}', which line {} of '{}' imports under a condition. Import it in '{}' first.",
                            import.line, self.from, self.to
                        ));
                    }
                    let alias = item.alias.as_ref().map(|alias| format!(" as {alias}")).unwrap_or_default();
                    needed.imports.push(match &import.module {
                        None => format!("import {}{alias}", item.name),
                        Some(module) => {
                            let module = self.led_from(import.level, module)?;
                            format!("from {module} import {}{alias}", item.name)
                        }
                    });
                }
            }
        }
        Ok(needed)
    }

    /// The names that the code reads, as far as its tokens tell.
    fn names_used(&self) -> BTreeSet<String> {
        let tree = Tree::parse(self.from, &self.code);
        let tokens: Vec<_> = tree.tokens().into_iter().flatten().collect();
        let bound: BTreeSet<Box<str>> =
            NameFlow::of(self.from, &self.code).bindings.into_iter().map(|binding| binding.name).collect();
        let mut used = BTreeSet::new();
        for (at, token) in tokens.iter().enumerate() {
            let follows_dot = at > 0 && tokens[at - 1].kind() == TokenKind::Dot;
            let text = self.code.get(token.start().to_usize()..token.end().to_usize()).unwrap_or_default();
            if token.kind() == TokenKind::Name && !follows_dot && !bound.contains(text) {
                used.insert(text.to_owned());
            }
            if token.kind() == TokenKind::String {
                // An annotation may be a string.
                let words = text.split(|c: char| c != '_' && !c.is_alphanumeric());
                let known = words.filter(|word| self.meaning(&self.structure, self.from, word).is_some());
                used.extend(known.filter(|_| !text.contains([' ', '\n'])).map(str::to_owned));
            }
        }
        used
    }

    /// What a name of a module's top level stands for, spelled the same for the same thing.
    fn meaning(&self, structure: &FileStructure, path: &ProjectPath, name: &str) -> Option<String> {
        let module = self.view.snapshot.module_name(path);
        if structure.children(None).any(|(_, symbol)| *symbol.name == *name) {
            return Some(format!("{module}.{name}"));
        }
        let package = package_of(path, &module);
        structure.imports.iter().filter(|import| import.is_top_level).find_map(|import| {
            let item = import.names.iter().find(|item| binds(import, item) == name)?;
            match (&import.module, &item.alias) {
                (Some(from), _) => Some(format!("{}.{}", absolute(package, import.level, from)?, item.name)),
                (None, Some(_)) => Some(item.name.to_string()),
                (None, None) => Some(name.to_owned()),
            }
        })
    }

    /// Whether some function of the old module gives `name` another value.
    fn is_rebound(&self, name: &str) -> bool {
        let text = self.view.text(self.from).unwrap_or_else(|_| "".into());
        text.lines().any(|line| {
            let names = line.trim_start().strip_prefix("global ").unwrap_or_default();
            names.split(',').any(|declared| declared.trim() == name)
        })
    }

    /// A module that the old one imports from, as the new one spells it.
    fn led_from(&self, level: u32, module: &str) -> Result<String, Refusal> {
        if level == 0 {
            return Ok(module.to_owned());
        }
        let target = absolute(package_of(self.from, &self.old_module), level, module).ok_or_else(|| {
            Refusal::NotAllowed(format!("'{}' imports from above its packages, which cannot be followed.", self.from))
        })?;
        Ok(spelled(&target, Some(package_of(self.to, &self.new_module))))
    }

    /// `from module import name`, as `path` spells its own imports.
    fn importing(&self, module: &str, path: &ProjectPath, name: &str) -> String {
        let own = self.view.snapshot.module_name(path);
        let text = self.view.text(path).unwrap_or_else(|_| "".into());
        let is_relative = FileStructure::parse(path, &text).imports.iter().any(|import| import.level > 0)
            || (text.is_empty() && self.structure.imports.iter().any(|import| import.level > 0));
        let package = Some(package_of(path, &own)).filter(|package| is_relative && !package.is_empty());
        format!("from {} import {name}", spelled(module, package))
    }

    /// The other files with their imports led to the new module, and whether the old one has to go on knowing the name.
    fn users(&self, places: &[(ProjectPath, Vec<Span>)]) -> Result<(Vec<(ProjectPath, String)>, bool), Refusal> {
        let name = &*self.symbol.name;
        let (old, new) = (format!("{}.{name}", self.old_module), format!("{}.{name}", self.new_module));
        let mut others = Vec::new();
        let mut stays_known = false;
        for (path, spans) in places {
            let text = self.view.text(path)?;
            let structure = FileStructure::parse(path, &text);
            let lines = LineIndex::new(&text);
            let in_import =
                |span: &Span| structure.imports.iter().any(|import| import.span.contains(span.start as usize));
            let is_own = |span: &Span| {
                let line = lines.line(span.start as usize);
                path == self.from && (self.lines.0..=self.lines.1).contains(&line)
            };
            let tree = Tree::parse(path, &text);
            let in_code = |span: &Span| {
                let mut tokens = tree.tokens().into_iter().flatten();
                tokens.any(|token| token.start().to_usize() == span.start as usize && token.kind() == TokenKind::Name)
            };
            let is_bound_here = spans.iter().any(in_import);
            for span in spans.iter().filter(|span| !is_own(span) && !in_import(span)) {
                let is_behind = text[..span.start as usize].ends_with(['.', ':']);
                if is_behind && !in_code(span) {
                    return Err(Refusal::NotAllowed(format!(
                        "{path}:{} names '{name}' by its module in a string, and where that is looked up decides what it \
                         means. Change it by hand, or leave '{name}' where it is.",
                        lines.line(span.start as usize)
                    )));
                }
                stays_known |= is_behind || path == self.from || !is_bound_here;
            }
            if path != self.from && path != self.to && is_bound_here {
                others.extend(led(self.view, path, &text, &old, &new).map(|text| (path.clone(), text)));
            }
            if path == self.to && is_bound_here {
                return Err(Refusal::NotAllowed(format!(
                    "'{}' imports '{name}' itself. Remove that import first; what it is used for goes on.",
                    self.to
                )));
            }
        }
        Ok((others, stays_known))
    }

    fn notes(&self, imports: &[String], others: &[(ProjectPath, String)], stays_known: bool) -> Vec<String> {
        let mut notes = vec![format!("'{}' went from '{}' to '{}'.", self.symbol.name, self.from, self.to)];
        if !imports.is_empty() {
            notes.push(format!("With it came {}.", imports.join("; ")));
        }
        if !others.is_empty() {
            let names: Vec<String> = others.iter().map(|(path, _)| format!("'{path}'")).collect();
            notes.push(format!("Its imports follow in {}.", names.join(", ")));
        }
        if stays_known {
            notes.push(format!("'{}' imports it from there, since it is used through it.", self.from));
        }
        notes
    }
}
