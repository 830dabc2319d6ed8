//! Notebooks through the gate's door: their code is judged as that of any file, and told where it stands in the file.

use flux::gate::{Gate, Issue, NeedsSearch, PythonEnvironment, Report, Severity, Verdict};
use flux::index::View;
use flux::text::{apply_edits, hunks_of};
use serde_json::{Value, json};

use crate::fixture::{Fixture, judged};

/// A notebook as Jupyter writes it. Cells are parted by `---`; one that begins with `#md` is markdown.
fn notebook(cells: &str) -> String {
    written(cells, json!({"language_info": {"name": "python"}}))
}

fn written(cells: &str, metadata: Value) -> String {
    let cell = |text: &str| {
        let lines: Vec<&str> = text.trim_matches('\n').split_inclusive('\n').collect();
        match text.trim_start().starts_with("#md") {
            true => json!({"cell_type": "markdown", "metadata": {}, "source": lines}),
            false => json!({
                "cell_type": "code",
                "execution_count": null,
                "metadata": {},
                "outputs": [{"output_type": "display_data", "data": {"image/png": "iVBORw0KGgo\n"}, "scale": 1e3}],
                "source": lines,
            }),
        }
    };
    let cells: Vec<Value> = cells.split("---\n").map(cell).collect();
    let whole = json!({"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 4});
    serde_json::to_string_pretty(&whole).unwrap() + "\n"
}

const SHOP: &str = "
#- shop/__init__.py
#- shop/cart.py
def total(rows, tax=0):
    return sum(rows) + tax
";

/// The change of a notebook in a project with a module `shop.cart`.
fn change(old: &str, new: &str) -> Report {
    let old = format!("{SHOP}#- a.ipynb\n{}", notebook(old));
    judged(&old, &format!("#- a.ipynb\n{}", notebook(new)))
}

fn told(report: &Report) -> Vec<String> {
    report.issues.iter().map(|issue| format!("{:?} {} {}", issue.severity, issue.code, issue.message)).collect()
}

/// The only thing that blocks, which carries `message` and whose place in the file reads `text`.
#[track_caller]
fn blocks(report: &Report, file: &str, code: &str, message: &str, text: &str) -> Issue {
    let blocking: Vec<&Issue> = report.blocking().collect();
    let [issue] = &*blocking else { panic!("{:#?}", told(report)) };
    assert_eq!(issue.code, code, "{:#?}", told(report));
    assert!(issue.message.contains(message), "'{}' lacks '{message}'", issue.message);
    let span = issue.span.unwrap().range();
    assert_eq!(&file[span.clone()], text, "{}", issue.message);
    assert_eq!(issue.line as usize, file[..span.start].matches('\n').count() + 1);
    (*issue).clone()
}

#[track_caller]
fn passes(report: &Report) {
    assert_eq!(report.verdict(), Verdict::Pass, "{:#?}", told(report));
}

#[test]
fn code_is_judged_and_told_by_cell_and_line() {
    let old = "#md\nThe total\n---\nfrom shop.cart import total\n---\nprint('é \"x\"')\nx = total([1])\n";
    for (line, code, message, text) in [
        ("total([1], taxes=2)", "unknown-argument", "Cell 3, line 2: ", "taxes=2"),
        ("totl([1])", "unresolved-reference", "Cell 3, line 2: Name 'totl' is not defined", "totl"),
        ("'€'.uper()", "unresolved-attribute", "Cell 3, line 2: ", "'€'.uper"),
        ("total([1]", "invalid-syntax", "Cell 3, line", ""),
        ("return 1", "invalid-syntax", "Cell 3, line 2: ", "return 1"),
    ] {
        let new = old.replace("total([1])", line).replace("x = return", "return");
        let report = change(old, &new);
        blocks(&report, &notebook(&new), code, message, text);
        passes(&change(&new, &new.replace("The total", "The sum")));
    }
    passes(&change(old, &old.replace("total([1])", "total([1], tax=2)")));
}

#[test]
fn a_new_notebook_is_judged_like_a_new_file() {
    let new = notebook("from shop.cart import totals\n");
    let report = judged(SHOP, &format!("#- docs/a.ipynb\n{new}"));
    blocks(&report, &new, "unresolved-import", "Cell 1, line 1: ", "totals");
    passes(&judged(SHOP, &format!("#- docs/a.ipynb\n{}", notebook("from shop.cart import total\n---\ntotal([1])\n"))));
}

#[test]
fn syntax_of_ipython_is_no_error() {
    let cells = "%matplotlib inline\n%load_ext autoreload\n!pip install shop\n---\n%%time\nx = 1\n---\nx?\nfiles = !ls *.py\n\
                 took = %timeit -o x\n??files\n---\nimport asyncio\nawait asyncio.sleep(1)\nasync with x as y:\n    pass\n---\n\
                 %%bash\nfor f in *; do echo $f; done\n---\npip install shop\n---\ndisplay(x, Out[1], _, _3, get_ipython())\n\
                 print(files, took)\n";
    passes(&change("x = 0\n", cells));
    passes(&judged(SHOP, &format!("#- a.ipynb\n{}", notebook(cells))));
    // Each cell is compiled by itself.
    passes(&change("x = 0\n", "x = 0\n---\n%time x\nfrom __future__ import annotations\n"));
    let late = "x = 0\n---\nx = 1\nfrom __future__ import annotations\n";
    let report = change("x = 0\n", late);
    blocks(&report, &notebook(late), "invalid-syntax", "Cell 2, line 2: ", "from __future__ import annotations");
    let wrong = cells.replace("x = 1", "x = = 1");
    let report = change("x = 0\n", &wrong);
    blocks(&report, &notebook(&wrong), "invalid-syntax", "Cell 2, line 2: ", "=");
}

#[test]
fn a_name_that_a_command_or_another_cell_makes_is_known() {
    let old = "x = 1\n";
    for new in [
        "%%capture log\nx = 1\n---\nprint(log.show())\n",
        "%%cython\ndef fast(int a):\n    return a\n---\nfast(1)\n",
        "%run setup.py\n---\nprint(anything)\n",
        "%sql rows << select 1\n---\nprint(rows)\n",
        // Cells run in the order that a person likes.
        "print(later)\n---\nlater = 1\n",
    ] {
        passes(&change(old, new));
    }
    let new = "%matplotlib inline\n---\nprint(anything)\n";
    blocks(&change(old, new), &notebook(new), "unresolved-reference", "Cell 2, line 1: ", "anything");
}

#[test]
fn a_cell_may_replace_what_another_defines_but_not_its_own() {
    let old = "def f():\n    return 1\n";
    passes(&change(
        old,
        &format!("{old}---\ndef f():\n    return 2\n---\nclass A:\n    pass\n---\nclass A:\n    x = 1\n"),
    ));
    let new = format!("{old}---\nx = 1\n\n\ndef f():\n    return 2\n\n\ndef f():\n    return 3\n");
    let report = change(old, &new);
    let issue = blocks(&report, &notebook(&new), "duplicate-function", "Cell 2, line 8: ", "f");
    assert!(issue.message.contains("already exists at line 4."), "{}", issue.message);
    // What stood there before is not blamed.
    passes(&change(&new, &new.replace("x = 1", "x = 2")));
}

#[test]
fn what_a_message_leaves_in_a_cell_is_refused_and_mended_in_the_file() {
    let old = "def f(a):\n    b = a + 1\n    c = b * 2\n    return c\n---\nprint(\"x\")\n";
    let new = "def f(a):\n    # ... existing code ...\n    return c\n---\nprint(\"x\")\n";
    let report = change(old, new);
    assert!(report.blocking().any(|issue| issue.code == "elided-code"), "{:#?}", told(&report));
    let new = format!("{old}---\n```python\ny = \"1\"\n```\n");
    let report = change(old, &new);
    let fenced = report.blocking().find(|issue| issue.code == "markdown-fence").unwrap();
    assert!(fenced.message.starts_with("Cell 3, line 1: "), "{}", fenced.message);
    let mended = apply_edits(&notebook(&new), &fenced.fix.as_ref().unwrap().edits).unwrap();
    let value: Value = serde_json::from_str(&mended).unwrap();
    let source: String = value["cells"][2]["source"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert_eq!(source.trim(), "y = \"1\"");
    passes(&change(old, &format!("{old}---\n#md ```python\n# ... rest unchanged ...\n```\n")));
}

#[test]
fn a_suggested_name_is_put_into_the_string_of_its_cell() {
    let new = "from shop.cart import total\n---\nrows = [\"1\"]\ntoal(rows)\n";
    let report = change("x = 1\n", new);
    let issue = blocks(&report, &notebook(new), "unresolved-reference", "Did you mean 'total", "toal");
    let mended = apply_edits(&notebook(new), &issue.fix.unwrap().edits).unwrap();
    assert_eq!(mended, notebook(&new.replace("toal", "total")));
}

#[test]
fn callers_in_notebooks_are_asked() {
    let user = notebook("#md\nHow to\n---\nfrom shop.cart import total\n---\nrows = [1]\ntotal(rows)\n");
    let old = format!("{SHOP}#- docs/use.ipynb\n{user}");
    let report = judged(&old, "#- shop/cart.py\ndef total_of(rows, tax=0):\n    return sum(rows) + tax\n");
    let left: Vec<&Issue> = report.blocking().collect();
    assert!(
        !left.is_empty() && left.iter().all(|issue| issue.path.as_str() == "docs/use.ipynb"),
        "{:#?}",
        told(&report)
    );
    assert!(left.iter().any(|issue| issue.message.starts_with("Cell 2, line 1: ")), "{:#?}", told(&report));
    let report = judged(&old, "#- shop/cart.py\ndef total(rows, tax):\n    return sum(rows) + tax\n");
    blocks(&report, &user, "missing-argument", "Cell 3, line 2: ", "total(rows)");
    passes(&judged(&old, "#- shop/cart.py\ndef total(rows, *, tax=0):\n    return sum(rows) + tax\n"));
}

#[test]
fn a_notebook_that_an_edit_breaks_is_refused_and_one_that_was_broken_is_not() {
    let whole = notebook("print(\"x\")\n---\nx = 1\n");
    let judge = |old: &str, new: &str| judged(&format!("#- a.ipynb\n{old}"), &format!("#- a.ipynb\n{new}"));
    for (from, to, message, text) in [
        ("print(\\\"x\\\")", "print(\"x\")", "within a string a quote is written", "x"),
        ("\"print(\\\"x\\\")\"", "\"print(\\\"x\\\")", "another control character stands in a string", "\n"),
        ("\"x = 1\"", "\"x = '\\d'\"", "no escape of JSON", "\\"),
        ("\"x = 1\"", "\"x = 1\",", "nothing follows this comma", ","),
        ("\"x = 1\"", "1", "a string in double quotes has to stand here", "1"),
        ("\"nbformat_minor\": 4\n}", "\"nbformat_minor\": 4\n}\n```", "has ended", "`"),
        ("\"nbformat_minor\": 4", "\"minor\": 4", "has no 'nbformat_minor'", "{"),
        ("\"execution_count\": null,", "", "has no 'execution_count'", "{"),
        ("\"cell_type\": \"code\"", "\"cell_type\": \"python\"", "none of code, markdown and raw", "{"),
    ] {
        let broken = whole.replacen(from, to, 1);
        assert_ne!(broken, whole);
        blocks(&judge(&whole, &broken), &broken, "invalid-notebook", message, text);
        passes(&judge(&broken, &broken.replace("iVBOR", "iVBOS")));
        passes(&judge(&broken, &whole));
    }
    passes(&judge(&whole, &whole.replace("1000.0", "NaN")));
    let report = judge("", "this is no notebook\n");
    blocks(&report, "this is no notebook\n", "invalid-notebook", "an object in braces", "t");
}

#[test]
fn other_kernels_and_copies_are_left_alone() {
    let r = |code: &str| written(code, json!({"kernelspec": {"name": "ir", "language": "R"}}));
    passes(&judged(&format!("#- a.ipynb\n{}", r("x <- 1\n")), &format!("#- a.ipynb\n{}", r("x <- c(1, undefined\n"))));
    let julia = |code: &str| written(code, json!({"language_info": {"name": "julia"}}));
    passes(&judged("", &format!("#- a.ipynb\n{}", julia("f(x) = x^2 |> undefined\n"))));
    let scripted = |code: &str| written(code, json!({"jupytext": {"main_language": "R"}}));
    passes(&judged("", &format!("#- a.ipynb\n{}", scripted("plot(cars)\n"))));
    let copy = format!("#- .ipynb_checkpoints/a-checkpoint.ipynb\n{}", notebook("undefined\n"));
    passes(&judged("", &copy));
    let old = notebook("x = 1\n").replace("\"nbformat\": 4", "\"nbformat\": 3");
    passes(&judged("", &format!("#- a.ipynb\n{old}")));
}

#[test]
fn a_cell_that_is_marked_as_raising_may_fail() {
    let shown = notebook("x = 1\n---\nproblem\n");
    blocks(&judged("", &format!("#- a.ipynb\n{shown}")), &shown, "unresolved-reference", "Cell 2, line 1: ", "problem");
    let tag = "\"metadata\": {\n        \"tags\": [\n          \"raises-exception\"\n        ]\n      }";
    let at = shown.rfind("\"metadata\": {},\n      \"outputs\"").unwrap();
    let marked = format!("{}{tag}{}", &shown[..at], &shown[at + "\"metadata\": {}".len()..]);
    passes(&judged("", &format!("#- a.ipynb\n{marked}")));
}

#[test]
fn a_missing_package_is_unknown_where_the_notebook_gets_it_itself() {
    let told = |cells: &str| {
        let report = change("x = 1\n", cells);
        report.issues.iter().filter(|issue| issue.code == "unresolved-import").map(|issue| issue.severity).collect()
    };
    let severities: Vec<Severity> = told("!pip install seaborn\n---\nimport seaborn\n");
    assert_eq!(severities, [Severity::Warn]);
}

#[test]
fn hunks_of_a_notebook_need_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let middle = "---\n#md one\ntwo\nthree\n---\nb = 1\nc = 2\nd = 3\n";
    let old =
        Fixture::parse(&format!("{SHOP}#- a.ipynb\n{}", notebook(&format!("import os\nos\n{middle}---\ne = 4\n"))));
    let new = notebook(&format!("import os\nfrom shop.cart import total\nos\n{middle}---\ne = total([4])\n"));
    old.write(folder.path());
    let (snapshot, source) = (old.snapshot(folder.path()), old.source());
    let mut gate = Gate::new(folder.path(), PythonEnvironment::default());
    gate.refresh(&snapshot);
    let pending = old.change_to(&Fixture::parse(&format!("#- a.ipynb\n{new}")));
    let hunks = hunks_of(&pending);
    assert_eq!(hunks.len(), 2);
    let mut search = NeedsSearch::new(&pending, &hunks);
    while let Some(question) = search.question() {
        search.take(&gate.judge(View { snapshot: &snapshot, pending: &question, source: &source }, None));
    }
    let needs: Vec<(u32, u32)> = search.needs().iter().map(|need| (need.hunk.0, need.needs.0)).collect();
    assert_eq!(needs, [(1, 0)]);
}
