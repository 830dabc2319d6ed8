//! What no edit touched is byte for byte as before, however the file is spelled.

use std::sync::Arc;

use flux::edit::{Operation, Refusal, apply};
use flux::index::{Snapshot, View};
use flux::text::{ChangeSet, FileText, MemorySource};

use super::{add_function, check, modify_class, modify_function, path, remove};

/// The bytes of `main.py` as they would be written.
fn written(old: &[u8], operation: &Operation) -> Result<Vec<u8>, Refusal> {
    let base = Arc::new(FileText::decode(old).unwrap());
    let mut source = MemorySource::default();
    source.files.insert(path("main.py"), base.clone());
    let (snapshot, pending) = (Snapshot::default(), ChangeSet::default());
    let applied = apply(View { snapshot: &snapshot, pending: &pending, source: &source }, operation)?;
    let change = applied.change_set.get(&path("main.py")).expect("something changed");
    Ok(base.encode(change.new_text()).unwrap())
}

fn edit(search: &str, replace: &str) -> Operation {
    Operation::EditFile { path: path("main.py"), search: search.to_owned(), replace: replace.to_owned() }
}

fn write(content: &str) -> Operation {
    Operation::WriteFile { path: path("main.py"), content: content.to_owned() }
}

#[test]
fn mixed_line_ends_stay_where_they_are() {
    let old = "class A:\r\n    def f(self):\n        x = 1\r\n        \n        return x\n";
    let code = "def f(self):\n    x = 1\n\n    return x + 1\n";
    check(&modify_function("A.f", code), old, &old.replace("return x", "return x + 1"));
    check(&write(&old.replace("\r\n", "\n").replace("x = 1", "x = 2")), old, &old.replace("x = 1\r\n", "x = 2\n"));
    check(&write("a = 1\nb = 2\n"), "a = 1", "a = 1\nb = 2\n");
    check(&write("a = 1"), "a = 1\r\nb = 2\r\n", "a = 1");
}

#[test]
fn white_space_in_strings_is_what_the_code_says() {
    let old = "def f():\n    x = '''\n    \n'''\n    \n    return x\n";
    check(
        &modify_function("f", "def f():\n    x = '''\n\n'''\n\n    return x\n"),
        old,
        &old.replacen("    \n", "\n", 1),
    );
}

#[test]
fn page_breaks_stay() {
    let old = "\x0cdef f():\n    return 1\n\x0c\n\x0cclass A:\n    x = 1\n    \x0c\n    def g(self): pass\n";
    check(&modify_function("f", "def f():\n    return 2\n"), old, &old.replace("return 1", "return 2"));
    check(&modify_function("f", "\x0cdef f():\n    return 2\n"), old, &old.replace("return 1", "return 2"));
    check(&modify_class("A", "class A:\n    x = 2\n\n    def g(self): pass\n"), old, &old.replace("x = 1", "x = 2"));
    check(
        &add_function("A", "def h(self):\n    return 3"),
        old,
        &format!("{old}\n    def h(self):\n        return 3\n"),
    );
    check(&remove("A.x"), "class A:\n\x0c    x = 1\n    y = 2\n", "class A:\n    y = 2\n");
}

#[test]
fn what_continues_further_left_stays_there() {
    let old = "class A:\n    def f(self):\n        return g(1,\n  2)\n";
    check(&modify_function("A.f", &old["class A:\n".len()..]), old, old);
    let tabs = "class A:\n\tdef f(self):\n\t\treturn g(1,\n                 2)\n";
    check(&modify_function("A.f", &tabs["class A:\n".len()..]), tabs, tabs);
}

#[test]
fn a_file_stays_in_its_encoding() {
    let latin = b"# coding: latin-1\r\ns = '\xe9'\r\n";
    assert_eq!(written(latin, &edit("'\u{e9}'", "'\u{fc}'")).unwrap(), b"# coding: latin-1\r\ns = '\xfc'\r\n");
    let marked = b"\xef\xbb\xbfs = 1\n";
    assert_eq!(written(marked, &write("s = '\u{e9}'\n")).unwrap(), b"\xef\xbb\xbfs = '\xc3\xa9'\n");
    // A text that declares another encoding is written in that.
    assert_eq!(written(latin, &edit("latin-1", "utf-8")).unwrap(), b"# coding: utf-8\r\ns = '\xc3\xa9'\r\n");
    assert_eq!(
        written("s = '\u{e9}'\n".as_bytes(), &write("# coding: latin-1\ns = '\u{e9}'\n")).unwrap(),
        b"# coding: latin-1\ns = '\xe9'\n"
    );
}

#[test]
fn what_cannot_be_written_is_refused() {
    let refused = |old: &[u8], operation: &Operation| written(old, operation).unwrap_err().to_string();
    assert_eq!(
        refused(b"# coding: latin-1\ns = 1\n", &edit("s = 1", "s = '\u{20ac}'")),
        "'main.py' could not be written with this: character '\u{20ac}' cannot be written in the file's encoding. Write it as \
         an escape: \\u20ac. Nothing was changed."
    );
    assert_eq!(
        refused(b"s = 1\n", &write("# coding: rot13\ns = 1\n")),
        "'main.py' could not be written with this: its encoding 'rot13' is not one flux can write back. Declare an encoding \
         that it can be written in, or none: then it is UTF-8. Nothing was changed."
    );
}
