//! Whatever comes, nothing panics, and what was asked for alone is done.

use flux::edit::{Operation, Refusal};
use flux::index::FileStructure;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::{edited, path};

/// Pieces that texts and code are made of: in most orders no Python at all.
const PIECES: [&str; 44] = [
    "\n",
    "\n",
    "\n\n",
    "\r\n",
    "\r",
    "    ",
    "    ",
    "\t",
    " ",
    "\u{c}",
    "\u{feff}",
    "é",
    "日本",
    "def f():\n",
    "def g(self): pass\n",
    "class A:\n",
    "class B: pass\n",
    "class C: x = 1\n",
    "    def m(self):\n        return 1\n",
    "@property\n",
    "@m.setter\n",
    "async ",
    "if x:\n",
    "else:\n",
    "try:\n",
    "\"\"\"",
    "'''x\n  y'''",
    "f'''{\n1}'''",
    "(",
    ")",
    ",",
    "\\\n",
    "# c\n",
    "    # c\n",
    "import os\n",
    "from x import a, b\n",
    "from . import (\n    c,\n)\n",
    "from __future__ import y\n",
    "x = 1",
    "; y = 2\n",
    "pass\n",
    "return\n",
    "```python\n",
    "```\n",
];

/// Whole statements: put together in any order they are Python.
const STATEMENTS: [&str; 26] = [
    "def f():\n    return 1\n",
    "def f(): pass\n",
    "# about g\n@cache\ndef g(a, *, b=1):\n\n    if a:\n        return b\n    # at the end\n",
    "class A:\n    def m(self):\n        \"\"\"Doc.\n\n        More.\n        \"\"\"\n        return '''\nx\n'''\n",
    "class A:\n\tx = 1\n\n\t@property\n\tdef m(self): return 1\n\t@m.setter\n\tdef m(self, new): pass\n",
    "class A: pass\n",
    "class A: x = 1; y = 2  # c\n",
    "class B(\n    A,\n):\n  class C:\n    ...\n",
    "class B:\n    pass  # c\n\n\n",
    "class C:\n    '''Doc.'''\n",
    "@overload\ndef f(x: int): ...\n",
    "if x:\n    def f():\n        pass\nelse:\n    f = None\n",
    "try:\n    import json\nexcept ImportError:\n    json = None\n",
    "\"\"\"Doc.\"\"\"\n",
    "#!/usr/bin/python\n# coding: utf-8\n",
    "\n\n",
    "# c\n",
    "x = (1,\n  2)\n",
    "a = b = 1; c = 2\n",
    "import os, sys\n",
    "import a.b as c; import d\n",
    "from x import a, \\\n    b\n",
    "from x import (  # why\n    a,\n    b as c,  # x, y\n)\n",
    "from . import (c,)\n",
    "from __future__ import annotations\n",
    "if __name__ == '__main__':\n    f()",
];

fn text() -> impl Strategy<Value = String> {
    let pieces = prop::collection::vec(prop::sample::select(&PIECES[..]), 0..14).prop_map(|pieces| pieces.concat());
    let whole = prop::collection::vec(prop::sample::select(&STATEMENTS[..]), 0..6).prop_map(|all| all.concat());
    prop_oneof![1 => pieces, 2 => whole, 1 => code(), 1 => code().prop_map(|code| code.replace('\n', "\r\n"))]
}

/// One statement, at some indentation.
fn code() -> impl Strategy<Value = String> {
    let indent = prop::sample::select(&["", "    ", "  ", "\t", "        "][..]);
    (prop::sample::select(&STATEMENTS[..]), indent)
        .prop_map(|(code, indent)| code.split_inclusive('\n').map(|line| format!("{indent}{line}")).collect())
}

fn cases() -> u32 {
    std::env::var("FLUX_CASES").ok().and_then(|count| count.parse().ok()).unwrap_or(1_000)
}

fn name() -> impl Strategy<Value = String> {
    prop::sample::select(&["f", "g", "A", "A.m", "B", "C", "C.x", "x", "", ".", "A.", "m.setter", "é", "a b"][..])
        .prop_map(str::to_owned)
}

fn operation() -> impl Strategy<Value = Operation> {
    let file = || path("main.py");
    let maybe = || prop::option::of(name());
    prop_oneof![
        (text(), maybe(), maybe()).prop_map(move |(code, target_class, after)| Operation::AddFunction {
            path: file(),
            code,
            target_class,
            after
        }),
        (text(), name(), maybe()).prop_map(move |(code, name, target_class)| Operation::ModifyFunction {
            path: file(),
            name,
            code,
            target_class
        }),
        (text(), maybe()).prop_map(move |(code, after)| Operation::AddClass { path: file(), code, after }),
        (text(), name()).prop_map(move |(code, name)| Operation::ModifyClass { path: file(), name, code }),
        name().prop_map(move |symbol| Operation::RemoveSymbol { path: file(), symbol }),
        text().prop_map(move |code| Operation::AddImport { path: file(), code }),
        (text(), text()).prop_map(move |(search, replace)| Operation::EditFile { path: file(), search, replace }),
        text().prop_map(move |content| Operation::WriteFile { path: file(), content }),
    ]
}

/// The parts in their order, with anything between them.
fn holds_in_order(text: &str, parts: &str) -> bool {
    let mut rest = text.chars().filter(|c| !c.is_whitespace());
    parts.chars().filter(|c| !c.is_whitespace()).all(|part| rest.any(|c| c == part))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, rng_seed: RngSeed::Fixed(1), ..ProptestConfig::default() })]

    #[test]
    fn nothing_panics_and_a_whole_file_stays_whole(old in text(), operation in operation()) {
        let is_whole = |text: &str| FileStructure::parse(&path("main.py"), text).faults.is_empty();
        match edited(&old, &operation) {
            Ok(new) => {
                prop_assert!(!is_whole(&old) || is_whole(&new), "{old:?}\n{new:?}");
                let adds = matches!(operation, Operation::AddImport { .. } | Operation::AddClass { .. });
                prop_assert!(!adds || holds_in_order(&new, &old), "{old:?}\n{new:?}");
            }
            Err(refusal) => {
                prop_assert!(!refusal.to_string().is_empty());
                prop_assert!(!matches!(refusal, Refusal::Unreadable(_)), "{refusal}");
            }
        }
    }
}
