//! Keywords that a constructor takes as `**kwargs` only to hand them on to that of its base, which does not take them.

use ruff_text_size::Ranged;

use super::calls::{Fresh, class_called, only_class};
use crate::gate::engine::Lens;
use crate::gate::found::{Found, PASSED_ON};
use crate::gate::project::{Project, word_places};
use crate::gate::signature::parameter_names;
use crate::index::bases;

/// So many classes are handed through.
const BASES_MAX: usize = 16;

/// The keywords of new calls that arrive nowhere.
pub(super) fn arguments(lens: &Lens<'_>, project: &Project<'_>, fresh: &Fresh<'_>) -> Vec<Found> {
    let mut told = Vec::new();
    for call in fresh.calls.iter().copied() {
        let Some(class) = class_called(lens, call) else { continue };
        for keyword in &call.arguments.keywords {
            let Some(name) = &keyword.arg else { continue };
            if let Some(refuser) = refuser(project, &class, name) {
                told.push(Found {
                    rule: PASSED_ON,
                    start: keyword.range().start().into(),
                    end: keyword.range().end().into(),
                    message: format!(
                        "Argument `{name}` of `{class}` is handed on to `{refuser}.__init__`, which does not take it."
                    ),
                });
            }
        }
    }
    told
}

/// The base of `class` whose constructor is handed `keyword` and does not take it.
fn refuser(project: &Project<'_>, class: &str, keyword: &str) -> Option<String> {
    let mut class = class.to_owned();
    let mut is_handed_on = false;
    for _ in 0..BASES_MAX {
        let (text, structure, symbol) = only_class(project, &class)?;
        let bases = bases(&symbol.signature);
        let makers = ["__init__", "__new__"].map(|name| structure.find(&format!("{}.{name}", symbol.qualname)));
        match [&*makers[0], &*makers[1]] {
            [[only], []] => {
                let maker = structure.symbol(*only);
                let taken = parameter_names(&maker.signature);
                if !maker.decorators.is_empty() || taken.contains(&keyword) {
                    return None;
                }
                let Some(rest) = taken.iter().find_map(|name| name.strip_prefix("**")) else {
                    return is_handed_on.then_some(class);
                };
                let body = text.get(maker.span.range())?;
                // Handed on as it is and not looked into.
                let handed = format!("**{rest})");
                let is_only_handed = word_places(body, rest).count() == 2 && body.contains(&handed);
                if !is_only_handed || !body.contains("super().__init__(") {
                    return None;
                }
                is_handed_on = true;
            }
            [[], []] => {}
            _ => return None,
        }
        let [base] = bases[..] else { return None };
        class = base.to_owned();
    }
    None
}
