//! The edit room through its door: a file before, an operation, the file afterwards or the refusal.

use std::path::Path;

use flux::edit::{Operation, Refusal, apply};
use flux::index::View;
use flux::text::{ChangeSet, MemorySource, ProjectPath};

use crate::fixture::Fixture;

mod bytes;
mod files;
mod garbage;
mod imports;
mod library;
mod moves;
mod renaming;
mod search;
mod slips;

fn path(raw: &str) -> ProjectPath {
    ProjectPath::new(raw).unwrap()
}

fn add_function(class: &str, code: &str) -> Operation {
    let target_class = (!class.is_empty()).then(|| class.to_owned());
    Operation::AddFunction { path: path("main.py"), code: code.to_owned(), target_class, after: None }
}

fn add_function_after(class: &str, after: &str, code: &str) -> Operation {
    let target_class = (!class.is_empty()).then(|| class.to_owned());
    Operation::AddFunction { path: path("main.py"), code: code.to_owned(), target_class, after: Some(after.to_owned()) }
}

fn add_class(code: &str) -> Operation {
    Operation::AddClass { path: path("main.py"), code: code.to_owned(), after: None }
}

fn modify_function(name: &str, code: &str) -> Operation {
    let (name, code) = (name.to_owned(), code.to_owned());
    Operation::ModifyFunction { path: path("main.py"), name, code, target_class: None }
}

fn modify_class(name: &str, code: &str) -> Operation {
    Operation::ModifyClass { path: path("main.py"), name: name.to_owned(), code: code.to_owned() }
}

fn remove(symbol: &str) -> Operation {
    Operation::RemoveSymbol { path: path("main.py"), symbol: symbol.to_owned() }
}

/// Does the operations on the fixture, one on top of the other.
fn done(fixture: &Fixture, operations: &[Operation]) -> Result<ChangeSet, Refusal> {
    let (source, snapshot) = (fixture.source(), fixture.snapshot(Path::new("/project")));
    let mut pending = ChangeSet::default();
    for operation in operations {
        pending = apply(View { snapshot: &snapshot, pending: &pending, source: &source }, operation)?.change_set;
    }
    Ok(pending)
}

/// The whole text of `main.py` afterwards; `old` is taken as it is, line ends and all.
fn edited(old: &str, operation: &Operation) -> Result<String, Refusal> {
    let mut fixture = Fixture::parse("");
    fixture.files.insert(path("main.py"), old.to_owned());
    let pending = done(&fixture, std::slice::from_ref(operation))?;
    Ok(pending.get(&path("main.py")).map_or_else(|| old.to_owned(), |change| change.new_text().to_owned()))
}

#[track_caller]
fn check(operation: &Operation, old: &str, expected: &str) {
    let (old, expected) = (old.trim_start_matches('\n'), expected.trim_start_matches('\n'));
    match edited(old, operation) {
        Ok(new) => assert!(new == expected, "got:\n{new}\nexpected:\n{expected}\n({new:?})"),
        Err(refusal) => panic!("refused: {refusal}"),
    }
}

#[track_caller]
fn check_refused(operation: &Operation, old: &str, expected: &str) {
    match edited(old.trim_start_matches('\n'), operation) {
        Ok(new) => panic!("was done:\n{new}"),
        Err(refusal) => assert_eq!(refusal.to_string(), expected),
    }
}

const CART: &str = "
import os


class Cart:
    \"\"\"A cart.\"\"\"

    def __init__(self):
        self.rows = []

    # The sum.
    @property
    def total(self):
        return sum(self.rows)


def main():
    Cart()


if __name__ == '__main__':
    main()
";

#[test]
fn a_method_joins_its_class() {
    let expected = CART.replace(
        "sum(self.rows)\n",
        "sum(self.rows)\n\n    def add(self, row):\n        if row:\n            self.rows.append(row)\n",
    );
    for code in [
        "def add(self, row):\n    if row:\n        self.rows.append(row)",
        "    def add(self, row):\n        if row:\n            self.rows.append(row)\n",
        "def add(self, row):\n        if row:\n            self.rows.append(row)\n",
        "\n\n  def add(self, row):\r\n    if row:\r\n      self.rows.append(row)\r\n\n",
        "```python\ndef add(self, row):\n    if row:\n        self.rows.append(row)\n```",
        "   10\t    def add(self, row):\n   11\t        if row:\n   12\t            self.rows.append(row)\n",
        "\tdef add(self, row):\n\t\tif row:\n\t\t\tself.rows.append(row)\n",
    ] {
        check(&add_function("Cart", code), CART, &expected);
    }
}

#[test]
fn a_first_line_without_its_indentation_is_mended() {
    check(
        &add_function("A", "@property\n    def b(self):\n        return 1\n"),
        "class A:\n    x = 1\n",
        "class A:\n    x = 1\n\n    @property\n    def b(self):\n        return 1\n",
    );
}

#[test]
fn a_function_stands_before_the_main_guard() {
    check(
        &add_function("", "# Says so.\n@cache\nasync def say():\n    pass\n"),
        CART,
        &CART.replace("    Cart()\n", "    Cart()\n\n\n# Says so.\n@cache\nasync def say():\n    pass\n"),
    );
    check(
        &add_function_after("Cart", "__init__", "def clear(self):\n    self.rows = []"),
        CART,
        &CART.replace("self.rows = []\n", "self.rows = []\n\n    def clear(self):\n        self.rows = []\n"),
    );
}

#[test]
fn what_a_string_holds_is_no_guard_and_no_comment() {
    let old = "\"\"\"Ends with:\n\nif __name__ == '__main__':\n    main()\n\"\"\"\n\n\ndef a():\n    return 1\n";
    check(&add_function("", "def b():\n    return 2"), old, &format!("{old}\n\ndef b():\n    return 2\n"));
    check(&remove("a"), "X = '''\n# a'''\ndef a():\n    return 1\n", "X = '''\n# a'''\n");
    let overload = "@overload\ndef a(x: int): ...\n";
    check(
        &add_function("", overload),
        "X = '''\n# a'''\ndef a(x):\n    return 1\n",
        &format!("X = '''\n# a'''\n\n\n{overload}\n\ndef a(x):\n    return 1\n"),
    );
}

#[test]
fn the_file_decides_on_tabs_and_line_ends() {
    let code =
        "def b(self, x):\n    if x:\n        return f(\n            x,\n        )\n    return '''\n    as it is\n'''\n";
    check(
        &add_function("A", code),
        "class A:\r\n\tdef a(self):\r\n\t\tpass\r\n",
        "class A:\r\n\tdef a(self):\r\n\t\tpass\r\n\r\n\tdef b(self, x):\r\n\t\tif x:\r\n\t\t\treturn f(\r\n\t\t\t    x,\r\n\t\t\t)\r\n\t\treturn '''\r\n    as it is\r\n'''\r\n",
    );
    check(
        &add_function("A", "def b(self):\n    if 1:\n        pass\n    # c\n    return 1"),
        "class A:\n  def a(self):\n    pass",
        "class A:\n  def a(self):\n    pass\n\n  def b(self):\n    if 1:\n      pass\n    # c\n    return 1\n",
    );
}

#[test]
fn strings_of_several_lines_stay_but_docstrings_move() {
    check(
        &add_function(
            "A",
            "def b(self):\n    \"\"\"Says.\n\n    More.\n    \"\"\"\n    return \"\"\"\nx\n    y\"\"\" + f'''{\n1}\n'''\n",
        ),
        "class A:\n    def a(self):\n        pass\n",
        "class A:\n    def a(self):\n        pass\n\n    def b(self):\n        \"\"\"Says.\n\n        More.\n        \"\"\"\n        return \"\"\"\nx\n    y\"\"\" + f'''{\n1}\n'''\n",
    );
    // What stands further left than the code stays there.
    let odd = "class A:\n    def a(self):\n        \"\"\"Says.\n     More.\"\"\"\n#       x = 1\n        return 1\n";
    check(&modify_function("A.a", odd.strip_prefix("class A:\n").unwrap()), odd, odd);
    // Given as it stands in the file: nothing moves.
    check(
        &modify_function(
            "A.a",
            "    def a(self):\n        \"\"\"Says.\n\n        More.\n        \"\"\"\n        return '''\nx'''\n",
        ),
        "class A:\n    def a(self):\n        pass\n",
        "class A:\n    def a(self):\n        \"\"\"Says.\n\n        More.\n        \"\"\"\n        return '''\nx'''\n",
    );
}

#[test]
fn a_method_takes_the_place_of_a_placeholder() {
    let method = "def a(self):\n    return 1\n";
    let whole = "class A:\n    def a(self):\n        return 1\n";
    for old in ["class A:\n    pass\n", "class A: pass\n", "class A: ...\n"] {
        check(&add_function("A", method), old, whole);
        check(&add_function("A", method), &format!("{old}\nx = 1\n"), &format!("{whole}\nx = 1\n"));
    }
    check(
        &add_function("A", method),
        "class A: pass  # why\n",
        "class A:  # why\n    def a(self):\n        return 1\n",
    );
    check(
        &add_function("A", method),
        "class A: x = 1\n",
        "class A:\n    x = 1\n\n    def a(self):\n        return 1\n",
    );
    check(
        &add_function("A", method),
        "class A:\n    pass  # why\n",
        "class A:\n    pass  # why\n\n    def a(self):\n        return 1\n",
    );
}

#[test]
fn what_is_there_is_not_added_again() {
    check_refused(
        &add_function("Cart", "def total(self):\n    return 0"),
        CART,
        "Method 'total' already exists in class 'Cart' at line 12. Use modify_function instead.",
    );
    check_refused(
        &add_class("class Cart:\n    pass"),
        CART,
        "Class 'Cart' already exists at line 4. Use modify_class instead.",
    );
    check_refused(
        &add_function("Cart", "@total.setter\ndef total(self, new):\n    pass"),
        "class Cart:\n    @property\n    def total(self): ...\n    @total.setter\n    def total(self, new): ...\n",
        "Method 'Cart.total' at line 5 decorated with the same '@total.setter' exists already. Use modify_function instead.",
    );
}

#[test]
fn repeats_that_python_means_are_added() {
    check(
        &add_function("A", "@size.setter\ndef size(self, new):\n    self._size = new"),
        "class A:\n    @property\n    def size(self):\n        return 1\n\n    def b(self):\n        pass\n",
        "class A:\n    @property\n    def size(self):\n        return 1\n\n    @size.setter\n    def size(self, new):\n        self._size = new\n\n    def b(self):\n        pass\n",
    );
    check(
        &add_function("", "@overload\ndef f(x: int) -> int: ...\n"),
        "from typing import overload\n\n\n# Does f.\ndef f(x):\n    return x\n",
        "from typing import overload\n\n\n@overload\ndef f(x: int) -> int: ...\n\n\n# Does f.\ndef f(x):\n    return x\n",
    );
    // Wherever it is wanted, and not above what the system reads first.
    let overload = Operation::AddFunction {
        path: path("main.py"),
        code: "@overload\ndef f(x: int): ...\n".to_owned(),
        target_class: None,
        after: Some("f".to_owned()),
    };
    check(
        &overload,
        "#!/usr/bin/env python3\ndef f(x):\n    return x\n",
        "#!/usr/bin/env python3\n\n\n@overload\ndef f(x: int): ...\n\n\ndef f(x):\n    return x\n",
    );
}

#[test]
fn code_that_is_not_one_definition_is_refused() {
    for (code, why) in [
        ("def f(:\n    pass", "Line 1 of the code does not parse: "),
        (
            "x = 1",
            "The code holds no function definition. Give the whole definition, from its decorators to its last line.",
        ),
        ("def f(): pass\ndef g(): pass", "The code holds 2 definitions ('f', 'g'). Give one for each call."),
        (
            "import os\n\ndef f(): pass",
            "Line 1 of the code stands outside the definition of 'f': `import os`. Use add_import for imports and edit_file for other statements.",
        ),
        (
            "class A:\n    def f(self): pass",
            "The code holds class 'A', not a function alone. Give the function itself, or use add_class or modify_class.",
        ),
        ("", "The code holds no function definition. Give the whole definition, from its decorators to its last line."),
    ] {
        let refusal = edited(CART, &add_function("Cart", code)).unwrap_err();
        assert!(matches!(refusal, Refusal::BadCode(_)), "{refusal:?}");
        assert!(refusal.to_string().starts_with(why), "{refusal}");
    }
}

#[test]
fn a_function_is_rewritten_in_its_place() {
    check(
        &modify_function("Cart.total", "@property\ndef total(self) -> int:\n    return 0\n"),
        CART,
        &CART.replace("def total(self):\n        return sum(self.rows)", "def total(self) -> int:\n        return 0"),
    );
    // Comments above belong to the function: given anew, they take the place of the old ones.
    check(
        &modify_function("Cart.total", "# The sum of all.\n@cached_property\ndef total(self):\n    return 0"),
        CART,
        &CART
            .replace("    # The sum.\n    @property\n", "    # The sum of all.\n    @cached_property\n")
            .replace("sum(self.rows)", "0"),
    );
    check(
        &modify_function("main.py::main()", "def main(): return 1"),
        CART,
        &CART.replace("def main():\n    Cart()", "def main(): return 1"),
    );
    check(&modify_function("f", "def f():\n  return 2"), "def f(): return 1", "def f():\n  return 2");
    let operation = Operation::ModifyFunction {
        path: path("main.py"),
        name: "total".into(),
        code: "@property\ndef total(self): return 0".into(),
        target_class: Some("Cart".into()),
    };
    check(
        &operation,
        CART,
        &CART.replace("def total(self):\n        return sum(self.rows)", "def total(self): return 0"),
    );
}

#[test]
fn a_class_is_rewritten_in_its_place() {
    check(
        &modify_class("Outer.Inner", "class Inner(Base):\n    y = 2\n"),
        "class Outer:\n\tclass Inner:\n\t\tx = 1\n\n\tz = 3\n",
        "class Outer:\n\tclass Inner(Base):\n\t\ty = 2\n\n\tz = 3\n",
    );
}

#[test]
fn a_target_that_is_not_there_is_answered_with_the_nearest() {
    check_refused(
        &modify_function("Cart.totl", "def totl(self): pass"),
        CART,
        "'Cart.totl' is not in 'main.py'. Nearest: method 'Cart.total' at line 12.",
    );
    check_refused(
        &modify_function("total", "def total(self): pass"),
        CART,
        "'total' is not in 'main.py'. Nearest: method 'Cart.total' at line 12.",
    );
    check_refused(
        &modify_function("zzz", "def zzz(self): pass"),
        CART,
        "'zzz' is not in 'main.py'. The file holds: 'Cart.__init__', 'Cart.total', 'main'.",
    );
    check_refused(
        &modify_function("Cart", "def Cart(): pass"),
        CART,
        "'Cart' is a class, at line 4. Use modify_class instead.",
    );
    check_refused(
        &modify_function("main", "def start(): pass"),
        CART,
        "The code defines 'start', but function 'main' at line 16 is to be modified. Keep the name, or use add_function to have both.",
    );
    check_refused(
        &add_function("Crat", "def f(self): pass"),
        CART,
        "Class 'Crat' does not exist in this file. Nearest: 'Cart' (line 4).",
    );
}

#[test]
fn a_name_is_looked_for_in_the_rest_of_the_project() {
    let fixture = Fixture::parse("\n#- main.py\nx = 1\n#- shop/files.py\ndef process_file():\n    pass\n");
    let refusal = done(&fixture, &[modify_function("process_file", "def process_file(): pass")]).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "'process_file' is not in 'main.py'. The file holds nothing of the kind. One of that name is in \
         'shop/files.py' (function 'process_file' at line 1)."
    );
}

const ACCESSORS: &str = "
class A:
    @property
    def size(self):
        return 1

    @size.setter
    def size(self, new):
        pass
";

#[test]
fn accessors_and_overloads_are_addressed_exactly() {
    check(
        &modify_function("A.size", "@size.setter\ndef size(self, new):\n    self.x = new"),
        ACCESSORS,
        &ACCESSORS.replace("        pass", "        self.x = new"),
    );
    check(&remove("A.size.setter"), ACCESSORS, "class A:\n    @property\n    def size(self):\n        return 1\n");
    check_refused(
        &modify_function("A.size", "def size(self):\n    pass"),
        ACCESSORS,
        "'A.size' is defined 2 times in 'main.py':\n1. line 3: @property size(self)\n2. line 7: @size.setter size(self, new)\n\
         Say which by its line, such as 'A.size@3'.",
    );
    check(
        &modify_function("f", "def f(x):\n    return 2"),
        "@overload\ndef f(x: int): ...\n@overload\ndef f(x: str): ...\ndef f(x):\n    return 1\n",
        "@overload\ndef f(x: int): ...\n@overload\ndef f(x: str): ...\ndef f(x):\n    return 2\n",
    );
    check(
        &modify_function("f", "@overload\ndef f(x: str): pass"),
        "@overload\ndef f(x: int): ...\n@overload\ndef f(x: str): ...\ndef f(x):\n    return 1\n",
        "@overload\ndef f(x: int): ...\n@overload\ndef f(x: str): pass\ndef f(x):\n    return 1\n",
    );
}

const TWICE: &str = "
if x:
    class A:
        def f(self):
            return 1
else:
    class A:
        def f(self):
            return 2

        @overload
        def f(self, x): ...
";

#[test]
fn one_of_several_is_addressed_by_its_line() {
    check(&modify_function("A.f@3", "def f(self):\n    return 3"), TWICE, &TWICE.replace("return 1", "return 3"));
    check(&modify_function("A@6.f@7", "def f(self):\n    return 3"), TWICE, &TWICE.replace("return 2", "return 3"));
    // A decorator's line is the definition's as well.
    check(&remove("A@6.f@10"), TWICE, &TWICE.replace("\n        @overload\n        def f(self, x): ...\n", ""));
    check(
        &add_function("A@2", "def g(self):\n    return 0"),
        TWICE,
        &TWICE.replace("return 1\n", "return 1\n\n        def g(self):\n            return 0\n\n"),
    );
    check(
        &add_function_after("A@6", "f@7", "def g(self):\n    return 0"),
        TWICE,
        &TWICE.replace("return 2\n", "return 2\n\n        def g(self):\n            return 0\n"),
    );
    check_refused(
        &remove("A@6.f@8"),
        TWICE,
        "'A.f' is defined 3 times in 'main.py':\n1. line 3: f(self)\n2. line 7: f(self)\n3. line 11: @overload f(self, x)\n\
         Say which by its line, such as 'A.f@3'.",
    );
    check_refused(
        &add_function("A", "def g(self): pass"),
        TWICE,
        "Class 'A' is defined 2 times, at lines 2, 6. Say which by its line, such as 'A@2'.",
    );
    check_refused(
        &remove("f@2"),
        "def f(): pass\n",
        "'f' stands elsewhere in 'main.py':\n1. line 1: f()\nSay which by its line, such as 'f@1'.",
    );
}

#[test]
fn a_getter_stands_before_what_is_made_from_it() {
    let getter = "    @property\n    def size(self):\n        return 1\n\n";
    check(&add_function("A", "@property\ndef size(self):\n    return 1"), &ACCESSORS.replace(getter, ""), ACCESSORS);
    check_refused(
        &add_function("A", "def size(self):\n    return 1"),
        ACCESSORS,
        "Method 'size' already exists in class 'A' at line 3. Use modify_function instead.",
    );
}

#[test]
fn a_symbol_goes_with_what_belongs_to_it() {
    check(
        &remove("Cart.total"),
        CART,
        &CART.replace("\n    # The sum.\n    @property\n    def total(self):\n        return sum(self.rows)\n", ""),
    );
    check(&remove("Cart.__init__"), CART, &CART.replace("    def __init__(self):\n        self.rows = []\n\n", ""));
    check(&remove("main"), CART, &CART.replace("\n\ndef main():\n    Cart()\n", ""));
    check(
        &remove("A.f"),
        "class A:\n    def f(self):\n        pass\n        # of f\n\n\nx = 1\n",
        "class A:\n    pass\n\n\nx = 1\n",
    );
    check(&remove("f"), "#!/usr/bin/python\ndef f(): pass\n\n\nx = 1\n", "#!/usr/bin/python\n\n\nx = 1\n");
    check(&remove("f"), "x = 1\n\n\ndef f(): pass\n", "x = 1\n");
    check(&remove("f"), "def f(): pass", "");
    check(&remove("LIMIT"), "A = 1\nLIMIT = (\n    3\n)  # so many\nB = 2\n", "A = 1\nB = 2\n");
    check(&remove("Cart"), "class Cart:\r\n    x = 1\r\n\r\n\r\ndef f():\r\n    pass\r\n", "def f():\r\n    pass\r\n");
    check_refused(&remove("a"), "a = b = 1\n", "'a' is bound at line 1 together with 'b'. Use edit_file instead.");
    check_refused(&remove("a"), "a = 1; b = 2\n", "Line 1 holds more than 'a'. Use edit_file instead.");
}

#[test]
fn a_broken_file_can_be_edited_where_it_is_clear() {
    let broken = "def f():\n    x = (1,\n        2\n    return x\n";
    check(&modify_function("f", "def f():\n    return 1"), broken, "def f():\n    return 1\n");
    check(
        &modify_function("g", "def g(): pass"),
        &format!("def g():\n    return 0\n\n\n{broken}"),
        &format!("def g(): pass\n\n\n{broken}"),
    );
    let swallowing = "def f():\n    return (\n\ndef g():\n    pass\n";
    let refusal = edited(swallowing, &modify_function("f", "def f():\n    return 1")).unwrap_err();
    assert!(refusal.to_string().starts_with("Where function 'f' at line 1 ends cannot be told: line "), "{refusal}");
}

#[test]
fn what_is_mended_is_told() {
    let fixture = Fixture::parse("x = 1\n");
    let (source, snapshot): (MemorySource, _) = (fixture.source(), fixture.snapshot(Path::new("/project")));
    let pending = ChangeSet::default();
    let view = View { snapshot: &snapshot, pending: &pending, source: &source };
    let applied = apply(view, &add_function("", "~~~py\ndef f():\n    pass\n~~~\n")).unwrap();
    assert_eq!(applied.notes, ["A markdown fence around the code was taken off."]);
    let (search, replace) = ("x = 1\n".to_owned(), "```python\nx = 2\n```\n".to_owned());
    let applied = apply(view, &Operation::EditFile { path: path("main.py"), search, replace }).unwrap();
    assert_eq!(applied.change_set.get(&path("main.py")).unwrap().new_text(), "x = 2\n");
    let add_import = |code: &str| Operation::AddImport { path: path("main.py"), code: code.to_owned() };
    let applied = apply(view, &add_import("import os")).unwrap();
    assert_eq!(applied.notes, [""; 0]);
    let view = View { pending: &applied.change_set, ..view };
    let again = apply(view, &add_import("import os")).unwrap();
    assert_eq!(again.change_set, applied.change_set);
    assert_eq!(again.notes.len(), 1, "{:?}", again.notes);
}

#[test]
fn operations_build_on_what_is_pending() {
    let fixture = Fixture::parse("class A:\n    pass\n");
    let operations = [
        add_function("A", "def a(self): return 1"),
        add_function("A", "def b(self): return 2"),
        modify_function("A.a", "def a(self): return 3"),
    ];
    let pending = done(&fixture, &operations).unwrap();
    let change = pending.get(&path("main.py")).unwrap();
    assert_eq!(change.old_text(), "class A:\n    pass\n");
    assert_eq!(change.new_text(), "class A:\n    def a(self): return 3\n\n    def b(self): return 2\n");
}
