//! Classes that lack methods which a base demands: an instance of one cannot be made.

use std::collections::{BTreeMap, BTreeSet};

use ruff_text_size::Ranged;

use super::calls::{Fresh, class_called, only_class};
use crate::gate::engine::Lens;
use crate::gate::found::{ABSTRACT, Found};
use crate::gate::project::{Project, has_word};
use crate::gate::{Issue, Layer, Severity};
use crate::index::{Spelling, SymbolKind, bases};

/// New calls of classes that are still abstract.
pub(super) fn instances(lens: &Lens<'_>, project: &Project<'_>, fresh: &Fresh<'_>) -> Vec<Found> {
    let mut told = Vec::new();
    for call in fresh.calls.iter().copied() {
        let Some(class) = class_called(lens, call) else { continue };
        let Some(lacking) = lacking(project, &class).and_then(|lacking| lacking.into_iter().next()) else { continue };
        told.push(Found {
            rule: ABSTRACT,
            start: call.func.range().start().into(),
            end: call.func.range().end().into(),
            message: format!("No instance of class `{class}` can be made: its method `{lacking}` is abstract."),
        });
    }
    told
}

/// Methods that the change makes abstract, or adds so, and that a class of which instances are made does not have.
pub(in crate::gate) fn left_abstract(project: &Project<'_>) -> Vec<Issue> {
    let mut issues = Vec::new();
    for (path, sides) in project.changed.iter().filter(|(_, sides)| !sides.is_created && !sides.is_deleted) {
        for symbol in sides.new.symbols.iter().filter(|symbol| is_abstract(&symbol.decorators)) {
            let Some(parent) = symbol.parent.map(|parent| sides.new.symbol(parent)) else { continue };
            let was_abstract =
                sides.old.find(&symbol.qualname).iter().any(|id| is_abstract(&sides.old.symbol(*id).decorators));
            if was_abstract || parent.kind != SymbolKind::Class {
                continue;
            }
            let is_left = |class: &str| {
                lacking(project, class).is_some_and(|lacking| lacking.contains(&*symbol.name))
                    && is_made(project, class)
            };
            let Some(class) = project.subclass_names(&parent.name).into_iter().find(|class| is_left(class)) else {
                continue;
            };
            issues.push(Issue {
                layer: Layer::Tool,
                code: ABSTRACT,
                severity: Severity::Block,
                path: path.clone(),
                line: symbol.line,
                span: Some(symbol.span),
                message: format!(
                    "'{}' is abstract now, but class '{class}' does not have it, and instances of '{class}' are made. Add it there too.",
                    symbol.name
                ),
                fix: None,
            });
        }
    }
    issues
}

/// Whether the project calls a class by its name.
fn is_made(project: &Project<'_>, class: &str) -> bool {
    let call = format!("{class}(");
    project.files_with_word(class).iter().any(|path| {
        project.text(path).is_some_and(|text| {
            has_word(&text, class)
                && text.lines().any(|line| line.contains(&call) && !line.trim_start().starts_with("class "))
        })
    })
}

fn is_abstract(decorators: &[Spelling]) -> bool {
    decorators.iter().any(|decorator| decorator.rsplit('.').next().is_some_and(|last| last.starts_with("abstract")))
}

/// The abstract methods of `class`; `None` where one of its bases is not known, or nothing enforces them.
fn lacking(project: &Project<'_>, class: &str) -> Option<BTreeSet<Box<str>>> {
    let mut is_enforced = false;
    // Whether some class of the family has it for real: what a base demands, another base may bring.
    let mut methods: BTreeMap<Box<str>, bool> = BTreeMap::new();
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let mut wanted = vec![class.to_owned()];
    while let Some(name) = wanted.pop() {
        match &*name {
            "ABC" => {
                is_enforced = true;
                continue;
            }
            "Generic" | "object" => continue,
            _ => {}
        }
        if !seen.insert(name.clone()) {
            continue;
        }
        let (_, structure, symbol) = only_class(project, &name)?;
        for member in structure
            .symbols
            .iter()
            .filter(|member| member.parent.is_some_and(|parent| structure.symbol(parent).qualname == symbol.qualname))
        {
            *methods.entry((&member.name).into()).or_default() |= !is_abstract(&member.decorators);
        }
        is_enforced |= symbol.signature.contains("ABCMeta");
        wanted.extend(bases(&symbol.signature).into_iter().map(str::to_owned));
    }
    let lacking = methods.into_iter().filter(|(_, is_there)| !is_there).map(|(name, _)| name).collect();
    is_enforced.then_some(lacking)
}
