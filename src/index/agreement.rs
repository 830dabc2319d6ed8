//! Whether what is recognised is what the parser's tree says, text by text.
//!
//! `FLUX_RECOGNISE=FOLDER` asks it of every source below a folder, as it is and changed at random (`FLUX_CASES` times a
//! file, twenty unless told), and says how many were recognised.

use std::cell::Cell;
use std::fs;
use std::path::PathBuf;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::parse::{parse_by_tree, recognise};
use crate::text::ProjectPath;

/// Whether the text is recognised; if so, as the tree has it.
fn agrees(text: &str) -> Result<bool, String> {
    let Some(recognised) = recognise(text) else { return Ok(false) };
    let path = ProjectPath::new("a.py").map_err(|why| why.to_string())?;
    let parsed = parse_by_tree(&path, text);
    if recognised == parsed {
        return Ok(true);
    }
    Err(format!("{text}\n--- recognised\n{recognised:#?}\n--- by the tree\n{parsed:#?}"))
}

#[track_caller]
fn is_recognised(text: &str) -> bool {
    agrees(text).unwrap_or_else(|why| panic!("{why}"))
}

/// Each is recognised.
const RIGHT: &[&str] = &[
    "",
    "\n\n# a comment\n",
    "'''Said of the module.'''\nimport os\n",
    "('said' \"twice\")\nx = 1",
    "b'no docstring'\n",
    "'no'.docstring\n",
    "x",
    "x; y;\n",
    "import a, b.c as d, match.case\n",
    "from . import a\nfrom .... import b as c\nfrom ...x.y import (\n    a,  # why\n    b as c,\n)\nfrom z import *\n",
    "x = y = 1\nx: int = 3\ny: 'str'\nz.w: int = 1\na[0]: int\nx += 1\nx @= yield_\nx //= 2 ; y **= 3; z >>= 1\n",
    "a, (b, [c, *d]), e.f, g[0], h()['k'] = i = (j), k = v\n",
    "for x, *y in z: pass\nfor (a, b) in c, d:\n    pass\nelse:\n    e\n",
    "if a: b\nelif c:\n    d\nelif e := f(): g\nelse:\n    h = 1\n",
    "while x:\n    break\nelse: pass\n",
    "try:\n    a\nexcept A: pass\nexcept (B, C) as d:\n    pass\nexcept:\n    raise\nelse:\n    x = 1\nfinally: pass\n",
    "try: a\nfinally: b\ntry: a\nexcept* A: b\n",
    "try: a\nexcept A, B: b\n",
    "with a as b, c(): pass\nwith (a): pass\nwith (a, b): pass\nwith (a as b): pass\nwith (a as b, c,): pass\nwith (a).b() as c: d\nwith (a, b) as c: d\nwith (a) as b, c: d\n",
    "async def f():\n    async with a as b: await c\n    async for d in e: await f ** -await g\n    return [x async for x in y]\n",
    "@a\n@b.c(1,\n   2)  # why\n\n@d[0]\nclass A(B, *c, metaclass=M, **k):\n    '''doc'''\n    x = 1\n    y: int\n    def f(self): self.z = 1\n\n    @property\n    async def g(self, /, a, b=1, *c, d, e=2, **f) -> 'int': pass\n",
    "def f(\n    a,\n    *,\n    b: int = {'k': [1, 2]},  # why\n    c=(\n        1,\n    ),\n) -> dict[\n    str, int\n]:\n    def inner(): pass\n    x = 1\n",
    "def f(*args: *Ts, **kwargs: int): return *args, 1\n",
    "def f(x, y=lambda a, *b, c=1, **d: a if b else lambda: c): yield\n",
    "class A[T: int = str, *U, **P]: pass\ndef f[T](x: T) -> T: pass\ntype X[T] = list[T]\n",
    "x = [a, *b]\nx = {**a, 'b': c, **d}\nx = {a, *b}\nx = {}\nx = ()\nx = a,\nx = [\n]\n",
    "x = [a for a in b if c if d for e, f in g]\nx = {a: b for a in b}\nx = {a for a in b}\nx = (a for a in b)\nf(a for a in b)\nf((a for a in b), c)\n",
    "f(a, *b, c=d, *e, **f, g=h)\nf(a := 1, **b)\nf(*a or b, not c)\n",
    "x = a[1:2, ::3, ...], b[:], c[d:], e[f := 1], g[*h], i[j, ]\n",
    "x = not a and -b ** ~c or d not in e is not f <= g < h == i != j in k is l\n",
    "x = a if b else c if d else e\nx = (yield)\nx = yield a, *b\nx = yield from c\n",
    "x = 0x_fF, 0o17, 0b1_0, 1_000, 1.5, .5e-3, 1e5, 1.J, 0, 0.0, 10j\n",
    r#"x = 'a\'b' "\x41\u0041\U0001F600\
" r'\x' R"\'", b'\x00\777' "#,
    "x = b'a' rb'\\x' Br\"c\"\nx = u'a' 'b' f'{c}' 'd'\n",
    "x = '''a\n'b' \"\n''' + \"\"\"\\\"\"\" \"\"\"\n",
    "x = f'{a}{b!r}{c:>{d}}{e=}{f=!s:^8} {{}} {g[\"h\"]:%Y-%m} \\x41' rf'\\d{i}'\n",
    "x = f'''{a\n} {b['c']} \"'''\nx = f'{a[\"b\"]}' f\"{c(d, e=f, *g)} {(lambda: 1)()} {{a: b}}\"\n",
    "x = f'{'a'}' f\"{'\\n'.join(a)}\" f'{f'{a}'}'\n",
    "x = (\n    a  # why\n    + b\n)\nx = a \\\n    + b\n",
    "del a, b.c, (d, [e]), f[0],\nassert a, b\nglobal a, b\nnonlocal c\nraise\nraise a from b\nreturn\n",
    "match = case = type = lazy = 1\nmatch.x\nmatch(a)\nmatch[0]\ntype(x)\nprint(type, match)\n_ = type\n",
    "if x:\r\n    y = '''\r\n'''\r\nelse:\r\n    z\r\n",
    "if x:\n\ty\n\tif z:\n\t\tw\n",
    "\x0cimport a\n\x0c\nif x:\n    y\n\x0c\n    z\n",
    "if x:\n        y\n  # less\n\n        z\nw\n   \n",
    "größe = 1\n'größe'; x = 1  # größe\n",
    "x = '\u{1f600}' # \u{1f600}\ndef f(a='é'): pass\n",
];

/// Each is left to the tree, or its parser finds nothing wrong either.
const UNUSUAL: &[&str] = &[
    "\u{feff}x = 1\n",
    " x = 1\n",
    "if x:\npass\n",
    "if x:\n    a\n  b\n",
    "if x:\n\ta\n        b\n",
    "if x:\n    a\n\tb\n",
    "x = 1\r\ry = 2\n",
    "x = 'a\n",
    "x = '''a\n",
    "x = f'{a'\n",
    "x = f'{a!x}' f'{}' f'{a:{b:{c}}}' f'}'\n",
    "x = f'{lambda x: 1}' f'{a:\n}'\n",
    "x = f'{a if b else lambda x:{1}}'\n",
    "x = f'{x:=5}' f'{x!r:\\n}' f'\\{a}' f'\\N{DASH}'\n",
    "x = f'{*a}' f'{yield}' f'{a #}'\n",
    "x = f'''{a # why\n}'''\n",
    "x = f'{a\n}'\n",
    "x = t'{a}'\n",
    "x = b'é'\nx = b'a' 'c'\n",
    "x = '\\x4' '\\u12' '\\U00110000' '\\N{no such name}'\n",
    "x = 012\n",
    "x = 1_\n",
    "x = 1__0\n",
    "x = 1._5\n",
    "x = 0x\n",
    "x = 1if a else b\n",
    "x = 0xfor y\n",
    "x = $\n",
    "x = a \\ \n",
    "x = (a\n",
    "x = a)\n",
    "x = [a)\n",
    "f() = 1\n",
    "a + b = 1\n",
    "(a, b + c) = 1\n",
    "[a, b]: int\n",
    "a, b += 1\n",
    "(a): int = 1\n",
    "(a).b, c = 1\n",
    "*a = b\n",
    "*a\n",
    "None = 1\n",
    "x = *a\n",
    "x = *a or b\n",
    "del f()\n",
    "del *a\n",
    "del (a, *b)\n",
    "for f() in x: pass\n",
    "for x in *a, b: pass\n",
    "with a as f(): pass\n",
    "with (a := b): pass\n",
    "with (a, *b): pass\n",
    "with (a for a in b): pass\n",
    "with (yield): pass\n",
    "with (a as b) as c: pass\n",
    "with a,: pass\n",
    "f(a=1, b)\n",
    "f(**a, b)\n",
    "f(**a, *b)\n",
    "f(a for a in b, c)\n",
    "f(a for a in b,)\n",
    "f(a.b=1)\n",
    "f((a)=1)\n",
    "f(a b)\n",
    "f(,)\n",
    "class A(a for a in b): pass\n",
    "def f(a=1, b): pass\n",
    "def f(*): pass\n",
    "def f(*, **a): pass\n",
    "def f(*a, *b): pass\n",
    "def f(*a, *, b): pass\n",
    "def f(**a, b): pass\n",
    "def f(/, a): pass\n",
    "def f(a, /, b, /): pass\n",
    "def f(*a=1): pass\n",
    "def f((a, b)): pass\n",
    "def f(a, *, b, /): pass\n",
    "def f() -> a, b: pass\n",
    "def f(): if x: pass\n",
    "x = not\n",
    "x = a not b\n",
    "x = a + not b\n",
    "x = await await a\n",
    "x = await -a\n",
    "x = lambda: yield\n",
    "x = a or lambda: b\n",
    "x = yield == 1\n",
    "x = a := 1\n",
    "(a.b := 1)\n",
    "x = [*a for a in b]\n",
    "x = {**a for a in b}\n",
    "x = {*a: b}\n",
    "x = {a: *b}\n",
    "x = {**a or b}\n",
    "x = {a: b, c}\n",
    "x = a[]\n",
    "x = a[*b:c]\n",
    "x = a[b := 1:c]\n",
    "import a,\n",
    "import a.\n",
    "import a . b\n",
    "from import a\n",
    "from .12 import a\n",
    "from a import (b)\nfrom a import (*)\n",
    "from a import b,\n",
    "from a import *, b\n",
    "raise a, b\n",
    "raise;\n",
    "print 'a'\n",
    "exec 'a' in b\n",
    "try: a\n",
    "try: a\nexcept A, B as c: d\n",
    "try: a\nexcept A: b\nexcept* C: d\n",
    "try: a\nelse: b\nfinally: c\n",
    "else: a\n",
    "if a: b\n    else: c\n",
    "@a\nx = 1\n",
    "@(a)\ndef f(): pass\n",
    "@a; b\ndef f(): pass\n",
    "match a:\n    case 1: pass\n",
    "match (a):\n    case 1: pass\n",
    "match (a): int\n",
    "match -a:\n    case b: pass\n",
    "lazy import a\n",
    "type X = int\ntype (X) = int\n",
    "class: pass\n",
    "class A(B: pass\n",
    "def f(a: pass\n",
    "def größe(): pass\n",
    "ﬁ = 1\n",
    "x² = 1\n",
    "x = 'a' if\n",
    "x = 1 2\n",
    ";\n",
    "x;;\n",
    "x; if y: z\n",
    "def f(\n    a=f'{b}',\n): pass\n",
    "@a(\n    f'{b}')\ndef f(): pass\n",
    "x = 1\0\n",
    "\\\nx = 1\n",
    "if x:\n    \\\n    y\n",
    "x = 1 \\",
    "x = 1 \\\n",
    "async x\n",
    "def f(a, lambda): pass\n",
    "x.if\n",
    "?x\n",
    "x = !ls\n",
    "%magic\n",
];

#[test]
fn what_is_right_is_recognised() {
    let not: Vec<&&str> = RIGHT.iter().filter(|text| !is_recognised(text)).collect();
    assert!(not.len() == 1 && not[0].starts_with("größe"), "not recognised: {not:#?}");
}

#[test]
fn what_is_unusual_is_never_taken_for_something_else() {
    let recognised = UNUSUAL.iter().filter(|text| is_recognised(text)).count();
    assert!(recognised * 10 < UNUSUAL.len(), "{recognised} of them are usual");
    let nested = |open: &str, close: &str, depth| format!("x = {}1{}\n", open.repeat(depth), close.repeat(depth));
    for depth in [1, 10, 59, 60, 61, 200, 5_000] {
        for (open, close) in
            [("(", ")"), ("[", "]"), ("{1: ", "}"), ("f(", ")"), ("a[", "]"), ("lambda: ", ""), ("not ", "")]
        {
            assert_eq!(is_recognised(&nested(open, close, depth)), depth <= 60 || open == "not ", "{open} {depth}");
        }
    }
    for depth in [1, 50, 98, 99, 100, 101, 250] {
        let text: String = (0..depth).map(|level| format!("{}if x:\n", " ".repeat(level))).collect();
        assert_eq!(is_recognised(&format!("{text}{}y = 1\n", " ".repeat(depth))), depth < 100);
    }
}

/// Each statement behind and within each other one.
#[test]
fn statements_stand_side_by_side() {
    for text in RIGHT {
        for other in RIGHT {
            let _ = is_recognised(&format!("{text}\n{other}"));
            let indented: String = other.lines().map(|line| format!("    {line}\n")).collect();
            let _ = is_recognised(&format!("class A:\n{indented}\ndef f():\n{indented}"));
            let _ = is_recognised(&format!("x = ({}\n{})\n", text.trim_end(), other.trim_end()));
        }
    }
}

/// What changes put into a text.
const BITS: &[&str] = &[
    " ",
    "\n",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    "=",
    "*",
    "**",
    "/",
    ".",
    "\"",
    "'",
    "\"\"\"",
    "\\",
    "#",
    "@",
    ":=",
    "->",
    "!",
    "+",
    "-",
    "~",
    "not ",
    " in ",
    " is ",
    " if ",
    " else ",
    " for ",
    "async ",
    "await ",
    "lambda ",
    "lambda: ",
    "yield ",
    "yield",
    " from ",
    "import ",
    " as ",
    "def ",
    "class ",
    "return ",
    "pass",
    "0",
    "1_",
    "0x",
    "1.",
    "1e5",
    "1j",
    "x",
    "f'",
    "f\"{x}\"",
    "b''",
    "rb\"\"",
    "u",
    "match ",
    "type ",
    "case ",
    "lazy ",
    "print ",
    "None",
    "...",
    ";",
    "\t",
    "    ",
    "\r\n",
    "\r",
    "\x0c",
    "é",
    "del ",
    "raise ",
    "try:",
    "except ",
    "finally:",
    "with ",
    "global ",
    "==",
    "<",
    ">",
    "//",
    "%",
    "|=",
    "x=",
    "*x",
    "**x",
    "x,",
    "*,",
    "/,",
    "\\x4",
    "\\N{x}",
    "{{",
    "}}",
    "!r",
    ":>3",
    "x for x in y",
    "elif x:\n",
    "else:\n",
    "\\\n",
    "# c\n",
    "\"a\" b\"c\"",
    "x := 1",
    "(yield)",
    "f'{x:{y}}'",
];

/// A change at a place, both told by numbers that may be any.
#[derive(Debug, Clone)]
struct Change {
    kind: u8,
    at: usize,
    with: usize,
}

fn change() -> impl Strategy<Value = Change> {
    (0..8u8, any::<usize>(), any::<usize>()).prop_map(|(kind, at, with)| Change { kind, at, with })
}

fn changed(text: &str, change: &Change) -> String {
    let boundary =
        |text: &str, at: usize| (0..=at % (text.len() + 1)).rfind(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let line = |at: usize| {
        let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
        start..text[at..].find('\n').map_or(text.len(), |len| at + len + 1)
    };
    let at = boundary(text, change.at);
    let bit = BITS[change.with % BITS.len()];
    let word =
        at..text[at..].find(|c: char| !c.is_alphanumeric()).map_or(text.len(), |len| at + len.max(1)).min(text.len());
    let word = if text.is_char_boundary(word.end) { word } else { at..at };
    let mut new = text.to_owned();
    match change.kind {
        0 => new.replace_range(word, ""),
        1 => new.replace_range(word, bit),
        2 => new.replace_range(line(at), ""),
        3 => {
            let to = line(boundary(text, change.with)).start;
            new.insert_str(to, &text[line(at)]);
        }
        4 => {
            let end = boundary(text, (at + change.with % 40).min(text.len()));
            let part = &text[at..end];
            new.insert_str(boundary(text, change.with), part);
        }
        _ => new.insert_str(at, bit),
    }
    new
}

#[test]
fn changed_texts_agree() {
    let (recognised, all) = (Cell::new(0), Cell::new(0));
    let cases = std::env::var("FLUX_CASES").ok().and_then(|count| count.parse().ok()).unwrap_or(3_000);
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(cases) });
    let texts = (0..RIGHT.len(), 0..RIGHT.len(), prop::collection::vec(change(), 1..3));
    let outcome = runner.run(&texts, |(first, second, changes)| {
        let text = format!("{}\n{}", RIGHT[first].trim_end(), RIGHT[second]);
        let text = changes.iter().fold(text, |text, change| changed(&text, change));
        let is_one = agrees(&text).map_err(TestCaseError::fail)?;
        recognised.set(recognised.get() + u32::from(is_one));
        all.set(all.get() + 1);
        Ok(())
    });
    outcome.unwrap_or_else(|why| panic!("{why}"));
    // A recogniser that refuses everything would agree as well.
    assert!(recognised.get() * 5 > all.get(), "{recognised:?} of {all:?} recognised");
}

#[test]
fn a_folder_agrees() {
    let Some(folder) = std::env::var_os("FLUX_RECOGNISE") else { return };
    let cases: usize = std::env::var("FLUX_CASES").ok().and_then(|count| count.parse().ok()).unwrap_or(20);
    let (mut file_count, mut recognised_count, mut changed_count, mut changed_recognised) = (0, 0, 0, 0);
    let mut folders = vec![PathBuf::from(folder)];
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 20) as usize
    };
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            let (place, kind) = (entry.path(), entry.file_type().unwrap());
            if kind.is_dir() {
                folders.push(place);
                continue;
            }
            let is_source = place.extension().is_some_and(|extension| extension == "py" || extension == "pyi");
            let Some(text) = is_source.then(|| fs::read_to_string(&place).ok()).flatten() else { continue };
            let agreed = |text: &str| agrees(text).unwrap_or_else(|why| panic!("{}: {why}", place.display()));
            file_count += 1;
            recognised_count += usize::from(agreed(&text));
            for _ in 0..cases {
                let change = Change { kind: next() as u8 % 8, at: next(), with: next() };
                changed_count += 1;
                changed_recognised += usize::from(agreed(&changed(&text, &change)));
            }
        }
    }
    println!(
        "{recognised_count} of {file_count} files recognised, {changed_recognised} of {changed_count} changed ones"
    );
}
