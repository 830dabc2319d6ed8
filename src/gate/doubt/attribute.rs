//! Doubts about a missing attribute.

use std::collections::BTreeSet;

use ruff_db::files::FileRange;
use ruff_python_ast::{Expr, ExprAttribute};
use ruff_text_size::Ranged;
use ty_python_semantic::HasType;
use ty_python_semantic::types::{Type, TypeDefinition};

use super::arguments::is_super;
use super::assignment::assigns;
use super::family::{EXACT, OF_MACHINERY, hides_nothing};
use super::openness::{Openness, Receiver, is_open_in, set_by_name};
use super::{Doubt, Origin, Standing, quoted};
use crate::gate::project::{has_word, word_places};
use crate::gate::tree::{Target, values_bound};
use crate::index::{FileStructure, SymbolId, SymbolKind, bases};
use crate::text::ProjectPath;

impl Doubt<'_, '_> {
    pub(super) fn attribute(&self) -> Standing {
        let standing = self.attribute_by_itself();
        let gone = |node: &ExprAttribute| self.has_vanished(&node.attr) || self.is_invented_member(node);
        let is_unknown = standing == Standing::Unknown;
        if is_unknown && self.guards.attribute().is_some_and(gone) { Standing::Refuted } else { standing }
    }

    /// Whether the change takes the last definition of a member away, however it was bound: then it is clear why it is
    /// missing. Where one of several types lacks it, from a class in that one's line.
    fn has_vanished(&self, attr: &str) -> bool {
        let lacking = self.found.message.split_once(" is not defined on ").and_then(|(_, rest)| quoted(rest));
        let line = lacking.map(|class| self.project.with_bases(&BTreeSet::from([class.into()])));
        let is_in_line = |class: &str| line.as_ref().is_none_or(|line| line.contains(class));
        let gone = self.project.changed.values().any(|sides| {
            sides.old.symbols.iter().any(|symbol| {
                let class = symbol.parent.map(|class| &*sides.old.symbol(class).name);
                symbol.kind == SymbolKind::Method
                    && *symbol.name == *attr
                    && class.is_some_and(is_in_line)
                    && sides.new.find(&symbol.qualname).is_empty()
            })
        });
        let is_bound = |text: &str| {
            word_places(text, attr).any(|at| text[..at].ends_with('.') && assigns(&text[at + attr.len()..]))
        };
        gone && !self.project.files_with_word(attr).iter().any(|path| {
            let structure = self.project.structure(path);
            structure.is_some_and(|structure| structure.symbols.iter().any(|symbol| *symbol.name == *attr))
                || self.project.text(path).is_some_and(|text| is_bound(&text))
        })
    }

    fn attribute_by_itself(&self) -> Standing {
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
        // Code for another version of Python, and annotations that nobody evaluates.
        let text = self.lens.source.as_str();
        if self.guards.depends_on_platform(text)
            || (self.guards.is_in_annotation()
                && text.contains("from __future__ import annotations")
                && !self.is_taken_from_module(&node.attr))
        {
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

    fn member_of_module_named(&self, name: &str, attr: &str) -> Standing {
        let module = self.lens.model.resolve_module(Some(name), 0);
        match module.and_then(|module| Some((module, module.file(self.lens.model.db())?))) {
            Some((module, file)) => self.member_of_module(module.name(self.lens.model.db()), file, attr),
            None => Standing::Unknown,
        }
    }

    fn member(&self, node: &ExprAttribute) -> Standing {
        let Some(type_name) = quoted(&self.found.message) else { return Standing::Unknown };
        if matches!(type_name, "None" | "object" | "Never") || self.is_mixed(type_name) {
            return Standing::Unknown;
        }
        // A module that was asked whether it has something else.
        if let Some(name) = type_name.strip_prefix("<module '").and_then(|rest| rest.split('\'').next()) {
            return self.member_of_module_named(name, &node.attr);
        }
        // `self` in a class of the project: the class is the one that stands around it.
        if type_name.starts_with("Self@") || type_name.starts_with("type[Self@") {
            let Some(class) = self.guards.class() else { return Standing::Unknown };
            return self.member_of_project_class(node, &class.name);
        }
        if is_super(&node.value) {
            return self.member_of_next_in_line(node);
        }
        if self.is_redeclared(&node.value) || self.is_behind_descriptor(&node.value) {
            return Standing::Unknown;
        }
        if EXACT.contains(&type_name.split('[').next().unwrap_or_default()) {
            if self.is_annotated_anew(&node.value) || self.is_annotated_wrongly(node) {
                return Standing::Unknown;
            }
            return self.member_of_exact(&node.attr, type_name.split('[').next().unwrap_or_default());
        }
        let db = self.lens.model.db();
        let env = self.lens.model.program_environment();
        let Some(value_type) = node.value.as_ref().inferred_type(&self.lens.model) else { return Standing::Unknown };
        if matches!(value_type, Type::ProtocolInstance(_) | Type::TypeVar(_) | Type::Callable(_)) {
            return Standing::Unknown;
        }
        if let (Type::BoundMethod(_), Some(method)) = (value_type, node.value.as_attribute_expr()) {
            let is_surely_missing = self.is_surely_method(&method.attr) && !self.is_of_mocks(&node.attr);
            return if is_surely_missing { Standing::Refuted } else { Standing::Unknown };
        }
        if matches!(value_type, Type::LiteralValue(_)) && value_type.definition(db, &env).is_none() {
            return Standing::Refuted;
        }
        if let Type::Union(_) = value_type {
            return self.member_of_each(node, type_name);
        }
        let plain_name = type_name.split(" & ").find(|part| !part.starts_with('~')).unwrap_or_default();
        match value_type.definition(db, &env) {
            None if self.project.has_class(plain_name) => self.member_of_project_class(node, plain_name),
            Some(definition @ (TypeDefinition::StaticClass(_) | TypeDefinition::EnumMember(_))) => {
                match definition.focus_range(db) {
                    Some(range) => self.member_of_class_at(node, range),
                    None => Standing::Unknown,
                }
            }
            _ => Standing::Unknown,
        }
    }

    /// A member of `super()`: what comes next depends on the classes below, which put others in between.
    fn member_of_next_in_line(&self, node: &ExprAttribute) -> Standing {
        let Some(own) = self.guards.class() else { return Standing::Unknown };
        let mut family = self.project.subclass_names(&own.name);
        family.insert(own.name.as_str().into());
        let line = self.project.with_bases(&family);
        if line.difference(&family).any(|class| self.class_defines(class, &node.attr)) {
            return Standing::Unknown;
        }
        self.member_of_project_class(node, &own.name)
    }

    /// A member that none of several types has: `shop.Cart | shop.old.Cart`, `(int & ~AlwaysFalsy) | <module 'shop'>`.
    fn member_of_each(&self, node: &ExprAttribute, type_name: &str) -> Standing {
        let standing = |part: &str| {
            let part = part.trim_matches(['(', ')']).split(" & ~").next().unwrap_or_default();
            if let Some(module) = part.strip_prefix("<module '").and_then(|rest| rest.strip_suffix("'>")) {
                return self.member_of_module_named(module, &node.attr);
            }
            let class = part.rsplit('.').next().unwrap_or_default();
            if node.value.is_attribute_expr() && self.only_says_how_it_is_set(class) {
                Standing::Unknown
            } else if self.project.has_class(class) {
                self.member_of_project_class(node, class)
            } else if EXACT.contains(&class) && !self.is_annotated_anew(&node.value) {
                self.member_of_exact(&node.attr, class)
            } else {
                Standing::Unknown
            }
        };
        type_name.split(" | ").map(standing).min().unwrap_or(Standing::Unknown)
    }

    /// Whether what tests put in the place of methods has such a member.
    fn is_of_mocks(&self, attr: &str) -> bool {
        let mocks = self.lens.model.resolve_module(Some("unittest.mock"), 0);
        let file = mocks.and_then(|module| module.file(self.lens.model.db()));
        file.is_none_or(|file| has_word(&self.text_of(file).0, attr))
    }

    /// An intersection with something positive: an `isinstance` said more than the type does.
    fn is_mixed(&self, type_name: &str) -> bool {
        // What `hasattr` adds is no class.
        let says_a_type = |part: &&str| !part.starts_with('~') && !part.starts_with("<Protocol with members");
        type_name.contains(" & ") && type_name.split(" & ").filter(says_a_type).count() > 1
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
                let path = range.file().path(self.lens.model.db()).as_str();
                let is_stub = path.ends_with(".pyi");
                let lacks_in_own_source = || {
                    let module = path.strip_prefix("stdlib/").and_then(|path| path.split(['/', '.']).next());
                    module.is_some_and(|module| self.lacks_in_module(module, &name, &node.attr))
                };
                let is_known = match origin {
                    Origin::StandardLibrary => is_known_below(&text, &name, &node.attr),
                    _ => has_word(&text, &node.attr),
                };
                let known = is_known
                    || is_open_in(&text, &name)
                    || (is_stub
                        && node.attr.starts_with('_')
                        && !node.attr.starts_with("__")
                        && (OF_MACHINERY.contains(&&*node.attr)
                            || !self.lacks_in_source(&name, &node.attr) && !lacks_in_own_source()))
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
        let beside = self.project.with_bases(&family);
        let is_below = || beside.iter().any(|name| &**name != class && self.class_defines(name, attr));
        if !below.is_empty() && is_below() && !self.is_taken_from(class, &below, attr) {
            return Standing::Unknown;
        }
        // A mixin is completed by classes that may stand elsewhere; a base from outside may complete it as well.
        let is_mixin = class.to_ascii_lowercase().contains("mixin");
        let hosts_from_outside = || beside.iter().any(|name| !self.project.has_class(name) && !self.lacks(name, attr));
        if is_mixin && (below.is_empty() && node.value.is_name_expr() || hosts_from_outside()) {
            return Standing::Unknown;
        }
        let own = self.project.with_bases(&BTreeSet::from([class.into()]));
        // Stubs leave out what is private.
        let may_hide = |name: &str| {
            // What is abstract is told neither by a stub nor by the source.
            let is_of_machinery = || OF_MACHINERY.contains(&attr) && !self.project.has_class(name);
            let is_plain = || hides_nothing(name) || self.stands_for_plain(name);
            let hides = || !is_plain() && self.is_from_stub(name) && !self.lacks_in_source(name, attr);
            is_of_machinery() || hides()
        };
        if attr.starts_with('_') && own.iter().any(|name| may_hide(name)) {
            return Standing::Unknown;
        }
        let near = own.iter().flat_map(|name| self.project.classes(name)).map(|(path, _, _)| path).collect();
        let owners = own.union(&family).cloned().collect();
        // What a class calls on its own object, and what was its own method until now, nobody else has set there.
        let is_own = node.value.as_name_expr().is_some_and(|owner| matches!(owner.id.as_str(), "self" | "cls"));
        let is_set = || match is_own && own.iter().any(|class| self.takes_away(class, attr)) {
            true => self.is_set_by_name_of(&owners, attr),
            false => self.is_set_from_outside(attr, &owners, &near),
        };
        // Classes that derive from one another in a circle never come to be: what they would have, nobody can say.
        if below.iter().any(|name| **name != *class && own.contains(name))
            || own.iter().any(|name| self.is_open_for(name, attr))
            || self.is_looked_up(node)
            || self.is_filled(node)
            || is_set()
        {
            return Standing::Unknown;
        }
        Standing::Refuted
    }

    /// Whether `self.X` is declared in one class and bound anew in one below or above it, or behind the back of both: the
    /// declaration may be the wider. The same of `Cart.X`, and of a name that was given one of them.
    pub(super) fn is_redeclared(&self, value: &Expr) -> bool {
        let given = value.as_name_expr().and_then(|name| self.given(&name.id));
        let Some(member) = given.unwrap_or(value).as_attribute_expr() else { return false };
        let Some(owner) = member.value.as_name_expr() else { return false };
        let is_own = matches!(owner.id.as_str(), "self" | "cls");
        let around = self.guards.class().map(|class| class.name.as_str());
        let is_class = !is_own && self.project.has_class(&owner.id);
        let class = if is_class { Some(owner.id.as_str()) } else { around.filter(|_| is_own) };
        let Some(class) = class else {
            return false;
        };
        let mut family = self.project.subclass_names(class);
        family.insert(class.into());
        let family = self.project.with_bases(&family);
        // What a method is, is told by its definition.
        let is_method = family.iter().flat_map(|name| self.project.classes(name)).any(|(_, structure, class)| {
            let found = structure.find(&format!("{}.{}", class.qualname, member.attr));
            found.iter().any(|id| structure.symbol(*id).kind == SymbolKind::Method)
        });
        let is_declared_anew = || family.iter().filter(|name| self.class_defines(name, &member.attr)).count() > 1;
        let is_filled_in = || family.iter().any(|name| self.class_fills(name, &member.attr));
        let is_set = || is_class && self.is_set_on(&member.attr, &family);
        !is_method && (is_declared_anew() || is_filled_in() || is_set())
    }

    /// What the function around the place gives a name, if only one thing.
    fn given(&self, name: &str) -> Option<&Expr> {
        let function = self.guards.functions().next()?;
        match &*values_bound(&function.body, Target::Name(name)) {
            [value] => Some(value),
            _ => None,
        }
    }

    /// Whether the change takes a method out of a class, and a class below it has none of its own.
    fn is_taken_from(&self, class: &str, below: &BTreeSet<Box<str>>, attr: &str) -> bool {
        let has = |name: &str| {
            self.project.with_bases(&BTreeSet::from([name.into()])).iter().any(|name| self.class_defines(name, attr))
        };
        self.takes_away(class, attr) && !below.iter().all(|name| has(name))
    }

    /// Whether the change takes a method out of a class.
    fn takes_away(&self, class: &str, attr: &str) -> bool {
        let member = format!("{class}.{attr}");
        // A class that is gone from its file as well may be a new one under the old name elsewhere.
        self.project.changed.values().any(|sides| {
            let is_method = |id: &SymbolId| sides.old.symbol(*id).kind == SymbolKind::Method;
            sides.old.find(&member).iter().any(is_method)
                && sides.new.find(&member).is_empty()
                && !sides.new.find(class).is_empty()
        })
    }

    /// Whether neither `class` nor any base of it has the member at `node`; all of them have to be known.
    pub(in crate::gate) fn lacks_member(&self, node: &ExprAttribute, class: &str) -> Standing {
        let attr = &*node.attr;
        let own = self.project.with_bases(&BTreeSet::from([class.into()]));
        // A class may be called like its base from outside, which is then none of the project's.
        let is_own_base = |name: &str| {
            let classes = self.project.classes(name);
            classes.iter().any(|(_, _, symbol)| bases(&symbol.signature).contains(&name))
        };
        let is_known = |name: &str| self.project.has_class(name) && !is_own_base(name);
        let known = own.iter().all(|name| is_known(name) || self.lacks(name, attr));
        let guarded = self.guards.catches(&["AttributeError"]) || self.is_spoken_of(attr) || attr.starts_with("__");
        let open = |name: &str| {
            self.project.classes(name).iter().any(|(path, _, symbol)| {
                let is_dynamic = self.project.text(path).is_none_or(|text| {
                    let body = text.get(symbol.span.range()).unwrap_or_default();
                    body.contains("__getattr__") || body.contains("__getattribute__")
                });
                is_dynamic || symbol.decorators.iter().any(|decorator| self.decorator_may_bring(decorator, attr))
            })
        };
        if !known || guarded || own.iter().any(|name| open(name) || self.class_defines(name, attr)) {
            return Standing::Unknown;
        }
        self.member_of_project_class(node, class)
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

/// Whether a stub gives a class, or one below it, such a member: perhaps for other versions.
fn is_known_below(stub: &str, class: &str, attr: &str) -> bool {
    let Ok(path) = ProjectPath::new("stub.pyi") else { return true };
    let structure = FileStructure::parse(&path, stub);
    let mut family = BTreeSet::from([class]);
    // A class stands below its bases, so once through is enough.
    structure.symbols.iter().any(|symbol| {
        if symbol.kind == SymbolKind::Class && bases(&symbol.signature).iter().any(|base| family.contains(base)) {
            family.insert(&symbol.name);
        }
        let owner = symbol.parent.map(|parent| &*structure.symbol(parent).name);
        *symbol.name == *attr && owner.is_some_and(|owner| family.contains(owner))
    })
}

/// `_Cart__total`, as Python spells `__total` of class `Cart` from outside.
fn is_mangled(attr: &str) -> bool {
    attr.strip_prefix('_')
        .is_some_and(|rest| rest.chars().next().is_some_and(char::is_alphabetic) && rest.contains("__"))
}
