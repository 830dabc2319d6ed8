//! Models that do everything wrong, through a real server and the built program: nothing wrong reaches the disk, each
//! refusal names the way out, and the session goes on.

use serde_json::{Value, json};

use crate::server::{Played, Reply, Trial, calls, finish, response, stream, text, usage};

const SHOP: &str = r#"
#- shop/__init__.py
#- shop/cart.py
import json
from shop.rows import parse


class Cart:
    def __init__(self) -> None:
        self.rows: list[int] = []

    def add(self, row: str) -> None:
        self.rows.append(parse(row))

    def total(self) -> int:
        return sum(self.rows)


def empty() -> Cart:
    return Cart()


def dumped(cart: Cart) -> str:
    return json.dumps(cart.rows)
#- shop/rows.py
def parse(row: str) -> int:
    return int(row)
#- shop/report.py
from shop.cart import empty


def report() -> str:
    return str(empty().total())
#- notes.txt
first
second
"#;

const CART: &str = "shop/cart.py";
const TOTAL: &str = "def total(self) -> int:\n    return sum(row for row in self.rows if row > 0)\n";

/// One call a turn.
fn each(calls_made: &[(&str, Value, &str)]) -> Vec<Reply> {
    calls_made.iter().map(|(name, arguments, _)| calls("", &[(name, arguments.to_string())])).collect()
}

fn read() -> Reply {
    calls("", &[("read_file", json!({ "path": CART }).to_string())])
}

/// What a model does that has come to its senses.
fn rightly() -> Vec<Reply> {
    let edit = json!({ "path": CART, "name": "total", "target_class": "Cart", "code": TOTAL });
    vec![
        read(),
        calls("", &[("modify_function", edit.to_string())]),
        calls("", &[("finish", json!({ "summary": "total skips what is negative" }).to_string())]),
    ]
}

/// Plays the hostile turns, then the right ones: only what the right ones did is on disk afterwards.
#[track_caller]
fn play(trial: &Trial, mut hostile: Vec<Reply>) -> Played {
    hostile.extend(rightly());
    let played = trial.play(hostile);
    played.check_kept();
    assert_eq!((played.exit, played.done().0), (Some(0), "applied"), "{}", played.told());
    let mut expected = played.before.clone();
    let cart = String::from_utf8(expected[CART].clone()).unwrap();
    let right = cart.replace("sum(self.rows)", "sum(row for row in self.rows if row > 0)");
    expected.insert(CART.to_owned(), right.into_bytes());
    assert!(played.after == expected, "something else was written: {}", played.told());
    played
}

/// Each call is refused with what stands beside it, wherever it is in the conversation.
#[track_caller]
fn check(before: Vec<Reply>, hostile: &[(&str, Value, &str)]) {
    check_in(&Trial::new(SHOP), before, hostile);
}

#[track_caller]
fn check_in(trial: &Trial, mut before: Vec<Reply>, hostile: &[(&str, Value, &str)]) {
    let first = before.len();
    before.extend(each(hostile));
    let played = play(trial, before);
    for ((name, arguments, way_out), answer) in hostile.iter().zip(&played.answers()[first..]) {
        let is_refused = answer.starts_with("Error: ");
        assert!(is_refused && answer.contains(way_out), "{name} {arguments}\nwas answered: {answer}\nnot: {way_out}");
    }
}

#[test]
fn edits_without_reading() {
    let first = "was not read yet. Call read_file";
    check(
        Vec::new(),
        &[
            ("add_function", json!({"path": CART, "code": "def f() -> int:\n    return 1\n"}), first),
            ("add_class", json!({"path": CART, "code": "class A:\n    x = 1\n"}), first),
            (
                "modify_function",
                json!({"path": CART, "name": "empty", "code": "def empty() -> Cart:\n    return Cart()\n"}),
                first,
            ),
            ("modify_class", json!({"path": CART, "name": "Cart", "code": "class Cart:\n    x = 1\n"}), first),
            ("remove_symbol", json!({"path": CART, "symbol": "dumped"}), first),
            ("rename_symbol", json!({"path": CART, "symbol": "dumped", "new_name": "text"}), first),
            ("add_import", json!({"path": CART, "code": "import os"}), first),
            ("edit_file", json!({"path": CART, "search": "sum", "replace": "max"}), first),
            ("write_file", json!({"path": CART, "content": "x = 1\n"}), first),
            ("move_file", json!({"source": CART, "destination": "shop/basket.py"}), first),
            ("delete_file", json!({"path": CART}), first),
            ("edit_file", json!({"path": "notes.txt", "search": "first", "replace": "1st"}), first),
        ],
    );
}

#[test]
fn a_duplicate_through_every_writing_tool() {
    let exists = "already exists";
    let cart = "class Cart:\n    def __init__(self) -> None:\n        self.rows: list[int] = []\n\n    def add(self, row: str) -> None:\n        self.rows.append(parse(row))\n\n    def total(self) -> int:\n        return sum(self.rows)\n";
    let twice = format!("{cart}\n    def total(self) -> int:\n        return 0\n");
    let whole = format!(
        "import json\nfrom shop.rows import parse\n\n\n{cart}\n\ndef empty() -> Cart:\n    return Cart()\n\n\ndef empty() -> Cart:\n    return Cart()\n\n\ndef dumped(cart: Cart) -> str:\n    return json.dumps(cart.rows)\n"
    );
    let empty = "def empty() -> Cart:\n    return Cart()\n";
    check(
        vec![read(), calls("", &[("read_file", json!({"path": "shop/report.py"}).to_string())])],
        &[
            ("add_function", json!({"path": CART, "code": empty}), "Use modify_function instead"),
            (
                "add_function",
                json!({"path": CART, "target_class": "Cart", "code": "def total(self) -> int:\n    return 1\n"}),
                "Use modify_function instead",
            ),
            ("add_class", json!({"path": CART, "code": "class Cart:\n    x = 1\n"}), "Use modify_class instead"),
            (
                "modify_function",
                json!({"path": CART, "name": "empty", "code": format!("{empty}\n\n{}", "def dumped(cart: Cart) -> str:\n    return ''\n")}),
                "Give one for each call",
            ),
            ("modify_class", json!({"path": CART, "name": "Cart", "code": twice}), exists),
            ("edit_file", json!({"path": CART, "search": empty, "replace": format!("{empty}\n\n{empty}")}), exists),
            ("write_file", json!({"path": CART, "content": whole}), exists),
            ("rename_symbol", json!({"path": CART, "symbol": "empty", "new_name": "dumped"}), "already"),
            ("move_file", json!({"source": CART, "destination": "shop/report.py"}), "already"),
        ],
    );
    // An import that is there already is what was wanted: nothing is added.
    let report = json!({"path": "shop/report.py"}).to_string();
    let import = json!({"path": "shop/report.py", "code": "from shop.cart import empty"}).to_string();
    let twice = vec![calls("", &[("read_file", report)]), calls("", &[("add_import", import)])];
    assert_eq!(play(&Trial::new(SHOP), twice).answers()[1], "'empty' is imported at line 1 already.");
}

#[test]
fn what_does_not_exist_and_what_does_not_parse() {
    let total = |body: &str| json!({"path": CART, "name": "total", "target_class": "Cart", "code": format!("def total(self) -> int:\n    {body}\n")});
    check(
        vec![read()],
        &[
            ("modify_function", total("return self.summed()"), "summed"),
            ("modify_function", total("return sum(self.row)"), "Did you mean"),
            ("edit_file", json!({"path": CART, "search": "self.rows.append", "replace": "self.rows.push"}), "push"),
            ("add_import", json!({"path": CART, "code": "from shop.rows import parse_all"}), "parse_all"),
            ("add_import", json!({"path": CART, "code": "from shop.row import parse"}), "shop.row"),
            ("add_import", json!({"path": CART, "code": "import nowhere_to_be_found"}), "nowhere_to_be_found"),
            ("modify_function", total("return (sum(self.rows)"), "Nothing was changed"),
            (
                "edit_file",
                json!({"path": CART, "search": "def empty()", "replace": "def empty("}),
                "Nothing was changed",
            ),
            ("write_file", json!({"path": "shop/new.py", "content": "def f(:\n    pass\n"}), "Line 1"),
        ],
    );
}

#[test]
fn code_that_is_left_out() {
    let left_out = "# ... existing code ...";
    check(
        vec![read()],
        &[
            (
                "modify_function",
                json!({"path": CART, "name": "total", "target_class": "Cart", "code": format!("def total(self) -> int:\n    {left_out}\n    return 1\n")}),
                "Write that code out",
            ),
            (
                "modify_class",
                json!({"path": CART, "name": "Cart", "code": format!("class Cart:\n    {left_out}\n\n    def total(self) -> int:\n        return 1\n")}),
                "Write that code out",
            ),
            (
                "write_file",
                json!({"path": CART, "content": format!("{left_out}\n\n\ndef empty() -> Cart:\n    return Cart()\n")}),
                "Write that code out",
            ),
            (
                "edit_file",
                json!({"path": CART, "search": "        return sum(self.rows)\n", "replace": format!("        {left_out}\n        return 1\n")}),
                "Write that code out",
            ),
        ],
    );
}

#[cfg(unix)]
#[test]
fn paths_outside() {
    let trial = Trial::new(SHOP);
    let outside = trial.folder.path().join("outside.py");
    std::fs::write(&outside, "x = 1\n").unwrap();
    std::os::unix::fs::symlink(&outside, trial.project().join("shop/link.py")).unwrap();
    std::os::unix::fs::symlink("../../not/there.py", trial.project().join("shop/nowhere.py")).unwrap();
    std::os::unix::fs::symlink(trial.folder.path(), trial.project().join("shop/up")).unwrap();
    for closed in [".git/hooks", ".flux"] {
        std::fs::create_dir_all(trial.project().join(closed)).unwrap();
        std::fs::write(trial.project().join(closed).join("x.py"), "x = 1\n").unwrap();
    }
    let write = |path: &str| json!({"path": path, "content": "x = 2\n"});
    let absolute = outside.to_str().unwrap().to_owned();
    check_in(
        &trial,
        Vec::new(),
        &[
            ("write_file", write("../outside.py"), "project"),
            ("write_file", write("shop/../../outside.py"), "project"),
            ("read_file", json!({"path": "../outside.py"}), "project"),
            ("write_file", write(&absolute), "project"),
            ("read_file", json!({"path": absolute}), "project"),
            ("read_file", json!({"path": "/etc/passwd"}), "project"),
            ("write_file", write("shop/link.py"), "shop/link.py"),
            ("write_file", write("shop/up/new.py"), "shop/up/new.py"),
            ("read_file", json!({"path": "shop/up/outside.py"}), "shop/up/outside.py"),
            ("write_file", write("shop/link.py"), "leaves the project"),
            ("write_file", write("shop/nowhere.py"), "leads nowhere"),
            ("write_file", write(".git/hooks/pre-commit"), "Leave it to the person"),
            ("read_file", json!({"path": ".git/hooks/x.py"}), "closed"),
            ("write_file", write(".flux/config.toml"), "Leave it to the person"),
            ("delete_file", json!({"path": ".flux/x.py"}), "Leave it to the person"),
            ("move_file", json!({"source": CART, "destination": "../cart.py"}), "project"),
            ("move_file", json!({"source": "../outside.py", "destination": "shop/in.py"}), "project"),
            ("edit_file", json!({"path": "C:\\Windows\\win.ini", "search": "a", "replace": "b"}), "project"),
        ],
    );
    assert_eq!(std::fs::read_to_string(&outside).unwrap(), "x = 1\n");
    assert!(!trial.folder.path().join("new.py").exists() && !trial.folder.path().join("cart.py").exists());
}

#[test]
fn arguments_that_are_no_json_and_tools_that_do_not_exist() {
    let unfinished = "{\"path\": \"shop/cart.py\", \"search\": \"sum\"";
    let odd = [
        ("edit_file", unfinished.to_owned(), "no JSON object"),
        ("edit_file", "search=sum replace=max".to_owned(), "Send one object with: path, search, replace"),
        ("edit_file", "[1, 2]".to_owned(), "a list"),
        ("read_file", "\u{0}\u{1}".to_owned(), "Send one object with"),
        ("edit_file", "{\"path\": 3, \"search\": [], \"replace\": {}}".to_owned(), "has to be"),
        ("str_replace", "{}".to_owned(), "there is no tool 'str_replace'. Did you mean"),
        ("bash", "{\"command\": \"rm -rf .\"}".to_owned(), "The tools are: read_file"),
        ("read_file\n\u{202e}x", "{}".to_owned(), "there is no tool"),
    ];
    let turns = odd.iter().map(|(name, arguments, _)| calls("", &[(name, arguments.clone())])).collect();
    let played = play(&Trial::new(SHOP), turns);
    for ((name, arguments, way_out), answer) in odd.iter().zip(played.answers()) {
        assert!(answer.starts_with("Error: ") && answer.contains(way_out), "{name} {arguments}: {answer}");
    }
}

#[test]
fn the_same_refused_call_ten_times() {
    let edit = || calls("", &[("edit_file", json!({"path": CART, "search": "sum", "replace": "max"}).to_string())]);
    let played = play(&Trial::new(SHOP), (0..10).map(|_| edit()).collect());
    let answers = &played.answers()[..10];
    assert!(answers.iter().all(|answer| answer.contains("Call read_file first")), "{answers:#?}");
    let messages = played.asked.last().unwrap().body["messages"].as_array().unwrap().clone();
    let said = messages.iter().filter(|message| message["role"] == "user");
    let hints: std::collections::BTreeSet<&str> = said.skip(1).map(|hint| hint["content"].as_str().unwrap()).collect();
    assert!(hints.len() >= 4, "the hint stays the same: {hints:#?}");
}

#[test]
fn the_same_refused_call_for_ever_ends_the_task_and_not_the_session() {
    let edit = || calls("", &[("edit_file", json!({"path": CART, "search": "sum", "replace": "max"}).to_string())]);
    let trial = Trial::new(SHOP);
    let played = trial.play((0..40).map(|_| edit()).collect());
    played.check_kept();
    assert_eq!((played.exit, played.done().0), (Some(1), "failed"));
    assert!(played.done().1.contains("edit_file"), "{}", played.done().1);
    assert!(played.asked.len() < 20 && played.after == played.before, "{}", played.asked.len());
    play(&trial, Vec::new());
}

#[test]
fn two_hundred_calls_in_one_turn() {
    let edit = json!({"path": CART, "search": "sum", "replace": "max"}).to_string();
    let read = json!({"path": "shop/rows.py"}).to_string();
    let many: Vec<(&str, String)> = (0..200)
        .map(|at| if at % 2 == 0 { ("edit_file", edit.clone()) } else { ("read_file", read.clone()) })
        .collect();
    let played = play(&Trial::new(SHOP), vec![calls("", &many)]);
    assert_eq!(played.answers().len(), 200 + 2);
    let left = played.answers().iter().filter(|answer| answer.contains("too many calls in one turn")).count();
    assert_eq!(left, 200 - 64);
}

#[test]
fn two_megabytes() {
    let long = "All work and no play. ".repeat(100_000);
    let code = json!({"path": "shop/long.py", "content": "x = 1\n".repeat(350_000)});
    let search = json!({"path": CART, "search": long, "replace": ""});
    let played = play(
        &Trial::new(SHOP),
        vec![
            Reply::Bytes(stream(&[text(&long), finish("stop"), usage()])),
            calls(&long, &[("read_file", json!({"path": CART}).to_string())]),
            calls("", &[("write_file", code.to_string())]),
            calls("", &[("edit_file", search.to_string())]),
        ],
    );
    let answers = played.answers();
    assert!(answers[0].contains("class Cart"), "{}", answers[0]);
    for answer in &answers[1..3] {
        assert!(answer.starts_with("Error: ") && answer.contains("smaller"), "{answer}");
    }
    let sent = played.asked.last().unwrap().body.to_string().len();
    assert!(sent < 300_000, "{sent} bytes are sent with every turn");
}

#[test]
fn text_in_place_of_calls() {
    let words = |content: &str| Reply::Bytes(stream(&[text(content), finish("stop"), usage()]));
    let played = play(
        &Trial::new(SHOP),
        vec![words(&format!("I have changed total as you wished:\n\n```python\n{TOTAL}```\n"))],
    );
    let told = played.asked[1].body["messages"].as_array().unwrap().last().unwrap()["content"].as_str().unwrap();
    assert!(told.contains("nothing was changed") && told.contains("tool"), "{told}");
}

/// A server that knows no tools, and a model that writes its calls: the same task, with code that holds what calls are
/// made of.
#[test]
fn a_whole_task_in_words_alone() {
    let refused = || {
        response("400 Bad Request", "", "application/json", r#"{"error": {"message": "tiny does not support tools"}}"#)
    };
    let words = |content: &str| Reply::Bytes(stream(&[text(content), finish("stop"), usage()]));
    let code = "def total(self) -> int:\n    \"\"\"Sums.\n\n    ```python\n    '</code>'\n    ```\n    \"\"\"\n    return sum(row for row in self.rows if row > 0)\n";
    let edit = format!(
        "Now the edit.\n\n<call tool=\"modify_function\">\n<path>{CART}</path>\n<name>total</name>\n<target_class>Cart</target_class>\n<code>\n{code}</code>\n</call>\n"
    );
    let trial = Trial::new(SHOP);
    let played = trial.play(vec![
        refused(),
        words(&format!("I read it.\n<call tool=\"read_file\">\n<path>{CART}</path>\n</call>")),
        words("<call tool=\"edit_file\">\n<path>shop/cart.py</path>\n<search>sum"),
        words(&edit),
        words("<call tool=\"finish\">\n<summary>total skips what is negative</summary>\n</call>"),
    ]);
    assert_eq!((played.exit, played.done().0), (Some(0), "applied"), "{}", played.told());
    let written = String::from_utf8(played.after[CART].clone()).unwrap();
    assert!(written.contains("    '</code>'\n") && written.contains("if row > 0)"), "{written}");
    let last = played.asked.last().unwrap().body.clone();
    assert!(last.get("tools").is_none(), "tools are sent to who refused them");
    let said: Vec<&str> =
        last["messages"].as_array().unwrap().iter().map(|message| message["content"].as_str().unwrap()).collect();
    assert!(said[3].contains("<answer tool=\"read_file\">") && said[3].contains("class Cart"), "{said:#?}");
    assert!(said[5].contains("the call of edit_file is not whole"), "{said:#?}");
    let roles: Vec<&str> =
        last["messages"].as_array().unwrap().iter().map(|message| message["role"].as_str().unwrap()).collect();
    assert!(roles.windows(2).all(|pair| pair[0] != pair[1]), "{roles:?}");
}
