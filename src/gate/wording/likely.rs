//! Which of the names that could stand at a place may be meant by a wrong one there.

use ty_python_semantic::Completion;
use ty_python_semantic::types::Type;

use super::NAMES_MAX;
use crate::gate::doubt::Guards;
use crate::index::nearest_of;

/// How the wrong name is used.
pub(super) struct Use {
    /// `None` where nothing tells: in an import.
    is_called: Option<bool>,
    /// Private names are the own class's or module's affair.
    may_be_private: bool,
}

impl Use {
    /// `owner`: the name before the dot.
    pub(super) fn at(guards: &Guards<'_>, owner: Option<&str>) -> Self {
        Self {
            is_called: guards.import_from().is_none().then(|| guards.is_called()),
            may_be_private: owner.is_some_and(|owner| matches!(owner, "self" | "cls")),
        }
    }

    /// Whether `name` may stand there for `wanted`, as far as its underscores tell.
    pub(super) fn takes(&self, wanted: &str, name: &str) -> bool {
        !name.starts_with('_') || wanted.starts_with('_') || self.may_be_private && !name.starts_with("__")
    }
}

/// What another kind of thing than the place asks for costs.
const WRONG_KIND: u32 = 18;
/// What a built-in costs: names of the file itself are meant more often.
const BUILT_IN: u32 = 25;

/// The likeliest names, the best first: by their spelling, then by whether they are what the place asks for.
pub(super) fn likely<'c>(wanted: &str, completions: &'c [Completion<'_>], usage: &Use) -> Vec<&'c str> {
    nearest_of(wanted, rated(wanted, completions, usage), NAMES_MAX)
}

/// The names that may stand at a place, each with what speaks against it.
pub(super) fn rated<'c>(
    wanted: &str,
    completions: &'c [Completion<'_>],
    usage: &Use,
) -> impl Iterator<Item = (&'c str, u32)> {
    completions.iter().filter(|completion| usage.takes(wanted, &completion.name)).map(|completion| {
        let is_of_kind =
            completion.ty.is_none_or(|ty| is_callable(ty).is_none_or(|callable| usage.is_called != Some(!callable)));
        let is_instance = matches!(completion.ty, Some(Type::NominalInstance(_)));
        let kind = match (is_of_kind, usage.is_called == Some(true) && is_instance) {
            (false, _) => WRONG_KIND,
            (true, true) => WRONG_KIND / 2,
            (true, false) => 0,
        };
        let origin = if completion.builtin { BUILT_IN } else { 0 };
        (&*completion.name, kind + origin + if completion.is_type_check_only { BUILT_IN * 2 } else { 0 })
    })
}

/// Whether a value is there to be called; `None` where it may be used either way.
fn is_callable(ty: Type<'_>) -> Option<bool> {
    match ty {
        Type::FunctionLiteral(_) | Type::BoundMethod(_) | Type::KnownBoundMethod(_) => Some(true),
        Type::ModuleLiteral(_) | Type::LiteralValue(_) | Type::PropertyInstance(_) => Some(false),
        _ => None,
    }
}
