//! Imports that do not resolve, and those that are missing.

use std::collections::BTreeMap;

use ruff_db::files::FilePath;
use ruff_python_ast::{AnyNodeRef, Stmt};
use ruff_text_size::Ranged;

use super::likely::{Use, likely};
use super::{NAMES_MAX, Wording, question, replacement};
use crate::gate::FixSafety;
use crate::gate::doubt::{Doubt, quoted};
use crate::gate::project::Brought;
use crate::index::{Import, ImportedName, SymbolKind, nearest};
use crate::text::{FileText, ProjectPath, Span, TextEdit};

pub(super) fn unresolved(doubt: &Doubt<'_, '_>) -> Option<Wording> {
    let found = &*doubt.found.message;
    let span = Span { start: doubt.found.start, end: doubt.found.end };
    if found.starts_with("Module ") {
        let (module, name) = (quoted(found)?, found.split('`').nth(3)?);
        let completions = doubt.guards.import_from().map(|import| doubt.lens.model.from_import_completions(import));
        let completions = completions.unwrap_or_default();
        let names = likely(name, &completions, &Use::at(&doubt.guards, None));
        let shown: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let message = format!("Module '{module}' has no member '{name}'.{}", question(&shown));
        let span = name_span(doubt, name).unwrap_or(span);
        return Some(Wording { message, fix: replacement(name, &names, span) });
    }
    let module = quoted(found)?;
    let dots = module.len() - module.trim_start_matches('.').len();
    let wanted = &module[dots..];
    let snapshot = doubt.project.view.snapshot;
    let mut known: Vec<String> = snapshot.files().map(|(path, _)| snapshot.module_name(path)).collect();
    if dots == 0 && !wanted.contains('.') {
        known.extend(doubt.lens.model.import_completions().iter().map(|completion| completion.name.to_string()));
    }
    // Within a package that is there, only the last part is in question.
    let package = wanted.rsplit_once('.').map(|(package, _)| format!("{package}."));
    let package = package.filter(|package| known.iter().any(|name| name.starts_with(package)));
    let start = package.as_ref().map_or(0, String::len);
    let inside = known.iter().filter(|name| package.as_ref().is_none_or(|package| name.starts_with(package)));
    let near = nearest(&wanted[start..], inside.map(|name| &name[start..]), NAMES_MAX);
    let names: Vec<String> = near.iter().map(|name| format!("{}{name}", &wanted[..start])).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let shown: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let written = doubt.lens.source.as_str().get(span.range());
    let fix = replacement(wanted, &names, span).filter(|_| dots == 0 && written == Some(wanted));
    let way_out = if shown.is_empty() { beside(wanted, &known) } else { question(&shown) };
    Some(Wording { message: format!("Module '{module}' does not exist.{way_out}"), fix })
}

/// What the package holds in which a module is looked for.
fn beside(wanted: &str, known: &[String]) -> String {
    let Some((package, _)) = wanted.rsplit_once('.') else { return String::new() };
    let inside = |name: &String| name.strip_prefix(package)?.strip_prefix('.').map(str::to_owned);
    let mut held: Vec<String> = known.iter().filter_map(inside).filter(|name| !name.contains('.')).collect();
    held.sort();
    held.dedup();
    let more = if held.len() > HELD_MAX { ", …" } else { "" };
    held.truncate(HELD_MAX);
    if held.is_empty() { String::new() } else { format!(" '{package}' holds {}{more}.", held.join(", ")) }
}

/// So many modules of a package are named.
const HELD_MAX: usize = 12;

/// The place of the name alone, without its `as`.
fn name_span(doubt: &Doubt<'_, '_>, name: &str) -> Option<Span> {
    let import = doubt.guards.import_from()?;
    let place = |alias: &&ruff_python_ast::Alias| u32::from(alias.start()) == doubt.found.start;
    let alias = import.names.iter().find(|alias| place(alias) && alias.name.as_str() == name)?;
    Some(Span { start: alias.name.start().into(), end: alias.name.end().into() })
}

/// An import that a file lacks.
pub(super) struct Missing {
    pub(super) line: String,
    pub(super) safety: FixSafety,
}

/// The import that the name lacks, where there is only one that it can be.
pub(super) fn missing(doubt: &Doubt<'_, '_>, name: &str) -> Option<Missing> {
    let safe = |line| Missing { line, safety: FixSafety::Safe };
    if let Some(line) = dropped(doubt, name) {
        return Some(safe(line));
    }
    let as_module = module_use(doubt, name);
    let elsewhere = || imported_elsewhere(doubt, name).or_else(|| defined_elsewhere(doubt, name));
    match doubt.project.brought(doubt.path, name, elsewhere) {
        // A plain name may as well be a variable that was forgotten.
        Some(Brought::Imported(line)) => {
            let is_plain = !as_module && !doubt.guards.is_called() && !name.contains(char::is_uppercase);
            let safety = if is_plain { FixSafety::Suggested } else { FixSafety::Safe };
            return Some(Missing { line, safety });
        }
        Some(Brought::Defined(line)) => return Some(safe(line)),
        None => {}
    }
    if as_module {
        return Some(safe(format!("import {name}")));
    }
    let of = |known: &[(&'static str, &[&str])]| {
        let (module, _) = known.iter().find(|(_, names)| names.contains(&name))?;
        Some(format!("from {module} import {name}"))
    };
    of(WELL_KNOWN).map(safe).or_else(|| of(MAYBE_KNOWN).map(|line| Missing { line, safety: FixSafety::Suggested }))
}

/// The import that the change took away.
fn dropped(doubt: &Doubt<'_, '_>, name: &str) -> Option<String> {
    let sides = doubt.project.changed.get(doubt.path)?;
    sides.old.imports.iter().find_map(|import| {
        let imported = import.names.iter().find(|imported| first_part(imported.bound()) == name)?;
        let module = import.module.as_ref().map(|module| format!("{}{module}", ".".repeat(import.level as usize)));
        Some(spelled(module.as_deref(), imported))
    })
}

/// How the rest of the project imports the name, where all of it does so in one way.
fn imported_elsewhere(doubt: &Doubt<'_, '_>, name: &str) -> Option<Brought> {
    let mut ways: BTreeMap<String, usize> = BTreeMap::new();
    for path in doubt.project.files_with_word(name).into_iter().filter(|path| path != doubt.path) {
        let Some(structure) = doubt.project.structure(&path) else { continue };
        for import in structure.imports.iter().filter(|import| import.is_top_level && !import.is_conditional) {
            for imported in import.names.iter().filter(|imported| imported.bound() == name) {
                let Some(module) = absolute(doubt, &path, import) else { continue };
                *ways.entry(spelled(module.as_deref(), imported)).or_default() += 1;
            }
        }
    }
    let (line, _) = ways.pop_first()?;
    // A module does not import from itself.
    let own = format!("from {} ", doubt.project.view.snapshot.module_name(doubt.path));
    (ways.is_empty() && !line.starts_with(&own)).then_some(Brought::Imported(line))
}

/// The module that an import in `path` speaks of, from the root; `None` within for `import …`.
fn absolute(doubt: &Doubt<'_, '_>, path: &ProjectPath, import: &Import) -> Option<Option<String>> {
    let Some(module) = &import.module else { return Some(None) };
    if import.level == 0 {
        return Some(Some(module.to_string()));
    }
    let own = doubt.project.view.snapshot.module_name(path);
    let mut parts: Vec<&str> = own.split('.').collect();
    let is_package = path.file_name().starts_with("__init__.");
    for _ in 0..import.level - u32::from(is_package) {
        parts.pop()?;
    }
    if !module.is_empty() {
        parts.push(module);
    }
    (!parts.is_empty()).then(|| Some(parts.join(".")))
}

fn spelled(module: Option<&str>, imported: &ImportedName) -> String {
    let alias = imported.alias.as_ref().map(|alias| format!(" as {alias}")).unwrap_or_default();
    match module {
        Some(module) => format!("from {module} import {}{alias}", imported.name),
        None => format!("import {}{alias}", imported.name),
    }
}

/// The only definition of the name in the project.
fn defined_elsewhere(doubt: &Doubt<'_, '_>, name: &str) -> Option<Brought> {
    let snapshot = doubt.project.view.snapshot;
    let mut defined = doubt.project.files_with_word(name).into_iter().filter(|path| {
        path != doubt.path
            && doubt.project.structure(path).is_some_and(|structure| {
                structure.children(None).any(|(_, symbol)| *symbol.name == *name && symbol.kind != SymbolKind::Variable)
            })
    });
    let (only, more) = (defined.next()?, defined.next());
    // What a test defines is not for others.
    let is_test = only.file_name().starts_with("test_") || only.file_name() == "conftest.py";
    (more.is_none() && !is_test)
        .then(|| Brought::Defined(format!("from {} import {name}", snapshot.module_name(&only))))
}

/// Whether the name is used as a module of the standard library that has the member it is asked for.
fn module_use(doubt: &Doubt<'_, '_>, name: &str) -> bool {
    let db = doubt.lens.model.db();
    let member = doubt.guards.chain().iter().find_map(|node| match node {
        AnyNodeRef::ExprAttribute(attribute) if u32::from(attribute.value.end()) == doubt.found.end => {
            Some(&*attribute.attr)
        }
        _ => None,
    });
    let (Some(member), Some(module)) = (member, doubt.lens.model.resolve_module(Some(name), 0)) else { return false };
    let Some(file) = module.file(db).filter(|file| matches!(file.path(db), FilePath::Vendored(_))) else {
        return false;
    };
    crate::gate::project::has_word(ruff_db::source::source_text(db, file).as_str(), member)
}

fn first_part(dotted: &str) -> &str {
    dotted.split('.').next().unwrap_or(dotted)
}

/// Names of the standard library that mean one thing wherever they stand.
#[rustfmt::skip]
const WELL_KNOWN: &[(&str, &[&str])] = &[
    ("abc", &["ABC", "ABCMeta", "abstractmethod"]),
    ("collections", &["Counter", "OrderedDict", "defaultdict", "namedtuple"]),
    ("contextlib", &["asynccontextmanager", "contextmanager", "suppress"]),
    ("dataclasses", &["dataclass"]),
    ("datetime", &["timedelta", "timezone"]),
    ("decimal", &["Decimal"]),
    ("enum", &["Enum", "IntEnum", "StrEnum"]),
    ("fractions", &["Fraction"]),
    ("functools", &["cached_property", "lru_cache", "singledispatch", "total_ordering"]),
    ("pathlib", &["Path", "PurePath", "PurePosixPath"]),
    ("types", &["MappingProxyType", "SimpleNamespace"]),
    ("typing", &["TYPE_CHECKING", "Any", "ClassVar", "Literal", "NamedTuple", "Optional", "Protocol", "TypeVar", "TypedDict", "Union"]),
    ("urllib.parse", &["urljoin", "urlparse", "urlsplit"]),
    ("uuid", &["uuid4"]),
];

/// Names of the standard library that are words as well: what is meant may be something else, so they are only offered.
const MAYBE_KNOWN: &[(&str, &[&str])] = &[
    ("collections", &["ChainMap", "deque"]),
    (
        "collections.abc",
        &[
            "AsyncIterator",
            "Awaitable",
            "Callable",
            "Coroutine",
            "Generator",
            "Hashable",
            "Iterable",
            "Iterator",
            "Mapping",
            "MutableMapping",
            "Sequence",
            "Sized",
        ],
    ),
    ("concurrent.futures", &["ProcessPoolExecutor", "ThreadPoolExecutor", "as_completed"]),
    ("contextlib", &["ExitStack", "closing", "nullcontext", "redirect_stdout"]),
    ("copy", &["copy", "deepcopy"]),
    ("dataclasses", &["asdict", "astuple", "field", "fields", "replace"]),
    ("datetime", &["date", "datetime", "time"]),
    ("enum", &["Flag", "auto", "unique"]),
    ("functools", &["cache", "partial", "reduce", "wraps"]),
    ("io", &["BytesIO", "StringIO", "TextIOWrapper"]),
    (
        "itertools",
        &[
            "accumulate",
            "chain",
            "combinations",
            "count",
            "cycle",
            "groupby",
            "islice",
            "pairwise",
            "product",
            "repeat",
            "takewhile",
            "zip_longest",
        ],
    ),
    ("math", &["ceil", "floor", "inf", "isclose", "isnan", "pi", "prod", "sqrt"]),
    ("operator", &["attrgetter", "itemgetter", "methodcaller"]),
    ("random", &["choice", "randint", "shuffle"]),
    ("statistics", &["fmean", "mean", "median", "stdev"]),
    ("tempfile", &["NamedTemporaryFile", "TemporaryDirectory"]),
    ("textwrap", &["dedent", "indent"]),
    ("threading", &["Event", "Lock", "Thread"]),
    ("time", &["monotonic", "perf_counter", "sleep"]),
    ("typing", &["Final", "Generic", "NoReturn", "Self", "cast", "overload"]),
    ("unittest.mock", &["MagicMock", "Mock", "patch"]),
];

/// Puts `line` behind the last import at the top of the file, else behind the docstring, with the file's line end.
pub(super) fn import_edit(doubt: &Doubt<'_, '_>, line: &str) -> TextEdit {
    let text = doubt.lens.source.as_str();
    let body = &doubt.lens.tree.syntax().body;
    let is_docstring = |statement: &Stmt| statement.as_expr_stmt().is_some_and(|it| it.value.is_string_literal_expr());
    let docstring_count = usize::from(body.first().is_some_and(is_docstring));
    let imports = body.iter().skip(docstring_count);
    let import_count =
        imports.take_while(|statement| statement.is_import_stmt() || statement.is_import_from_stmt()).count();
    let end_line = FileText::from_text(text).line_ending().as_str();
    let at = body.get(..docstring_count + import_count).and_then(<[Stmt]>::last).map_or_else(
        // Behind a shebang and what else is said at the top.
        || Some(text.split_inclusive('\n').take_while(|line| line.starts_with('#')).map(str::len).sum()),
        |last| {
            let end = last.end().to_usize();
            text.get(end..)?.find(end_line).map(|at| end + at + end_line.len())
        },
    );
    match at {
        Some(at) => TextEdit { span: Span::empty(at), text: format!("{line}{end_line}") },
        // The last line of the file, which does not end.
        None => TextEdit { span: Span::empty(text.len()), text: format!("{end_line}{line}{end_line}") },
    }
}
