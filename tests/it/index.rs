//! The index through its door: structures, snapshots, where new code goes.

use std::path::Path;
use std::sync::Arc;

use flux::index::{
    FileStructure, LiveFile, SymbolKind, can_add_class, can_add_definition, can_add_function, line_starts,
};
use flux::text::{FileText, ProjectPath, Span, apply_edits};

use crate::fixture::Fixture;

mod cache;
mod live;
mod scale;

fn path(raw: &str) -> ProjectPath {
    ProjectPath::new(raw).unwrap()
}

fn structure(text: &str) -> FileStructure {
    FileStructure::parse(&path("main.py"), text)
}

/// One line for each symbol: kind, qualified name, lines, signature, what else is true of it.
fn check_symbols(text: &str, expected: &str) {
    let structure = structure(text);
    let mut told = String::new();
    for symbol in &structure.symbols {
        let kind = match symbol.kind {
            SymbolKind::Class => "class",
            SymbolKind::Function => "function",
            SymbolKind::Method => "method",
            SymbolKind::Variable => "variable",
        };
        told += &format!("{kind} {} {}-{}{}", symbol.qualname, symbol.line, symbol.end_line, symbol.signature);
        if let Some(line) = symbol.decorator_line {
            told += &format!(" @{} from {line}", symbol.decorators.join(" @"));
        }
        for (is_so, word) in [(symbol.is_async, " async"), (symbol.is_conditional, " conditional")] {
            told += if is_so { word } else { "" };
        }
        told += "\n";
        assert_eq!(&text[symbol.name_span.range()], &*symbol.name);
    }
    assert_eq!(told, expected.trim_start());
}

#[test]
fn symbols_are_those_of_pythons_own_ast() {
    check_symbols(
        r#"
import os

LIMIT: int = 3
a, (b, *c) = 1, (2, 3)
LIMIT = 4

@decorated(
    1)
# a comment
@other
async def fetch(
    url: str,  # where from
    *, retries: tuple = (1,),
) -> (
    bytes
):
    def inner(): pass
    class Local(Base, metaclass=Meta):
        def method(self): ...
    return inner

class Empty: pass

class Cart[T](dict[str, T]):
    items = []
    def total(self, f=lambda x: {'a': x}): return 1
    if os.name == 'nt':
        def open(self): pass
try:
    import json
except ImportError:
    def json(): pass
"#,
        "
variable LIMIT 4-4
variable a 5-5
variable b 5-5
variable c 5-5
function fetch 12-21(url: str, *, retries: tuple = (1,)) -> (bytes) @decorated(1) @other from 8 async
function fetch.<locals>.inner 18-18()
class fetch.<locals>.Local 19-20(Base, metaclass=Meta)
method fetch.<locals>.Local.method 20-20(self)
class Empty 23-23
class Cart 25-29[T](dict[str, T])
variable Cart.items 26-26
method Cart.total 27-27(self, f=lambda x: {'a': x})
method Cart.open 29-29(self) conditional
function json 33-33() conditional
",
    );
}

#[test]
fn a_broken_file_keeps_its_symbols() {
    let text = "class A:\n    def one(self):\n        x = [1, 2\n\n    def two(self):\n        return 2\n\ndef three():\n    pass\n";
    let structure = structure(text);
    let names: Vec<_> = structure.symbols.iter().map(|symbol| &*symbol.qualname).collect();
    assert!(["A", "A.one", "A.two", "three"].iter().all(|name| names.contains(name)), "{names:?}");
    assert_eq!(structure.faults.first().map(|fault| fault.line), Some(3));
}

#[test]
fn a_half_typed_line_does_not_hide_what_follows() {
    let whole = "class A:\n    def one(self):\n        pass\n        BROKEN\n\n    @two\n    def two(self):\n        pass\n\nclass B:\n    def three(self): pass\n";
    for broken in
        ["return {", "call(", "x = [1,", "x = 'abc", "if x", "for y in", "x = = 1", "self.", "f({", "{'a': {", "lambda"]
    {
        let structure = structure(&whole.replace("BROKEN", broken));
        let names: Vec<_> = structure.symbols.iter().map(|symbol| (&*symbol.qualname, symbol.line)).collect();
        assert_eq!(names, [("A", 1), ("A.one", 2), ("A.two", 7), ("B", 10), ("B.three", 11)], "{broken}");
        assert!(!structure.faults.is_empty(), "{broken}");
    }
}

#[test]
fn no_text_brings_the_parser_down() {
    let nested = 30_000;
    for text in [
        format!("x = {}", "[".repeat(nested)),
        format!("x = {}1{}", "[".repeat(nested), "]".repeat(nested)),
        format!("x = {}1", "-".repeat(nested)),
        format!("x = a{}", ".a".repeat(nested)),
        format!("x = {}1", "lambda a=".repeat(nested)),
        format!("x = {}1", "lambda a=".repeat(10 * nested)),
        (0..400).map(|depth| format!("{}if 1:\n", " ".repeat(depth))).collect(),
        "class\ndef\n@\nimport\nfrom . import\nclass A(:\n  def (self\n".to_owned(),
        "\u{feff}def f(): pass".to_owned(),
        "def f():\n\tif 1:\n        pass\n".to_owned(),
    ] {
        let file = LiveFile::new(path("main.py"), Arc::new(FileText::from_text(&text)));
        assert!(file.structure.line_count > 0);
        assert_eq!(line_starts(&text).len(), file.structure.line_count as usize);
        let highlights = file.highlights(1..60);
        assert!(highlights.windows(2).all(|pair| pair[0].span.end <= pair[1].span.start));
        assert!(file.expand(Span::empty(text.len() / 2)).range().end <= text.len());
    }
}

#[test]
fn finds_symbols_by_name_and_by_line() {
    let structure = structure("class A:\n    x = 1\n    @p\n    def f(self):\n        def g():\n            pass\n\n");
    assert_eq!(structure.find("A.f.g"), structure.find("A.f.<locals>.g"));
    assert!(structure.find("f").is_empty());
    let at = |line| structure.symbol_at(line).map(|id| &*structure.symbol(id).qualname);
    assert_eq!([1, 2, 3, 5, 7].map(at), [Some("A"), Some("A"), Some("A.f"), Some("A.f.<locals>.g"), None]);
}

/// Adds `new` where the analyzer says; expects the text, or the refusal.
fn check_insertion(class: Option<&str>, after: Option<&str>, new: &str, old: &str, expected: &str) {
    let file = structure(old);
    let added = structure(new).symbols[0].clone();
    let told = match can_add_definition(&file, old, &added, class, after) {
        Err(conflict) => conflict.to_string(),
        Ok(place) => {
            let code = new.lines().map(|line| format!("{}{line}\n", place.indent)).collect::<String>();
            let mut text = old.to_owned();
            text.insert_str(place.at, &format!("+{}\n{code}", place.blank_lines));
            apply_edits(&text, place.opens.as_slice()).unwrap()
        }
    };
    assert_eq!(told, expected);
}

#[test]
fn new_code_goes_behind_its_kind() {
    let old = "class A:\n    def a(self): pass\n    x = 1\n\ndef f():\n    pass\n    # of f\n\n# run it\nif __name__ == '__main__':\n    f()\n";
    check_insertion(
        Some("A"),
        None,
        "def b(self): pass",
        old,
        &old.replace("    x = 1", "+1\n    def b(self): pass\n    x = 1"),
    );
    check_insertion(None, None, "def g(): pass", old, &old.replace("# of f\n", "# of f\n+2\ndef g(): pass\n"));
    check_insertion(None, None, "class B: pass", old, &old.replace("\ndef f", "+2\nclass B: pass\n\ndef f"));
    check_insertion(None, Some("f"), "class B: pass", old, &old.replace("# of f\n", "# of f\n+2\nclass B: pass\n"));
    check_insertion(
        None,
        None,
        "def g(): pass",
        "import os\n\n# run it\nif __name__ == '__main__':\n    f()\n",
        "import os\n\n+2\ndef g(): pass\n# run it\nif __name__ == '__main__':\n    f()\n",
    );
    check_insertion(None, None, "def g(): pass", "", "+2\ndef g(): pass\n");
}

#[test]
fn new_code_is_indented_as_its_class() {
    check_insertion(
        Some("A"),
        None,
        "def b(): pass",
        "class A:\n\tx = 1\n",
        "class A:\n\tx = 1\n+1\n\tdef b(): pass\n",
    );
    check_insertion(Some("A"), None, "def b(): 1", "class A: pass\n", "class A:\n    pass\n+1\n    def b(): 1\n");
    check_insertion(
        Some("A.B"),
        None,
        "def b(): 1",
        "class A:\n  class B: 'doc'\n",
        "class A:\n  class B:\n    'doc'\n+1\n    def b(): 1\n",
    );
    check_insertion(
        Some("A"),
        None,
        "def c(): 1",
        "class A:\n    def z(): 1\n    def a(): 1\n    def b(): 1\n",
        "class A:\n    def z(): 1\n    def a(): 1\n    def b(): 1\n+0\n    def c(): 1\n",
    );
}

#[test]
fn a_second_definition_is_refused_with_the_way_out() {
    let old = "from json import load\nclass Cart:\n    size = 0\n    def total(self): pass\ndef f(): pass\n";
    let file = structure(old);
    let function = |name, class| can_add_function(&file, old, name, class, None).map_err(|error| error.to_string());
    let refused = |message: &str| Err(message.to_owned());
    assert_eq!(
        function("total", Some("Cart")),
        refused("Method 'total' already exists in class 'Cart' at line 4. Use modify_function instead.")
    );
    assert_eq!(function("f", None), refused("Function 'f' already exists at line 5. Use modify_function instead."));
    assert_eq!(
        function("size", Some("Cart")),
        refused(
            "Attribute 'size' already exists in class 'Cart' at line 3. Choose another name, or change that line with edit_file."
        )
    );
    assert_eq!(
        function("load", None),
        refused("Name 'load' is already imported at line 1. Choose another name, or use what is imported.")
    );
    assert_eq!(
        function("g", Some("Card")),
        refused("Class 'Card' does not exist in this file. Nearest: 'Cart' (line 2).")
    );
    assert_eq!(function("g", Some("f")), refused("'f' is a function at line 5, not a class."));
    assert_eq!(
        can_add_class(&file, old, "Cart", None).map_err(|error| error.to_string()),
        refused("Class 'Cart' already exists at line 2. Use modify_class instead.")
    );
    check_insertion(
        None,
        Some("ff"),
        "def g(): pass",
        old,
        "There is no 'ff' at module level to stand behind. Nearest: 'f'.",
    );
}

#[test]
fn repeats_that_python_means_are_taken() {
    let old = "class A:\n    @property\n    def x(self): 1\n\n    def y(self): 1\n";
    let setter = "@x.setter\ndef x(self, value): 1";
    let expected = old.replace("1\n\n", "1\n+1\n    @x.setter\n    def x(self, value): 1\n\n");
    check_insertion(Some("A"), None, setter, old, &expected);
    let refusal = "Method 'x' already exists in class 'A' at line 3. Use modify_function instead.";
    check_insertion(Some("A"), None, "@y.setter\ndef x(self, value): 1", old, refusal);
    check_insertion(Some("A"), None, "def x(self): 2", old, refusal);
    let overloads = "@overload\ndef f(a: int): ...\ndef f(a): pass\n";
    let added = "@typing.overload\ndef f(a: str): ...\n";
    check_insertion(None, None, added, overloads, &overloads.replace("def f(a):", &format!("+2\n{added}def f(a):")));
    check_insertion(None, None, added, "def f(a): pass\n", &format!("+2\n{added}def f(a): pass\n"));
}

const SHOP: &str = "
#- shop/__init__.py
from .cart import Cart
#- shop/cart.py
from . import prices
import shop.files as files
class Cart:
    def total(self): return getattr(self, 'subtotal')
def subtotal_of(cart): pass
#- shop/prices.py
def price(): pass
#- shop/files.py
from ..outside import x
import os, missing
#- src/tools/deep/run.py
from tools.deep.lib import helper
#- src/tools/deep/lib.py
#- scripts/go.py
import beside
#- scripts/beside.py
TOTAL = 1
";

#[test]
fn a_snapshot_answers_by_name() {
    let snapshot = Fixture::parse(SHOP).snapshot(Path::new("/root"));
    let found = |query| {
        let found = snapshot.find_symbol(query, 10).into_iter();
        found.map(|found| format!("{}::{}", found.path, found.symbol.qualname)).collect::<Vec<_>>()
    };
    assert_eq!(found("total"), ["shop/cart.py::Cart.total", "scripts/beside.py::TOTAL", "shop/cart.py::subtotal_of",]);
    assert_eq!(found("Cart.total"), ["shop/cart.py::Cart.total"]);
    assert_eq!(found("cart.py::Cart")[0], "shop/cart.py::Cart");
    assert_eq!(found("sbtl"), ["shop/cart.py::subtotal_of"]);
    assert_eq!(found(""), Vec::<String>::new());
    assert_eq!(snapshot.symbol_count(), 4);
    assert!(snapshot.has_word("subtotal") && !snapshot.has_word("subtot"));
    assert_eq!(snapshot.files_with_word("subtotal"), [&path("shop/cart.py")]);
}

#[test]
fn a_snapshot_knows_who_imports_whom() {
    let snapshot = Fixture::parse(SHOP).snapshot(Path::new("/root"));
    let dependencies = |file| {
        let mut found: Vec<String> = snapshot.dependencies(&path(file)).iter().map(ToString::to_string).collect();
        found.sort();
        found
    };
    assert_eq!(dependencies("shop/__init__.py"), ["shop/cart.py"]);
    assert_eq!(dependencies("shop/cart.py"), ["shop/__init__.py", "shop/files.py", "shop/prices.py"]);
    assert_eq!(dependencies("shop/files.py"), Vec::<String>::new());
    assert_eq!(dependencies("src/tools/deep/run.py"), ["src/tools/deep/lib.py"]);
    assert_eq!(dependencies("scripts/go.py"), ["scripts/beside.py"]);
    assert_eq!(snapshot.dependents(&path("shop/cart.py")), [path("shop/__init__.py")]);
    assert_eq!(snapshot.dependents(&path("shop/__init__.py")), [path("shop/cart.py")]);
    let name = |file| snapshot.module_name(&path(file));
    assert_eq!(
        ["shop/__init__.py", "src/tools/deep/lib.py", "scripts/go.py"].map(name),
        ["shop", "tools.deep.lib", "scripts.go"]
    );
}

/// The highlights of the lines as `kind:text`.
fn highlights(file: &LiveFile, lines: std::ops::Range<u32>) -> Vec<String> {
    let highlights = file.highlights(lines).into_iter();
    highlights.map(|found| format!("{:?}:{}", found.kind, &file.text.text()[found.span.range()])).collect()
}

#[test]
fn the_lines_in_view_are_coloured() {
    let text = "@app.route('/')\nasync def f(self, rows=1):\n    '''doc\n    {x}'''\n    return LIMIT + f'é{len(rows)}\\n'  # é\nclass A(Base): x = None\n";
    let file = LiveFile::new(path("main.py"), Arc::new(FileText::from_text(text)));
    assert_eq!(
        highlights(&file, 1..3),
        [
            "Decorator:@app.route",
            "String:'/'",
            "Keyword:async",
            "Keyword:def",
            "Function:f",
            "Builtin:self",
            "Parameter:rows",
            "Operator:=",
            "Number:1",
        ]
    );
    assert_eq!(
        highlights(&file, 4..6),
        [
            "String:    {x}'''",
            "Keyword:return",
            "Constant:LIMIT",
            "Operator:+",
            "String:f'é",
            "Builtin:len",
            "Escape:\\n",
            "String:'",
            "Comment:# é",
        ]
    );
    assert_eq!(highlights(&file, 6..9), ["Keyword:class", "Class:A", "Class:Base", "Operator:=", "Constant:None"]);
    assert!(file.highlights(std::ops::Range { start: 9, end: 3 }).is_empty());
    let prose = LiveFile::new(path("README.md"), Arc::new(FileText::from_text("def x\n")));
    assert!(prose.highlights(1..2).is_empty());
}

#[test]
fn a_function_s_own_name_is_found_where_it_is_bound() {
    // `?` stands before the name that is asked about, `!` before the place that binds it.
    for marked in [
        "def f(!x):\n    return ?x\n",
        "def f(!?x): pass\n",
        "def f(a, !x: int = 1):\n    return ?x\n",
        "def f(*, !x=1):\n    return ?x\n",
        "def f(*!x):\n    return ?x\n",
        "def f(**!x: int):\n    return ?x\n",
        "def f():\n    !x = 1\n    x = 2\n    return ?x\n",
        "def f():\n    print(?x)\n    !x = 1\n",
        "def f():\n    (a, [!x, *b]) = 1\n    return ?x\n",
        "def f():\n    for i, !x in y: print(?x)\n",
        "def f():\n    with y as !x: print(?x)\n",
        "def f():\n    try: y()\n    except E as !x: print(?x)\n",
        "def f():\n    if (!x := y): print(?x)\n",
        "def f():\n    import !x.y\n    ?x.y()\n",
        "def f():\n    from y import z as !x\n    ?x()\n",
        "def f():\n    from y import !x\n    ?x()\n",
        "def f(y):\n    match y:\n        case [!x, *_]: print(?x)\n",
        "def f(!x):\n    def g():\n        return ?x\n",
        "def f(!x):\n    def g():\n        nonlocal x\n        ?x = 1\n",
        "def f(!x):\n    class A:\n        def g(self): return ?x\n",
        "y = lambda !x: ?x\n",
        "y = [?x for !x in z]\n",
        "def f(x):\n    return {?x for a in b for !x in a}\n",
        // Nothing of a function's own.
        "x = 1\ndef f():\n    return ?x\n",
        "def f():\n    global x\n    ?x = 1\n",
        "def f(x):\n    return g(?x=1)\n",
        "def f(x=?x): pass\n",
        "@?x\ndef f(x): pass\n",
        "def f(x): pass\n?x\n",
        "def f():\n    def g():\n        x = 1\n    return ?x\n",
        "def f(y):\n    y.x = 1\n    y[x] = 1\n    x.y = 1\n    return ?x\n",
        "class A:\n    x = 1\n    def f(self): return ?x\n",
    ] {
        let asked = marked.replace('!', "").find('?').unwrap();
        let bound = marked.replace('?', "").find('!');
        let text = marked.replace(['!', '?'], "");
        let file = LiveFile::new(path("main.py"), Arc::new(FileText::from_text(&text)));
        let found = file.local_binding(Span::new(asked, asked + 1));
        assert_eq!(found.map(|span| span.start as usize), bound, "{marked}");
    }
}

#[test]
fn a_selection_grows_by_syntax() {
    let text = "def f():\n    return g(1, 2)\n";
    let file = LiveFile::new(path("main.py"), Arc::new(FileText::from_text(text)));
    let mut span = Span::new(22, 22);
    let mut grown = Vec::new();
    while span != Span::new(0, text.len()) {
        span = file.expand(span);
        grown.push(&text[span.range()]);
    }
    assert_eq!(grown, ["1", "(1, 2)", "g(1, 2)", "return g(1, 2)", text.trim_end(), text]);
    let prose = LiveFile::new(path("README"), Arc::new(FileText::from_text("ab\ncd\n")));
    assert_eq!(prose.expand(Span::new(4, 4)), Span::new(3, 6));
    assert_eq!(prose.expand(Span::new(3, 6)), Span::new(0, 6));
    assert_eq!(prose.expand(Span::new(90, 99)), Span::new(0, 6));
}

#[test]
fn a_renewed_file_is_as_if_read_anew() {
    let texts = ["x = 1\n", "x = '''1\n", "x = '''1\n'''\ny = f(x)\n", "é = 'ü'\n", "", "x = 1\nx = 1\n"];
    let mut file = LiveFile::new(path("main.py"), Arc::new(FileText::from_text("")));
    for text in texts {
        let text = Arc::new(FileText::from_text(text));
        file = file.renewed(text.clone());
        let anew = LiveFile::new(path("main.py"), text);
        assert_eq!(highlights(&file, 1..9), highlights(&anew, 1..9));
        assert_eq!(file.structure, anew.structure);
    }
}

/// The tests that a change of these files reaches; `*` for all.
#[track_caller]
fn check_reached(changed: &[&str], expected: &[&str]) {
    let fixture = crate::fixture::Fixture::parse(
        "
#- shop/__init__.py
#- shop/cart.py
from shop.prices import price
#- shop/prices.py
def price(): ...
#- shop/letters.py
x = 1
#- tests/conftest.py
#- tests/data/rows.csv
a,b
#- tests/test_cart.py
from shop import cart
#- tests/test_letters.py
import shop.letters
#- tests/deep/conftest.py
from shop.letters import x
#- tests/deep/test_plain.py
#- tests/deep/support.py
import shop.cart
#- tests/deep/cart_test.py
from .support import cart
",
    );
    let snapshot = fixture.snapshot(std::path::Path::new("/project"));
    let mut change_set = flux::text::ChangeSet::default();
    for name in changed {
        let old = fixture.files.get(&path(name)).map(|text| std::sync::Arc::new(flux::text::FileText::from_text(text)));
        change_set.put(path(name), old, Some("y = 2\n".into()));
    }
    match flux::index::TestNames::default().reaching(&snapshot, &change_set) {
        flux::index::ReachingTests::All(_) => assert_eq!(expected, ["*"], "{changed:?}"),
        flux::index::ReachingTests::Files(files) => {
            let files: Vec<&str> = files.iter().map(ProjectPath::as_str).collect();
            assert_eq!(files, expected, "{changed:?}");
        }
    }
}

#[test]
fn the_tests_that_reach_a_change_are_found_along_the_imports() {
    check_reached(&["shop/prices.py"], &["tests/deep/cart_test.py", "tests/test_cart.py"]);
    // A conftest is run for all below it.
    check_reached(
        &["shop/letters.py"],
        &["tests/deep/cart_test.py", "tests/deep/test_plain.py", "tests/test_letters.py"],
    );
    let all = ["tests/deep/cart_test.py", "tests/deep/test_plain.py", "tests/test_cart.py", "tests/test_letters.py"];
    check_reached(&["tests/conftest.py"], &all);
    check_reached(&["shop/__init__.py"], &all);
    check_reached(&["tests/test_new.py"], &["tests/test_new.py"]);
    check_reached(&["shop/alone.py"], &[]);
    // Whoever reads it is not known; of what lies among tests it is known where they stand.
    check_reached(&["settings.ini"], &["*"]);
    check_reached(&["tests/deep/rows.csv"], &["tests/deep/cart_test.py", "tests/deep/test_plain.py"]);
}

#[test]
fn a_bracket_that_is_never_closed_is_named_where_it_stands() {
    for (text, line, message) in [
        ("x = 1\ndef f(rows):\n    return sum(rows\n", 3, "'(' was never closed"),
        ("x = [\n    1,\n    (2, 3),\n", 1, "'[' was never closed"),
        ("x = {'a': [1]\n", 1, "'{' was never closed"),
    ] {
        let structure = FileStructure::parse(&ProjectPath::new("a.py").unwrap(), text);
        let told: Vec<(u32, &str)> = structure.faults.iter().map(|fault| (fault.line, &*fault.message)).collect();
        assert!(told.contains(&(line, message)), "{text}: {told:?}");
    }
}

#[test]
fn a_large_file_is_coloured_as_a_small_one_without_its_tree() {
    let piece = "class A(Base):\n    \"\"\"Text\n    of lines.\"\"\"\n    def total(self, rows: list[int]) -> int:\n        return len(rows) + 1  # all\n\n\n";
    let live = |times: usize| LiveFile::new(path("a.py"), Arc::new(FileText::from_text(&piece.repeat(times))));
    let (small, large) = (live(100), live(9_000));
    for lines in [1..9, 300..340, 3..4, 699..701] {
        assert_eq!(highlights(&large, lines.clone()), highlights(&small, lines));
    }
    // Far down, too: the same seven lines again.
    assert_eq!(highlights(&large, 49_001..49_008), highlights(&small, 1..8));
    // Without a tree whole lines are selected.
    let line = large.lines.line_span(4);
    assert_eq!(large.expand(Span::empty(line.start as usize + 6)), line);
}
