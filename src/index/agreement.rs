//! Whether what is recognised is what the parser's tree says, text by text.
//!
//! `FLUX_RECOGNISE=FOLDER` asks it of every source below a folder, as it is and changed at random (`FLUX_CASES` times a
//! file, twenty unless told), and says how many were recognised.

mod texts;

use std::cell::Cell;
use std::fs;
use std::path::PathBuf;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::parse::{parse_by_tree, recognise};
use crate::text::ProjectPath;
use texts::{BITS, RIGHT, UNUSUAL};

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
