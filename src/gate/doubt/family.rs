//! A class of the project with its bases, subclasses, decorators and metaclass: what all of them may add to it.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;
use ruff_python_ast::{Expr, ExprAttribute};

use super::Doubt;
use super::assignment::assigns;
use super::openness::{Openness, Receiver, openness, set_by_name};
use crate::gate::project::{has_word, word_places};
use crate::index::{FileStructure, Symbol, SymbolKind, bases, inside};

impl Doubt<'_, '_> {
    /// Whether a class from outside certainly has no such member: a builtin one, by its stub.
    pub(super) fn lacks(&self, class: &str, attr: &str) -> bool {
        let is_plain = is_plain_base(class) && {
            let builtins = self.lens.model.resolve_module(Some("builtins"), 0);
            let file = builtins.and_then(|module| module.file(self.lens.model.db()));
            file.is_some_and(|file| !has_word(&self.text_of(file).0, attr))
        };
        is_plain || self.is_made_empty(class)
    }

    /// Whether the project makes a class by calling its metaclass, with nothing in it: `Base = Meta("Base", (object,), {})`.
    fn is_made_empty(&self, class: &str) -> bool {
        static MADE: LazyLock<Regex> = LazyLock::new(|| {
            Regex::new(r#"^\w+\s*=\s*(?P<meta>\w+)\(\s*["']\w*["']\s*,\s*\(\s*(?:object\s*,?\s*)?\)\s*,\s*\{\s*\}\s*,?\s*\)\s*$"#)
                .expect("a valid pattern")
        });
        let Some(made) = self.statements_binding(class) else { return false };
        let [statement] = &*made else { return false };
        MADE.captures(statement.trim()).is_some_and(|found| {
            let meta = &found["meta"];
            let is_own = || self.project.has_class(meta);
            meta == "type" || is_own() && self.metaclass_adds(&format!("metaclass={meta}")) == Openness::Closed
        })
    }

    /// Whether what a class is derived from is no class of its own, but another name for one that hides nothing:
    /// `Base = MutableMapping[str, Any]`.
    pub(super) fn stands_for_plain(&self, name: &str) -> bool {
        static OTHER: LazyLock<Regex> = LazyLock::new(|| {
            Regex::new(r"^\w+\s*(?::[^=]+)?=\s*(?:\w+\.)*(?P<meant>\w+)\s*(?:\[[^\[\]]*\])?\s*$")
                .expect("a valid pattern")
        });
        let is_plain = |statement: &String| {
            let meant = OTHER.captures(statement.trim()).and_then(|found| found.name("meant"));
            meant.is_some_and(|meant| hides_nothing(meant.as_str()))
        };
        self.statements_binding(name).is_some_and(|made| !made.is_empty() && made.iter().all(is_plain))
    }

    /// The statements of all modules that bind a name; nothing where one cannot be read.
    fn statements_binding(&self, name: &str) -> Option<Vec<String>> {
        let mut made = Vec::new();
        for path in self.project.files_with_word(name) {
            let structure = self.project.structure(&path)?;
            let mut bound = structure.children(None).filter(|(_, symbol)| *symbol.name == *name).peekable();
            if bound.peek().is_some() {
                let text = self.project.text(&path)?;
                made.extend(bound.map(|(_, symbol)| text.get(symbol.span.range()).unwrap_or_default().to_owned()));
            }
        }
        Some(made)
    }

    /// Whether a class from outside is known by a stub alone.
    pub(super) fn is_from_stub(&self, class: &str) -> bool {
        let own = self.project.classes(class);
        // A class may be called like its base from outside: `class Thread(threading.Thread)`.
        if let Some((_, structure, symbol)) =
            own.iter().find(|(_, _, symbol)| bases(&symbol.signature).contains(&class))
        {
            return self.is_stub_as_seen(structure, module_before(&symbol.signature, class));
        }
        if !own.is_empty() || self.is_made_empty(class) {
            return false;
        }
        // Some class derives from it by the name of its module.
        let through = self.project.files_with_word(class).into_iter().find_map(|path| {
            let structure = self.project.structure(&path)?;
            let mut classes = structure.symbols.iter().filter(|symbol| symbol.kind == SymbolKind::Class);
            let module = classes.find_map(|symbol| module_before(&symbol.signature, class))?.to_owned();
            Some((structure, module))
        });
        if let Some((structure, module)) = through {
            return self.is_stub_as_seen(&structure, Some(&module));
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
        self.is_stub(imported.as_deref())
    }

    /// Whether what a file knows as `module` is known by a stub alone, or not at all.
    fn is_stub_as_seen(&self, structure: &FileStructure, module: Option<&str>) -> bool {
        let (first, below) = match module.map(|module| module.split_once('.').unwrap_or((module, ""))) {
            Some(parts) => parts,
            None => return self.is_stub(None),
        };
        let bound = structure.imports.iter().find_map(|import| {
            let name = import.names.iter().find(|name| name.bound() == first)?;
            Some((import, name))
        });
        let above = match bound {
            // What the project takes from itself is no stub.
            Some((import, _)) if import.level > 0 => return false,
            Some((import, name)) => match &import.module {
                Some(from) => format!("{from}.{}", name.name),
                None => name.name.to_string(),
            },
            None => first.to_owned(),
        };
        self.is_stub(Some(format!("{above}.{below}").trim_end_matches('.')))
    }

    /// Whether a module is known by a stub alone, or not at all.
    fn is_stub(&self, module: Option<&str>) -> bool {
        let db = self.lens.model.db();
        let module = module.and_then(|module| self.lens.model.resolve_module(Some(module), 0));
        let file = module.and_then(|module| module.file(db));
        file.is_none_or(|file| file.path(db).as_str().ends_with(".pyi"))
    }

    pub(super) fn class_defines(&self, class: &str, attr: &str) -> bool {
        // A field that is only annotated is no binding for the index.
        let annotates = |body: &str| {
            word_places(body, attr)
                .any(|at| body[at + attr.len()..].starts_with(':') && body[..at].trim_end_matches(' ').ends_with('\n'))
        };
        self.project.classes(class).iter().any(|(_, structure, symbol)| defines(structure, symbol, attr))
            || self.any_body(class, attr, |body| sets(body, attr) || annotates(body))
    }

    /// Whether the text of some class called `class`, in a file in which `word` stands, is as asked.
    fn any_body(&self, class: &str, word: &str, is_it: impl Fn(&str) -> bool) -> bool {
        // Of a large family only a few classes have to be read.
        let classes = self.project.classes(class).into_iter().filter(|(path, _, _)| self.project.mentions(path, word));
        classes.into_iter().any(|(path, _, symbol)| {
            let text = self.project.text(&path);
            text.is_some_and(|text| is_it(text.get(symbol.span.range()).unwrap_or_default()))
        })
    }

    /// Whether the methods of a class bind `self.attr`.
    pub(super) fn class_sets(&self, class: &str, attr: &str) -> bool {
        self.any_body(class, attr, |body| sets(body, attr))
    }

    /// Whether the body of a class binds `attr` by assignment: `encode = staticmethod(encode)`.
    pub(super) fn class_rebinds(&self, class: &str, attr: &str) -> bool {
        let classes = self.project.classes(class);
        classes.iter().filter(|(path, _, _)| self.project.mentions(path, attr)).any(|(path, structure, symbol)| {
            let Some(text) = self.project.text(path) else { return true };
            // What a method calls so is its own.
            let in_member = |at: usize| {
                members(structure, symbol)
                    .any(|member| member.kind != SymbolKind::Variable && member.span.range().contains(&at))
            };
            word_places(&text, attr).any(|at| {
                symbol.span.range().contains(&at)
                    && text[..at].trim_end_matches([' ', '\t']).ends_with('\n')
                    && assigns(&text[at + attr.len()..])
                    && !in_member(at)
            })
        })
    }

    /// Whether a class puts `attr` into an object's state as a keyword: `self.__dict__.update(rows=[])`.
    pub(super) fn class_fills(&self, class: &str, attr: &str) -> bool {
        self.any_body(class, attr, |body| {
            body.match_indices("__dict__.update(").any(|(at, way)| {
                let given = inside(&body[at + way.len()..]).unwrap_or_default();
                word_places(given, attr).any(|at| given[at + attr.len()..].trim_start().starts_with('='))
            })
        })
    }

    /// Whether the constructor that a decorator of `attrs` makes for a class takes other names than its fields'.
    pub(super) fn fields_are_made(&self, class: &str) -> bool {
        static ODD: LazyLock<Regex> = LazyLock::new(|| {
            // A private field loses its underscore, one may stay out, or have another name; one need not be annotated.
            Regex::new(r"(?m)^\s+_\w+\s*(?::[^=\n]+)?=|^\s+\w+\s*=\s*(?:attrs?\.)?(?:ib|attrib|field)\(|init\s*=\s*False|alias\s*=|^\s+@\w+\.default|^\s+_\w+\s*:")
                .expect("a valid pattern")
        });
        let family = self.project.with_bases(&BTreeSet::from([class.into()]));
        let classes: Vec<_> = family.iter().flat_map(|name| self.project.classes(name)).collect();
        let is_attrs = classes.iter().any(|(_, structure, symbol)| {
            let imports = structure.imports.iter().filter(|import| import.level == 0);
            let mut modules = imports.flat_map(|import| match &import.module {
                Some(module) => vec![module.to_string()],
                None => import.names.iter().map(|name| name.name.to_string()).collect(),
            });
            !symbol.decorators.is_empty() && modules.any(|module| matches!(&*module, "attr" | "attrs"))
        });
        is_attrs
            && classes.iter().any(|(path, _, symbol)| {
                self.project
                    .text(path)
                    .is_none_or(|text| ODD.is_match(text.get(symbol.span.range()).unwrap_or_default()))
            })
    }

    /// Whether a class takes attributes whose names are made at run time, and `attr` may be one of them.
    pub(super) fn is_open_for(&self, class: &str, attr: &str) -> bool {
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
    pub(super) fn is_named_elsewhere(&self, attr: &str) -> bool {
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

    pub(super) fn decorator_adds(&self, decorator: &str) -> Openness {
        let path = decorator.split('(').next().unwrap_or_default();
        let name = path.rsplit('.').next().unwrap_or_default();
        self.functions(name).iter().map(|body| set_by_name(body, Receiver::Anything)).max().unwrap_or_default()
    }

    /// Whether a decorator may bring a class this very member: the project's own speaks of it, one from outside may know it.
    pub(super) fn decorator_may_bring(&self, decorator: &str, attr: &str) -> bool {
        /// Those that bring nothing but what has two underscores.
        const PLAIN: [&str; 9] =
            ["dataclass", "total_ordering", "final", "runtime_checkable", "unique", "define", "mutable", "attrs", "s"];
        let path = decorator.split('(').next().unwrap_or_default();
        let name = path.rsplit('.').next().unwrap_or_default();
        let own = self.functions(name);
        let engine = self.lens.engine;
        let is_known_outside = || !PLAIN.contains(&name) && engine.has_packages() && engine.environment_knows(attr);
        if own.is_empty() { is_known_outside() } else { own.iter().any(|body| has_word(body, attr)) }
    }

    /// Whether a member is read of which the class keeps something that only says how it is set (`__set__` without
    /// `__get__`): read is then what was set, whatever that is.
    pub(super) fn is_behind_descriptor(&self, value: &Expr) -> bool {
        let class = value.as_attribute_expr().and_then(|_| self.class_of(value));
        class.is_some_and(|class| self.only_says_how_it_is_set(&class))
    }

    /// Whether an object of `class` that a class keeps says how an attribute is set (`__set__`), and not what is read.
    pub(super) fn only_says_how_it_is_set(&self, class: &str) -> bool {
        let family = self.project.with_bases(&BTreeSet::from([class.into()]));
        let has = |way| family.iter().any(|name| self.class_defines(name, way));
        has("__set__") && !has("__get__")
    }

    /// Whether a function that asks its object for members whose names come in with data reads one without calling it: it
    /// counts on classes below to bring them.
    pub(super) fn is_looked_up(&self, node: &ExprAttribute) -> bool {
        static BY_NAME: LazyLock<Regex> =
            LazyLock::new(|| Regex::new(r#"\bgetattr\(\s*(?:self|cls)\s*,\s*[^"'\s]"#).expect("a valid pattern"));
        let is_own = node.value.as_name_expr().is_some_and(|name| matches!(name.id.as_str(), "self" | "cls"));
        let text = self.lens.source.as_str();
        let around = self.guards.method().filter(|_| is_own && !self.guards.is_called());
        let body = around.and_then(|method| text.get(std::ops::Range::<usize>::from(method.range)));
        body.is_some_and(|body| BY_NAME.is_match(body))
    }

    pub(super) fn metaclass_adds(&self, signature: &str) -> Openness {
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

    /// The texts of the project's functions and classes called `name`.
    pub(super) fn functions(&self, name: &str) -> Vec<String> {
        let project = self.project;
        let unchanged = project.view.snapshot.symbols_called(name).into_iter().map(|named| (named.path, named.symbol));
        let unchanged = unchanged.filter(|(path, _)| !project.changed.contains_key(*path));
        let remaining = project.changed.iter().filter(|(_, sides)| !sides.is_deleted);
        let changed = remaining.flat_map(|(path, sides)| sides.new.symbols.iter().map(move |symbol| (path, symbol)));
        let named = unchanged.chain(changed.filter(|(_, symbol)| *symbol.name == *name));
        let functions = named.filter(|(_, symbol)| symbol.kind != SymbolKind::Variable);
        functions.filter_map(|(path, symbol)| project.text(path)?.get(symbol.span.range()).map(str::to_owned)).collect()
    }
}

/// Types that are exactly what they say: nobody annotates `str` and means a subclass with more methods.
pub(super) const EXACT: [&str; 12] =
    ["str", "int", "float", "bool", "bytes", "list", "dict", "set", "tuple", "frozenset", "bytearray", "complex"];

/// Private members that the machinery of abstract, generic and protocol classes brings; no stub tells of them.
pub(super) const OF_MACHINERY: [&str; 7] = [
    "_abc_impl",
    "_abc_registry",
    "_from_iterable",
    "_hash",
    "_is_protocol",
    "_is_runtime_protocol",
    "_get_protocol_attrs",
];

/// Bases from outside whose members are all builtin ones.
fn is_plain_base(name: &str) -> bool {
    const PLAIN: [&str; 9] =
        ["ABC", "Generic", "Protocol", "NamedTuple", "TypedDict", "Enum", "IntEnum", "Exception", "BaseException"];
    PLAIN.contains(&name) || EXACT.contains(&name) || name.ends_with("Error") || name.ends_with("Warning")
}

/// Bases from outside that bring no private members worth a doubt, but for those of the machinery; also those that
/// `typing` calls otherwise.
pub(super) fn hides_nothing(name: &str) -> bool {
    const ABSTRACT: [&str; 19] = [
        "Awaitable",
        "Callable",
        "Collection",
        "Container",
        "Dict",
        "FrozenSet",
        "Hashable",
        "Iterable",
        "Iterator",
        "List",
        "Mapping",
        "MutableMapping",
        "MutableSequence",
        "MutableSet",
        "Sequence",
        "Set",
        "Sized",
        "Tuple",
        "Type",
    ];
    is_plain_base(name) || ABSTRACT.contains(&name)
}

/// The module before the dot of a base: `threading` in `(threading.Thread)`.
fn module_before<'s>(signature: &'s str, class: &str) -> Option<&'s str> {
    signature.split(['(', ',', ' ', '[']).find_map(|base| {
        let base = base.trim_end_matches(')');
        base.strip_suffix(class)?.strip_suffix('.')
    })
}

/// Whether the methods of a class with this text bind `self.attr`.
fn sets(body: &str, attr: &str) -> bool {
    word_places(body, attr).any(|at| {
        let before = &body[..at];
        (before.ends_with("self.") || before.ends_with("cls.")) && assigns(&body[at + attr.len()..])
    })
}

fn defines(structure: &FileStructure, class: &Symbol, attr: &str) -> bool {
    members(structure, class).any(|member| *member.name == *attr)
}

/// What stands directly in a class.
fn members<'s>(structure: &'s FileStructure, class: &'s Symbol) -> impl Iterator<Item = &'s Symbol> {
    let is_in =
        |symbol: &&Symbol| symbol.parent.is_some_and(|parent| structure.symbol(parent).qualname == class.qualname);
    structure.symbols.iter().filter(is_in)
}
