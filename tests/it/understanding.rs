//! What bears on a task: what the index tells the model before it is asked.

use std::path::Path;

use flux::agent::{Inquiry, Understanding, understand};
use flux::text::ChangeSet;

use crate::fixture::Fixture;

const SHOP: &str = "
#- shop/readers.py
class Reader:
    def rows(self, path): ...

class JsonReader(Reader):
    def rows(self, path): ...

def decode_row(line): ...
#- shop/cart.py
from shop.readers import JsonReader, decode_row

class Cart:
    def load_prices(self, path):
        return [decode_row(row) for row in JsonReader().rows(path)]
#- shop/report.py
from shop.cart import Cart

def print_report(cart): ...
#- shop/mail.py
def send(address, text): ...
#- tests/test_readers.py
from shop.readers import JsonReader

def test_rows(): ...
#- tests/test_mail.py
from shop.mail import send

def test_send(): ...
";

fn asked(task: &str) -> Understanding {
    let snapshot = Fixture::parse(SHOP).snapshot(Path::new("/project"));
    understand(&Inquiry { snapshot, pending: ChangeSet::default(), task: task.to_owned(), is_first: true })
}

/// The lines of one section.
fn section<'t>(found: &'t Understanding, title: &str) -> Vec<&'t str> {
    let lines = found.task.split("\n\n").find_map(|section| section.strip_prefix(title)).unwrap_or_default();
    lines.lines().filter_map(|line| line.strip_prefix("- ")).collect()
}

#[test]
fn what_is_like_the_thing_to_be_added_is_told() {
    let found = asked("Add a class CsvReader that reads rows from a CSV file");
    let similar = section(&found, "Look at these before you add anything; follow or extend them:");
    assert_eq!(similar.len(), 1, "{}", found.task);
    assert!(similar[0].starts_with("there is no CsvReader yet, but Reader is a class in shop/readers.py at line 1"));
    assert!(similar[0].contains("JsonReader is a class in shop/readers.py at line 4: `JsonReader(Reader)`"));
    let files = section(&found, "Files that bear on it, the likeliest first:");
    assert!(files[0].starts_with("shop/readers.py"), "{files:?}");
    assert!(!found.task.contains("shop/mail.py"), "{}", found.task);
    assert_eq!(section(&found, "Their tests:"), ["tests/test_readers.py"]);
}

#[test]
fn names_of_a_task_are_looked_up_with_their_users() {
    let found = asked("Make decode_row strict, see shop/cart.py");
    let named = section(&found, "The index knows of names in it:");
    assert_eq!(named[0], "shop/cart.py is a file; imported by shop/report.py");
    assert_eq!(
        named[1],
        "decode_row is a function in shop/readers.py at line 7: `decode_row(line)`; imported by shop/cart.py, \
         tests/test_readers.py"
    );
    let files = section(&found, "Files that bear on it, the likeliest first:");
    assert!(files.iter().any(|line| line.contains("decode_row(line) line 7 (used in shop/cart.py)")), "{files:?}");
}

#[test]
fn words_of_prose_lead_to_names_and_neighbours() {
    let found = asked("loading the price list is slow");
    let files = section(&found, "Files that bear on it, the likeliest first:");
    assert!(files[0].starts_with("shop/cart.py (5 lines): Cart.load_prices(self, path) line 4"), "{files:?}");
    assert!(section(&found, "Look at these before you add anything; follow or extend them:").is_empty());
}

#[test]
fn where_nothing_bears_on_a_task_nothing_is_made_up() {
    for task in ["why?", "", "🜁 ☃", "Make it new, please, and fix the code of the class."] {
        let found = asked(task);
        assert_eq!(found.task, format!("Task: {task}"));
        assert!(found.told.starts_with("looked up: nothing by name; context "), "{}", found.told);
    }
}

#[test]
fn the_map_of_a_large_project_shows_what_the_rest_builds_on_within_its_budget() {
    let mut text = String::from("\n#- core/base.py\nclass Thing: ...\nclass Unused: ...\n#- core/__init__.py\n");
    for at in 0..400 {
        text.push_str(&format!("#- parts/part_{at}.py\nfrom core.base import Thing\nclass Part{at}(Thing): ...\n"));
    }
    let snapshot = Fixture::parse(&text).snapshot(Path::new("/project"));
    let task = "do it".to_owned();
    let found = understand(&Inquiry { snapshot, pending: ChangeSet::default(), task, is_first: true });
    let map = found.map.unwrap();
    let first = map.lines().find(|line| line.contains(".py")).unwrap();
    assert_eq!(first, "core/base.py (2 lines): Thing");
    assert!(map.contains("parts/ 400") && map.len() < 7_200, "{} bytes", map.len());
}
