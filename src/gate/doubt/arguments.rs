//! Doubts about a call whose arguments do not fit.
//!
//! The engine reads what is called in one way. Where the project holds another way to read it (an override, a second
//! definition, the constructor of a class below), and that one takes the call, nothing is proven.

use std::collections::BTreeSet;

use ruff_db::files::FileRange;
use ruff_python_ast::{AnyNodeRef, Expr, ExprCall, Stmt};
use ruff_text_size::Ranged;
use ty_python_semantic::HasType;
use ty_python_semantic::types::Type;

use super::family::hides_nothing;
use super::{Doubt, Guards, Origin, Standing, quoted};
use crate::gate::project::has_word;
use crate::gate::signature::{Binding, Shape, accepts};
use crate::gate::tree::dotted;
use crate::index::{FileStructure, Symbol, SymbolKind, own_bases};
use crate::text::ProjectPath;

impl Doubt<'_, '_> {
    pub(super) fn arguments(&self) -> Standing {
        if self.guards.catches(&["TypeError"]) {
            return Standing::Fine;
        }
        if self.is_silenced("call-arg") || self.is_silenced("reportCallIssue") {
            return Standing::Unknown;
        }
        // What an operator, a decorator or a `class` statement calls stands nowhere in the text.
        let Some(call) = self.call() else { return Standing::Unknown };
        let unsure = self.found.message.contains("may contain")
            || self.is_made_by_metaclass(call)
            || hands_itself_over(call)
            || self.is_wrapped_method(call)
            || self.is_redeclared(&call.func)
            || self.reads_otherwise(call);
        if unsure { Standing::Unknown } else { Standing::Refuted }
    }

    /// Whether a method is called that `functools.wraps` made: the engine does not see that the object is its first argument.
    fn is_wrapped_method(&self, call: &ExprCall) -> bool {
        let message = &self.found.message;
        let lacks_object = message.contains("parameter `self`") || !call.arguments.args.is_empty();
        let is_of_module = |value: &Expr| matches!(value.inferred_type(&self.lens.model), Some(Type::ModuleLiteral(_)));
        let reached = call.func.as_attribute_expr().filter(|attribute| !is_of_module(&attribute.value));
        message.contains("`_Wrapped.__call__`") && lacks_object && reached.is_some()
    }

    /// The call whose arguments are at fault; an argument may be a call itself.
    pub(in crate::gate) fn call(&self) -> Option<&ExprCall> {
        let range = ruff_text_size::TextRange::new(self.found.start.into(), self.found.end.into());
        let is_missing = self.found.rule == "missing-argument";
        self.guards.chain().iter().find_map(|node| match node {
            AnyNodeRef::ExprCall(call) => {
                let is_it = if is_missing { call.range().contains_range(range) } else { call.range() != range };
                (is_it && !call.func.range().contains_range(range)).then_some(*call)
            }
            _ => None,
        })
    }

    /// Whether a class is called whose metaclass or decorator may take the call over.
    fn is_made_by_metaclass(&self, call: &ExprCall) -> bool {
        if !self.found.message.contains("object.__init__") {
            return false;
        }
        let name = dotted(&call.func).last().map_or("", |name| name.as_str()).to_owned();
        let classes = self.project.classes(&name);
        classes.iter().any(|(_, _, class)| class.signature.contains("metaclass=") || !class.decorators.is_empty())
    }

    fn reads_otherwise(&self, call: &ExprCall) -> bool {
        let db = self.lens.model.db();
        let env = self.lens.model.program_environment();
        let Some(callee) = call.func.inferred_type(&self.lens.model) else { return true };
        let range = callee.definition(db, &env).and_then(|definition| definition.focus_range(db));
        let shape = Shape::of(&call.arguments);
        match (callee, range) {
            (Type::FunctionLiteral(_), Some(range)) => {
                self.function_reads_otherwise(call, range, &shape, Binding::Free)
            }
            (Type::BoundMethod(_), Some(range)) => self.function_reads_otherwise(call, range, &shape, Binding::Bound),
            (Type::ClassLiteral(_) | Type::GenericAlias(_), Some(range)) => self.class_reads_otherwise(range, &shape),
            (Type::Union(union), _) if are_functions(union.elements(db)) => {
                self.one_reads_otherwise(call, union.elements(db), &shape)
            }
            (Type::SubclassOf(_), Some(range)) => {
                let (text, _) = self.text_of(range.file());
                let class = named(&text, range);
                self.project.subclass_names(class).iter().any(|below| self.constructor_accepts(below, &shape))
            }
            (Type::NominalInstance(_), Some(range)) => {
                let (text, _) = self.text_of(range.file());
                let below = self.project.subclass_names(named(&text, range));
                below.iter().any(|below| self.method_accepts(below, "__call__", &shape, Binding::Bound))
            }
            // A type that tells of no definition was written by someone, and may be wrong; the name may tell of one.
            _ => self.named_reads_otherwise(call, &shape),
        }
    }

    /// Whether one of several functions that a name may stand for takes the call. Where nothing is known of one, the others
    /// break all the same.
    fn one_reads_otherwise(&self, call: &ExprCall, all: &[Type<'_>], shape: &Shape) -> bool {
        let db = self.lens.model.db();
        let env = self.lens.model.program_environment();
        let takes = |function: &Type<'_>| {
            let range = function.definition(db, &env).and_then(|definition| definition.focus_range(db));
            let Some((range, Origin::Project(path))) = range.map(|range| (range, self.text_of(range.file()).1)) else {
                return true;
            };
            let Some(structure) = self.project.structure(&path) else { return true };
            let taken = defined_at(&structure, range).is_none_or(|symbol| accepts(symbol, shape, Binding::Free));
            taken || self.function_reads_otherwise(call, range, shape, Binding::Free)
        };
        all.iter().filter(|one| !matches!(one, Type::Dynamic(_))).any(takes)
    }

    /// Whether nothing of the callee's name is defined in the project, or something that takes the call.
    fn named_reads_otherwise(&self, call: &ExprCall, shape: &Shape) -> bool {
        let path = dotted(&call.func);
        let Some(name) = path.last().map(|name| name.as_str()) else { return true };
        let mut is_defined = false;
        for file in self.project.files_with_word(name) {
            let Some(structure) = self.project.structure(&file) else { continue };
            for symbol in structure.symbols.iter().filter(|symbol| *symbol.name == *name) {
                let accepted = match symbol.kind {
                    // What stands for nothing takes no call.
                    SymbolKind::Variable if self.is_none(&file, symbol) => continue,
                    SymbolKind::Variable => return true,
                    SymbolKind::Class => self.constructor_accepts(name, shape),
                    SymbolKind::Function => accepts(symbol, shape, Binding::Free),
                    SymbolKind::Method => accepts(symbol, shape, Binding::Bound),
                };
                if accepted {
                    return true;
                }
                is_defined = true;
            }
        }
        !is_defined
    }

    /// `Reader = None`, where an import failed.
    fn is_none(&self, file: &ProjectPath, variable: &Symbol) -> bool {
        let text = self.project.text(file);
        let bound = text.as_deref().and_then(|text| text.get(variable.span.range())).unwrap_or_default();
        let value = bound.rsplit('=').next().unwrap_or_default();
        value.split('#').next().is_some_and(|value| value.trim() == "None")
    }

    fn function_reads_otherwise(&self, call: &ExprCall, range: FileRange, shape: &Shape, binding: Binding) -> bool {
        let (text, origin) = self.text_of(range.file());
        let name = named(&text, range);
        let class = match &origin {
            Origin::Project(path) => {
                let Some(structure) = self.project.structure(path) else { return true };
                let Some(symbol) = defined_at(&structure, range) else { return false };
                let all: Vec<&Symbol> =
                    structure.find(&symbol.qualname).into_iter().map(|id| structure.symbol(id)).collect();
                // Of what is overloaded, the implementation may take more than is said of it.
                let is_overloaded = all.iter().any(|other| other.decorators.iter().any(|it| it.ends_with("overload")));
                let mut others = all.iter().filter(|other| is_overloaded || other.name_span != symbol.name_span);
                if others.any(|other| accepts(other, shape, binding)) {
                    return true;
                }
                enclosing_class(&structure, symbol).map(str::to_owned)
            }
            // `Base.total` in the engine's own words.
            _ => self.found.message.rsplit('`').nth(1).and_then(|name| Some(name.rsplit_once('.')?.0.to_owned())),
        };
        let (Some(class), Expr::Attribute(attribute)) = (class, &*call.func) else { return false };
        if is_super(&attribute.value) {
            return self.next_in_line_accepts(name, shape);
        }
        let below = self.project.subclass_names(&class);
        let mut family = below.clone();
        family.insert(class.as_str().into());
        let beside = self.project.with_bases(&family);
        beside.iter().any(|other| self.class_sets(other, name) || self.class_rebinds(other, name))
            || self.is_set_on(name, &beside)
            || beside.iter().filter(|other| ***other != *class).any(|other| {
                below_or_beside(&below, other, &beside) && self.method_accepts(other, name, shape, binding)
            })
    }

    /// Whether what follows in some order of resolution takes a call on `super()`.
    fn next_in_line_accepts(&self, name: &str, shape: &Shape) -> bool {
        let Some(own) = self.guards.class() else { return true };
        let mut family = self.project.subclass_names(&own.name);
        family.insert(own.name.as_str().into());
        let line = self.project.with_bases(&family);
        line.difference(&family).any(|class| self.method_accepts(class, name, shape, Binding::Bound))
    }

    fn class_reads_otherwise(&self, range: FileRange, shape: &Shape) -> bool {
        let (text, origin) = self.text_of(range.file());
        let name = named(&text, range);
        let Origin::Project(path) = origin else {
            let file = range.file().path(self.lens.model.db()).as_str();
            // A stub may leave out a constructor; that a class has none at all is for its source to say.
            let is_silent =
                origin == Origin::Installed && file.ends_with(".pyi") && self.found.message.contains("object.__init__");
            // The nodes of a syntax tree may be made with any of their fields left out.
            return is_silent || file.ends_with("/ast.pyi");
        };
        let Some(structure) = self.project.structure(&path) else { return true };
        let Some(class) = defined_at(&structure, range) else { return false };
        let others = structure.find(&class.qualname).len() > 1;
        // One of several alternatives.
        if others && self.constructors(name).iter().any(|constructor| accepts(constructor, shape, Binding::Bound)) {
            return true;
        }
        let is_made = || self.fields_are_made(name) && !self.is_no_field(name) && !self.has_fewer_fields(name, shape);
        self.is_made_by_new(name, shape) || is_made()
    }

    /// Whether a call hands over more values than a class whose constructor is made has fields for them.
    fn has_fewer_fields(&self, class: &str, shape: &Shape) -> bool {
        let count = |name: &str| {
            let classes = self.project.classes(name);
            if classes.is_empty() {
                return hides_nothing(name).then_some(0);
            }
            let counts = classes.iter().map(|(path, _, symbol)| {
                // Fields may be handed to the decorator as well.
                let are_handed =
                    |decorator: &str| has_word(decorator, "these") || has_word(decorator, "field_transformer");
                if symbol.decorators.iter().any(|decorator| are_handed(decorator)) {
                    return None;
                }
                let looked = self.lens.engine.glance(path, |lens| {
                    let class = Guards::at(&lens.tree, symbol.name_span.start, symbol.name_span.end).class()?;
                    fields_given(&class.body)
                });
                looked.ok().flatten().flatten()
            });
            counts.sum::<Option<usize>>()
        };
        let family = self.project.with_bases(&BTreeSet::from([class.into()]));
        let field_count = family.iter().map(|name| count(name)).sum::<Option<usize>>();
        self.found.rule == "too-many-positional-arguments"
            && field_count.is_some_and(|field_count| shape.positional_count() > field_count)
    }

    /// Whether the project's own `__new__` takes what the `__init__` of a base from outside is said not to: that of an
    /// exception takes anything, whatever its stub says.
    fn is_made_by_new(&self, class: &str, shape: &Shape) -> bool {
        let mut named = self.found.message.split('`').skip(1).step_by(2);
        let maker = named.find_map(|name| name.strip_suffix(".__init__"));
        let is_from_outside = maker.is_some_and(|maker| !self.project.has_class(maker));
        let makers = || self.constructors(class);
        is_from_outside
            && makers().iter().any(|maker| &*maker.name == "__new__" && accepts(maker, shape, Binding::Bound))
    }

    /// Whether an argument is named like nothing that stands in the class or its bases.
    fn is_no_field(&self, class: &str) -> bool {
        let Some(name) = quoted(&self.found.message).filter(|_| self.found.rule == "unknown-argument") else {
            return false;
        };
        let private = format!("_{name}");
        let family = self.project.with_bases(&BTreeSet::from([class.into()]));
        !family.iter().flat_map(|class| self.project.classes(class)).any(|(path, _, symbol)| {
            self.project.text(&path).is_none_or(|text| {
                let body = text.get(symbol.span.range()).unwrap_or_default();
                has_word(body, name) || has_word(body, &private)
            })
        })
    }

    fn method_accepts(&self, class: &str, name: &str, shape: &Shape, binding: Binding) -> bool {
        self.project.classes(class).iter().any(|(_, structure, symbol)| {
            let found = structure.find(&format!("{}.{name}", symbol.qualname));
            found.into_iter().map(|id| structure.symbol(id)).any(|method| accepts(method, shape, binding))
        })
    }

    /// Whether a class can be made with these arguments, as far as it says so itself; one that says nothing takes all.
    fn constructor_accepts(&self, class: &str, shape: &Shape) -> bool {
        let constructors = self.constructors(class);
        constructors.is_empty() || constructors.iter().any(|constructor| accepts(constructor, shape, Binding::Bound))
    }

    /// `__init__` and `__new__` of the classes called `name`, or of their next base that has one.
    fn constructors(&self, name: &str) -> Vec<Symbol> {
        let mut seen: BTreeSet<Box<str>> = BTreeSet::new();
        let mut wanted: Vec<Box<str>> = vec![name.into()];
        let mut found = Vec::new();
        while let Some(name) = wanted.pop() {
            if !seen.insert(name.clone()) {
                continue;
            }
            for (path, structure, class) in self.project.classes(&name) {
                let own: Vec<Symbol> = ["__init__", "__new__"]
                    .iter()
                    .flat_map(|constructor| structure.find(&format!("{}.{constructor}", class.qualname)))
                    .map(|id| structure.symbol(id).clone())
                    .collect();
                if own.is_empty() {
                    wanted.extend(own_bases(&path, &structure, &class).into_iter().map(Into::into));
                }
                found.extend(own);
            }
        }
        found
    }
}

/// Whether nothing but functions is known among what a name may stand for.
fn are_functions(all: &[Type<'_>]) -> bool {
    let mut known = all.iter().filter(|one| !matches!(one, Type::Dynamic(_))).peekable();
    known.peek().is_some() && known.all(|one| matches!(one, Type::FunctionLiteral(_)))
}

/// How many fields of a class a constructor made for it takes, at the most; `None` where some may be hidden.
fn fields_given(body: &[Stmt]) -> Option<usize> {
    let is_given = |value: Option<&Expr>| {
        let made = value.and_then(Expr::as_call_expr);
        !made.is_some_and(|made| {
            let mut keywords = made.arguments.keywords.iter();
            keywords.any(|keyword| {
                let is_init = keyword.arg.as_ref().is_some_and(|name| name.as_str() == "init");
                is_init && keyword.value.as_boolean_literal_expr().is_some_and(|literal| !literal.value)
            })
        })
    };
    let counts = body.iter().map(|statement| match statement {
        Stmt::AnnAssign(field) => Some(usize::from(is_given(field.value.as_deref()))),
        Stmt::Assign(field) => Some(field.targets.len() * usize::from(is_given(Some(&field.value)))),
        Stmt::FunctionDef(_) | Stmt::ClassDef(_) | Stmt::Expr(_) | Stmt::Pass(_) => Some(0),
        _ => None,
    });
    counts.sum()
}

/// `kind.__getattribute__(kind, name)`: on a class, what its instances have is not bound.
fn hands_itself_over(call: &ExprCall) -> bool {
    let first = call.arguments.args.first().and_then(Expr::as_name_expr);
    let receiver = call.func.as_attribute_expr().and_then(|attribute| attribute.value.as_name_expr());
    first.zip(receiver).is_some_and(|(first, receiver)| first.id == receiver.id)
}

fn below_or_beside(below: &BTreeSet<Box<str>>, class: &str, beside: &BTreeSet<Box<str>>) -> bool {
    below.contains(class) || (!below.is_empty() && beside.contains(class))
}

fn named(text: &str, range: FileRange) -> &str {
    text.get(std::ops::Range::<usize>::from(range.range())).unwrap_or_default()
}

fn defined_at(structure: &FileStructure, range: FileRange) -> Option<&Symbol> {
    structure.symbols.iter().find(|symbol| symbol.name_span.start == u32::from(range.range().start()))
}

fn enclosing_class<'s>(structure: &'s FileStructure, symbol: &Symbol) -> Option<&'s str> {
    let parent = structure.symbol(symbol.parent?);
    (parent.kind == SymbolKind::Class).then_some(&*parent.name)
}

pub(super) fn is_super(value: &Expr) -> bool {
    value.as_call_expr().is_some_and(|call| call.func.as_name_expr().is_some_and(|name| name.id.as_str() == "super"))
}
