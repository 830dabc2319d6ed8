//! Doubts about a missing attribute.

use ruff_db::files::FileRange;
use ruff_python_ast::{Expr, ExprAttribute};
use ruff_text_size::Ranged;
use std::collections::BTreeSet;
use ty_python_semantic::HasType;
use ty_python_semantic::types::{Type, TypeDefinition};

use super::openness::{Openness, Receiver, is_open_in, openness, set_by_name};
use super::{Doubt, Origin, Standing, import, quoted};
use crate::gate::project::{bases, has_word, word_places};
use crate::index::{FileStructure, Symbol, SymbolKind};
use crate::text::ProjectPath;

/// Types that are exactly what they say: nobody annotates `str` and means a subclass with more methods.
const EXACT: [&str; 12] =
    ["str", "int", "float", "bool", "bytes", "list", "dict", "set", "tuple", "frozenset", "bytearray", "complex"];

impl Doubt<'_, '_> {
    pub(super) fn attribute(&self) -> Standing {
        let message = &*self.found.message;
        // Setting an attribute makes it.
        if message.starts_with("Unresolved attribute") {
            return Standing::Fine;
        }
        let Some(node) = self.guards.attribute() else { return Standing::Unknown };
        if self.guards.catches(&["AttributeError"]) || self.is_spoken_of(&node.attr) {
            return Standing::Fine;
        }
        if self.is_silenced_wholly() || self.is_silenced("attr-defined") || is_mangled(&node.attr) {
            return Standing::Unknown;
        }
        // A member of a union: which of its types it is was narrowed in ways that cannot be seen.
        if message.contains(" is not defined on ") || message.starts_with("Special form") {
            return Standing::Unknown;
        }
        if message.starts_with("Module ") {
            return self.module_member(node);
        }
        if message.starts_with("Function ") {
            let owner = quoted(message).map(Into::into).into_iter().collect();
            let is_set = self.is_set_from_outside(&node.attr, &owner, &BTreeSet::new());
            return if is_set { Standing::Unknown } else { Standing::Refuted };
        }
        self.member(node)
    }

    /// Whether the function around the place (or the module, outside functions) names the attribute in a string:
    /// `hasattr`, `getattr`, `setattr`, `__dict__` and the like.
    fn is_spoken_of(&self, attr: &str) -> bool {
        let text = self.lens.source.as_str();
        let around = match self.guards.function() {
            Some(function) => text.get(std::ops::Range::<usize>::from(function.range)).unwrap_or_default(),
            None => text,
        };
        around.contains(&format!("\"{attr}\"")) || around.contains(&format!("'{attr}'"))
    }

    /// Whether the project sets the attribute from outside: on one of `owners` by name, on whatever it may be in the files
    /// `near`, or by its name in a string.
    fn is_set_from_outside(&self, attr: &str, owners: &BTreeSet<Box<str>>, near: &BTreeSet<ProjectPath>) -> bool {
        self.project.files_with_word(attr).iter().any(|path| {
            let Some(text) = self.project.text(path) else { return false };
            let is_near = path == self.path || near.contains(path);
            if sets_in_string(&text, attr, |receiver| is_near && !near.is_empty() || owners.contains(receiver)) {
                return true;
            }
            word_places(&text, attr).any(|at| {
                let receiver = receiver(&text, at);
                receiver.is_some_and(|receiver| receiver != "self" && (is_near || owners.contains(receiver)))
                    && assigns(&text[at + attr.len()..])
            })
        })
    }

    fn module_member(&self, node: &ExprAttribute) -> Standing {
        let db = self.lens.model.db();
        let env = self.lens.model.program_environment();
        let definition = node.value.as_ref().inferred_type(&self.lens.model).and_then(|t| t.definition(db, &env));
        let Some(TypeDefinition::Module(module)) = definition else { return Standing::Unknown };
        let Some(file) = module.file(db) else { return Standing::Unknown };
        let name = module.name(db);
        let owner = [name.as_str(), name.last_component()].map(Into::into).into_iter().collect();
        if self.is_set_from_outside(&node.attr, &owner, &BTreeSet::new()) {
            return Standing::Unknown;
        }
        self.member_of_module(name, file, &node.attr)
    }

    fn member(&self, node: &ExprAttribute) -> Standing {
        let Some(type_name) = quoted(&self.found.message) else { return Standing::Unknown };
        if matches!(type_name, "None" | "object" | "Never") || self.is_mixed(type_name) {
            return Standing::Unknown;
        }
        // `self` in a class of the project: the class is the one that stands around it.
        if type_name.starts_with("Self@") || type_name.starts_with("type[Self@") {
            let Some(class) = self.guards.class() else { return Standing::Unknown };
            return self.member_of_project_class(node, &class.name);
        }
        if self.is_redeclared(&node.value) {
            return Standing::Unknown;
        }
        if EXACT.contains(&type_name.split('[').next().unwrap_or_default()) {
            return self.member_of_exact(&node.attr, type_name.split('[').next().unwrap_or_default());
        }
        let db = self.lens.model.db();
        let env = self.lens.model.program_environment();
        let Some(value_type) = node.value.as_ref().inferred_type(&self.lens.model) else { return Standing::Unknown };
        if matches!(value_type, Type::ProtocolInstance(_) | Type::TypeVar(_) | Type::Callable(_)) {
            return Standing::Unknown;
        }
        if matches!(value_type, Type::LiteralValue(_)) && value_type.definition(db, &env).is_none() {
            return Standing::Refuted;
        }
        let plain_name = type_name.split(" & ").find(|part| !part.starts_with('~')).unwrap_or_default();
        match value_type.definition(db, &env) {
            None if !self.project.classes(plain_name).is_empty() => self.member_of_project_class(node, plain_name),
            Some(definition @ (TypeDefinition::StaticClass(_) | TypeDefinition::EnumMember(_))) => {
                match definition.focus_range(db) {
                    Some(range) => self.member_of_class_at(node, range),
                    None => Standing::Unknown,
                }
            }
            _ => Standing::Unknown,
        }
    }

    /// An intersection with something positive: an `isinstance` said more than the type does.
    fn is_mixed(&self, type_name: &str) -> bool {
        type_name.contains(" & ") && type_name.split(" & ").filter(|part| !part.starts_with('~')).count() > 1
    }

    fn member_of_exact(&self, attr: &str, class: &str) -> Standing {
        let has = self.project.subclass_names(class).iter().any(|name| self.class_defines(name, attr));
        if has { Standing::Unknown } else { Standing::Refuted }
    }

    fn member_of_class_at(&self, node: &ExprAttribute, range: FileRange) -> Standing {
        let (text, origin) = self.text_of(range.file());
        let name = text.get(std::ops::Range::<usize>::from(range.range())).unwrap_or_default().to_owned();
        match origin {
            Origin::Project(_) => self.member_of_project_class(node, &name),
            Origin::StandardLibrary if EXACT.contains(&name.as_str()) => self.member_of_exact(&node.attr, &name),
            // The declared type may be the base of what is really there, and its file would then know the name.
            Origin::Installed | Origin::StandardLibrary => {
                let is_stub = range.file().path(self.lens.model.db()).as_str().ends_with(".pyi");
                let known = has_word(&text, &node.attr)
                    || is_open_in(&text, &name)
                    || (is_stub && node.attr.starts_with('_') && !node.attr.starts_with("__"))
                    || self.is_in_source_beside_stub(range.file(), &node.attr);
                let below =
                    || self.project.subclass_names(&name).iter().any(|below| self.class_defines(below, &node.attr));
                let owner = BTreeSet::from([name.as_str().into()]);
                if known || below() || self.is_set_from_outside(&node.attr, &owner, &BTreeSet::new()) {
                    Standing::Unknown
                } else {
                    Standing::Refuted
                }
            }
        }
    }

    /// A class of the project: whatever its bases, subclasses, decorators and metaclass may add.
    fn member_of_project_class(&self, node: &ExprAttribute, class: &str) -> Standing {
        let attr = &*node.attr;
        let below = self.project.subclass_names(class);
        let mut family: BTreeSet<Box<str>> = below.iter().cloned().collect();
        family.insert(class.into());
        let beside = self.with_bases(&family);
        if !below.is_empty() && beside.iter().any(|name| &**name != class && self.class_defines(name, attr)) {
            return Standing::Unknown;
        }
        // A mixin is completed by classes that may stand elsewhere; a base from outside may complete it as well.
        let is_mixin = class.to_ascii_lowercase().contains("mixin");
        let hosts_from_outside =
            || beside.iter().any(|name| self.project.classes(name).is_empty() && !self.lacks(name, attr));
        if is_mixin && (below.is_empty() && node.value.is_name_expr() || hosts_from_outside()) {
            return Standing::Unknown;
        }
        let own = self.with_bases(&BTreeSet::from([class.into()]));
        // Stubs leave out what is private.
        if attr.starts_with('_') && own.iter().any(|name| !is_plain_base(name) && self.is_from_stub(name)) {
            return Standing::Unknown;
        }
        let near = own.iter().flat_map(|name| self.project.classes(name)).map(|(path, _, _)| path).collect();
        let owners = own.union(&family).cloned().collect();
        if own.iter().any(|name| self.is_open_for(name, attr))
            || self.is_filled(node)
            || self.is_set_from_outside(attr, &owners, &near)
        {
            return Standing::Unknown;
        }
        Standing::Refuted
    }

    /// Whether `self.X` is declared in one class and bound anew in one below or above it: the declaration may be the wider.
    pub(super) fn is_redeclared(&self, value: &Expr) -> bool {
        let (Some(member), Some(class)) = (value.as_attribute_expr(), self.guards.class()) else { return false };
        if !member.value.as_name_expr().is_some_and(|name| matches!(name.id.as_str(), "self" | "cls")) {
            return false;
        }
        let mut family = self.project.subclass_names(&class.name);
        family.insert(class.name.as_str().into());
        self.with_bases(&family).iter().filter(|name| self.class_defines(name, &member.attr)).count() > 1
    }

    /// Whether neither `class` nor any base of it has the member at `node`; all of them have to be known.
    pub(super) fn lacks_member(&self, node: &ExprAttribute, class: &str) -> Standing {
        let attr = &*node.attr;
        let own = self.with_bases(&BTreeSet::from([class.into()]));
        let known = own.iter().all(|name| !self.project.classes(name).is_empty() || self.lacks(name, attr));
        let guarded = self.guards.catches(&["AttributeError"]) || self.is_spoken_of(attr) || attr.starts_with("__");
        let open = |name: &str| {
            self.project.classes(name).iter().any(|(path, _, symbol)| {
                self.project.text(path).is_none_or(|text| {
                    let body = text.get(symbol.span.range()).unwrap_or_default();
                    body.contains("__getattr__") || body.contains("__getattribute__")
                })
            })
        };
        if !known || guarded || own.iter().any(|name| open(name) || self.class_defines(name, attr)) {
            return Standing::Unknown;
        }
        self.member_of_project_class(node, class)
    }

    /// Whether a class from outside certainly has no such member: a builtin one, by its stub.
    fn lacks(&self, class: &str, attr: &str) -> bool {
        is_plain_base(class) && {
            let builtins = self.lens.model.resolve_module(Some("builtins"), 0);
            let file = builtins.and_then(|module| module.file(self.lens.model.db()));
            file.is_some_and(|file| !has_word(&self.text_of(file).0, attr))
        }
    }

    /// Whether a class from outside is known by a stub alone.
    fn is_from_stub(&self, class: &str) -> bool {
        if !self.project.classes(class).is_empty() {
            return false;
        }
        // Wherever the project takes it from.
        let imported = self.project.files_with_word(class).into_iter().find_map(|path| {
            let structure = self.project.structure(&path)?;
            let import = structure
                .imports
                .iter()
                .find(|import| import.level == 0 && import.names.iter().any(|name| name.bound() == class))?;
            import.module.clone()
        });
        let file = imported
            .and_then(|module| self.lens.model.resolve_module(Some(&module), 0))
            .and_then(|module| module.file(self.lens.model.db()));
        file.is_none_or(|file| file.path(self.lens.model.db()).as_str().ends_with(".pyi"))
    }

    /// `names` and all their bases, by name.
    fn with_bases(&self, names: &BTreeSet<Box<str>>) -> BTreeSet<Box<str>> {
        let mut found = names.clone();
        let mut wanted: Vec<Box<str>> = names.iter().cloned().collect();
        while let Some(name) = wanted.pop() {
            for (_, _, class) in self.project.classes(&name) {
                for base in bases(&class.signature) {
                    if found.insert(base.into()) {
                        wanted.push(base.into());
                    }
                }
            }
        }
        found
    }

    fn class_defines(&self, class: &str, attr: &str) -> bool {
        self.project.classes(class).iter().any(|(path, structure, symbol)| {
            defines(structure, symbol, attr)
                || self.project.text(path).is_some_and(|text| {
                    let body = text.get(symbol.span.range()).unwrap_or_default();
                    word_places(body, attr).any(|at| {
                        let before = &body[..at];
                        let after = &body[at + attr.len()..];
                        // A field that is only annotated is no binding for the index.
                        let is_field = after.starts_with(':') && before.trim_end_matches(' ').ends_with('\n');
                        is_field || (before.ends_with("self.") || before.ends_with("cls.")) && assigns(after)
                    })
                })
        })
    }

    /// Whether a class takes attributes whose names are made at run time, and `attr` may be one of them.
    fn is_open_for(&self, class: &str, attr: &str) -> bool {
        self.project.classes(class).iter().any(|(path, structure, symbol)| {
            let Some(text) = self.project.text(path) else { return true };
            let adds = openness(&text, structure, symbol)
                .max(symbol.decorators.iter().map(|decorator| self.decorator_adds(decorator)).max().unwrap_or_default())
                .max(self.metaclass_adds(&symbol.signature));
            match adds {
                Openness::Closed => false,
                // Data comes in under names that stand elsewhere, if only in a file; what is called comes from code.
                Openness::Data => !self.guards.is_called() || self.is_named_elsewhere(attr),
                Openness::Anything => true,
            }
        })
    }

    /// Whether the name stands anywhere as a keyword argument or a string.
    fn is_named_elsewhere(&self, attr: &str) -> bool {
        self.project.files_with_word(attr).iter().any(|path| {
            self.project.text(path).is_some_and(|text| {
                let before = |at: usize| text[..at].chars().next_back();
                word_places(&text, attr).any(|at| {
                    matches!(before(at), Some('"' | '\''))
                        || (matches!(before(at), Some('(' | ' ' | ',' | '\n'))
                            && text[at + attr.len()..].starts_with('=')
                            && !text[at + attr.len()..].starts_with("=="))
                })
            })
        })
    }

    fn decorator_adds(&self, decorator: &str) -> Openness {
        let path = decorator.split('(').next().unwrap_or_default();
        let name = path.rsplit('.').next().unwrap_or_default();
        self.functions(name).iter().map(|body| set_by_name(body, Receiver::Anything)).max().unwrap_or_default()
    }

    fn metaclass_adds(&self, signature: &str) -> Openness {
        let Some((_, rest)) = signature.split_once("metaclass=") else { return Openness::Closed };
        let name = rest.split(|c: char| c != '_' && c != '.' && !c.is_alphanumeric()).next().unwrap_or_default();
        let name = name.rsplit('.').next().unwrap_or_default();
        if matches!(name, "ABCMeta" | "type" | "EnumMeta" | "EnumType") {
            return Openness::Closed;
        }
        let classes = self.project.classes(name);
        let adds =
            |body: &str| ["__new__", "__prepare__", "__getattr__", "__init__"].iter().any(|way| body.contains(way));
        let any = classes.is_empty()
            || classes.iter().any(|(path, _, symbol)| {
                self.project.text(path).is_none_or(|text| {
                    let body = text.get(symbol.span.range()).unwrap_or_default();
                    adds(body) && set_by_name(body, Receiver::Anything) > Openness::Closed
                })
            });
        if any { Openness::Anything } else { Openness::Closed }
    }

    /// The texts of the project's functions called `name`.
    fn functions(&self, name: &str) -> Vec<String> {
        let mut found = Vec::new();
        for path in self.project.files_with_word(name) {
            let (Some(structure), Some(text)) = (self.project.structure(&path), self.project.text(&path)) else {
                continue;
            };
            for symbol in
                structure.symbols.iter().filter(|symbol| *symbol.name == *name && symbol.kind != SymbolKind::Variable)
            {
                found.extend(text.get(symbol.span.range()).map(str::to_owned));
            }
        }
        found
    }

    /// Whether the object at hand is filled by name where it is used: `setattr(bag, key, value)`.
    fn is_filled(&self, node: &ExprAttribute) -> bool {
        let text = self.lens.source.as_str();
        let receiver = text.get(std::ops::Range::<usize>::from(node.value.range())).unwrap_or_default();
        if receiver != "self"
            && [format!("setattr({receiver},"), format!("vars({receiver})"), format!("{receiver}.__dict__")]
                .iter()
                .any(|way| text.contains(way))
        {
            return true;
        }
        // A function of this file fills what it is given, and gets the name as a keyword.
        set_by_name(text, Receiver::Anything) > Openness::Closed && text.contains(&format!("{}=", node.attr))
    }
}

/// The last name before the dot in front of `at`: `cart` for `shop.cart.total`.
fn receiver(text: &str, at: usize) -> Option<&str> {
    let before = text[..at].strip_suffix('.')?;
    let start = before.rfind(|c: char| c != '_' && !c.is_alphanumeric()).map_or(0, |at| at + 1);
    // Past a character of several bytes.
    (start..=before.len()).find_map(|start| before.get(start..))
}

/// Whether what follows a name sets it: `= 1`, `: int = 1`, `, b = 1, 2`.
fn assigns(after: &str) -> bool {
    let line = after.split('\n').next().unwrap_or_default();
    let rest = line.trim_start();
    if let Some(value) = rest.strip_prefix('=') {
        return !value.starts_with('=');
    }
    let annotated = rest.strip_prefix(':').is_some_and(|annotation| !annotation.trim().is_empty());
    let in_tuple = rest.starts_with(',') && import::has_assignment(rest);
    annotated || in_tuple
}

fn defines(structure: &FileStructure, class: &Symbol, attr: &str) -> bool {
    structure.symbols.iter().any(|symbol| {
        *symbol.name == *attr && symbol.parent.is_some_and(|parent| structure.symbol(parent).qualname == class.qualname)
    })
}

/// Bases from outside that bring no private members worth a doubt.
fn is_plain_base(name: &str) -> bool {
    const PLAIN: [&str; 9] =
        ["ABC", "Generic", "Protocol", "NamedTuple", "TypedDict", "Enum", "IntEnum", "Exception", "BaseException"];
    PLAIN.contains(&name) || EXACT.contains(&name) || name.ends_with("Error") || name.ends_with("Warning")
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

/// `_Cart__total`, as Python spells `__total` of class `Cart` from outside.
fn is_mangled(attr: &str) -> bool {
    attr.strip_prefix('_')
        .is_some_and(|rest| rest.chars().next().is_some_and(char::is_alphabetic) && rest.contains("__"))
}
