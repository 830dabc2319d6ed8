//! Which known names a mistaken one may have meant.
//!
//! A name is wrong in two ways: the fingers slip, or the memory does. A slip changes letters; memory keeps the meaning and
//! changes the words: another order, a synonym, an abbreviation, a part too many or too few.
//!
//! Knows nothing of where names come from: who asks may hold some of them for less likely than others.

use crate::text::{edit_distance, edit_distance_within};

/// The names among `candidates` that `wanted` may have meant, the nearest first; none that is far off.
pub fn nearest<'a>(wanted: &str, candidates: impl IntoIterator<Item = &'a str>, limit: usize) -> Vec<&'a str> {
    nearest_of(wanted, candidates.into_iter().map(|name| (name, 0)), limit)
}

/// As [`nearest`], each candidate with how much speaks against it: 20 is about a third of a slipped letter.
pub fn nearest_of<'a>(
    wanted: &str,
    candidates: impl IntoIterator<Item = (&'a str, u32)>,
    limit: usize,
) -> Vec<&'a str> {
    let wanted_words = Words::of(wanted);
    if wanted_words.flat.is_empty() {
        return Vec::new();
    }
    let rate = |(name, bias): (&'a str, u32)| Some((wanted_words.cost(&Words::of(name))? + bias, name));
    ranked(wanted, candidates.into_iter().filter(|(name, _)| *name != wanted).filter_map(rate).collect(), limit)
}

/// As [`nearest_of`], where the fingers alone may have slipped: among names that may have nothing to do with the place, a
/// likeness in meaning tells nothing.
pub fn slips_of<'a>(wanted: &str, candidates: impl IntoIterator<Item = (&'a str, u32)>, limit: usize) -> Vec<&'a str> {
    let slip = Slip::of(wanted);
    let wanted_words = Words::of(wanted);
    let rate = |(name, bias): (&'a str, u32)| {
        let words = (slip.may_mean(name) && name != wanted).then(|| Words::of(name))?;
        edit_distance_within(&wanted_words.flat, &words.flat, slip.most)?;
        Some((wanted_words.cost(&words)? + bias, name))
    };
    ranked(wanted, candidates.into_iter().filter_map(rate).collect(), limit)
}

/// A name at which the fingers may have slipped: tells at a glance which names cannot be meant by it.
pub struct Slip {
    letters: Letters,
    /// So many letters may be wrong.
    most: usize,
    is_long_enough: bool,
}

impl Slip {
    pub fn of(wanted: &str) -> Self {
        let length = wanted.chars().count();
        let most = if length < SLIPS_TWICE_FROM { 1 } else { 2 };
        Self { letters: Letters::of(wanted), most, is_long_enough: length >= SLIPS_FROM }
    }

    /// Whether [`slips_of`] may take `name`. Where this says no, it does not.
    pub fn may_mean(&self, name: &str) -> bool {
        let letters = Letters::of(name);
        // A letter taken for another makes two kinds of difference: one that is there, and one that is not.
        let kinds = (self.letters.kinds ^ letters.kinds).count_ones() as usize;
        self.is_long_enough && letters.count.abs_diff(self.letters.count) <= self.most && kinds <= self.most * 2
    }
}

/// How many letters a name has, and which; the underscores between its words do not count.
struct Letters {
    count: usize,
    /// One bit for each kind of letter; some share one.
    kinds: u64,
}

impl Letters {
    fn of(name: &str) -> Self {
        let mut letters = Self { count: 0, kinds: 0 };
        for letter in name.chars().filter(|letter| !matches!(letter, '_' | '.')) {
            letters.count += 1;
            letter.to_lowercase().for_each(|lower| letters.kinds |= 1 << (u32::from(lower) % 64));
        }
        letters
    }
}

/// In shorter names one letter more or less makes another word, and in longer ones two may be wrong.
const SLIPS_FROM: usize = 4;
const SLIPS_TWICE_FROM: usize = 8;

fn ranked<'a>(wanted: &str, mut ranked: Vec<(u32, &'a str)>, limit: usize) -> Vec<&'a str> {
    ranked.sort_by_key(|(cost, name)| (*cost, name.len().abs_diff(wanted.len()), *name));
    let mut names: Vec<&str> = Vec::new();
    // Far names beside a near one only confuse.
    let worst = ranked.first().map_or(0, |(cost, _)| cost + SLIP * 3 / 4);
    for (_, name) in ranked.into_iter().filter(|(cost, _)| *cost <= worst) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.truncate(limit);
    names
}

/// What one slipped letter costs.
const SLIP: u32 = 60;
/// What speaks for a name that has all letters of the other, or the other way round.
const KEPT_LETTERS: u32 = 8;
/// Words of the same meaning, and a word beside its own beginning: less likely than one slip.
const SYNONYM: u32 = 65;
const ABBREVIATION: u32 = 70;
/// Both at once: `val` and `value`.
const USUAL_ABBREVIATION: u32 = 35;
/// One is a class's name by its spelling, the other is not.
const OTHER_CASE: u32 = 30;
/// What else is spelled in another way: capitals within, and underscores.
const OTHER_SPELLING: u32 = 4;
/// `row` and `rows`, `parse` and `parsed`.
const INFLECTION: u32 = 30;
/// The words stand in another order.
const ORDER: u32 = 25;
/// A word that the other name does not have, and each of its letters where it is no mere addition.
const LONE_WORD: u32 = 50;
const LONE_LETTER: u32 = 6;

/// A name in its words.
struct Words<'n> {
    name: &'n str,
    parts: Vec<String>,
    /// The parts without what stands between them.
    flat: String,
    is_private: bool,
    is_dunder: bool,
    is_capital: bool,
}

impl<'n> Words<'n> {
    fn of(name: &'n str) -> Self {
        let mut parts: Vec<String> = Vec::new();
        let mut was_lower = false;
        for part in name.split(['_', '.']).filter(|part| !part.is_empty()) {
            parts.push(String::new());
            for c in part.chars() {
                if c.is_uppercase() && was_lower {
                    parts.push(String::new());
                }
                was_lower = c.is_lowercase() || c.is_numeric();
                if let Some(last) = parts.last_mut() {
                    last.extend(c.to_lowercase());
                }
            }
            was_lower = false;
        }
        Self {
            name,
            flat: parts.concat(),
            parts,
            is_private: name.starts_with('_'),
            is_dunder: name.starts_with("__") && name.ends_with("__"),
            is_capital: name.trim_start_matches('_').starts_with(char::is_uppercase),
        }
    }

    /// How much speaks against `name` being meant; nothing where too much does.
    fn cost(&self, name: &Words<'_>) -> Option<u32> {
        let manner = if self.is_dunder != name.is_dunder {
            100
        } else if self.is_private != name.is_private {
            20
        } else {
            0
        };
        let told = [self.slips(name), self.meaning(name)].into_iter().flatten().min()?;
        // A slip may move a capital: then it is no other spelling.
        let respelled = edit_distance(self.name, name.name).saturating_sub(edit_distance(&self.flat, &name.flat));
        let case = if self.is_capital == name.is_capital || respelled == 0 { 0 } else { OTHER_CASE };
        Some(told + manner + case + OTHER_SPELLING * respelled.min(3) as u32)
    }

    /// Letters put in, taken out, replaced or swapped.
    fn slips(&self, name: &Words<'_>) -> Option<u32> {
        let longer = self.flat.chars().count().max(name.flat.chars().count());
        let slip_count = edit_distance_within(&self.flat, &name.flat, (longer / 3).clamp(1, 4))?;
        let per_slip = if longer <= 3 { SLIP + SLIP / 2 } else { SLIP };
        // A letter is left out or doubled more often than taken for another.
        let kept = if is_within(&self.flat, &name.flat) { KEPT_LETTERS } else { 0 };
        Some(5 + per_slip * slip_count as u32 - kept)
    }

    /// Words left out, put in, moved or told in other words.
    fn meaning(&self, name: &Words<'_>) -> Option<u32> {
        let mut left: Vec<(usize, &String)> = name.parts.iter().enumerate().collect();
        let mut cost = 5;
        let (mut met_letters, mut last_at) = (0, None);
        let mut is_in_order = true;
        let mut lone: Vec<&String> = Vec::new();
        // Equal words find each other first.
        let mut waiting: Vec<(usize, &String)> = self.parts.iter().enumerate().collect();
        let mut met: Vec<(usize, usize)> = Vec::new();
        for worth in [0, INFLECTION, SLIP * 2] {
            waiting.retain(|(at, part)| {
                let best =
                    left.iter().enumerate().filter_map(|(place, (_, other))| Some((word_cost(part, other)?, place)));
                match best.min().filter(|(cost, _)| *cost <= worth) {
                    Some((word_cost, place)) => {
                        let (other_at, other) = left.remove(place);
                        cost += word_cost;
                        met_letters += part.chars().count().min(other.chars().count());
                        met.push((*at, other_at));
                        false
                    }
                    None => true,
                }
            });
        }
        met.sort_unstable();
        for (_, other_at) in &met {
            is_in_order &= last_at.is_none_or(|last| last < *other_at);
            last_at = Some(*other_at);
        }
        lone.extend(waiting.iter().map(|(_, part)| *part));
        lone.extend(left.iter().map(|(_, part)| *part));
        let lone_letters: usize = lone.iter().map(|part| part.chars().count()).sum();
        if met.is_empty() || met_letters < 2 || lone_letters > met_letters * 3 + 2 {
            return None;
        }
        cost += lone.iter().map(|part| lone_cost(part)).sum::<u32>();
        // A word on both sides that nothing pairs is more than one too many.
        if !waiting.is_empty() && !left.is_empty() {
            cost += SLIP;
        }
        Some(cost + if is_in_order { 0 } else { ORDER })
    }
}

/// How far one word is from another; nothing where they have nothing to do with each other.
fn word_cost(word: &str, other: &str) -> Option<u32> {
    if word == other {
        return Some(0);
    }
    let (short, long) = if word.len() <= other.len() { (word, other) } else { (other, word) };
    let ending = long.strip_prefix(short);
    let is_inflected = |ending| match ending {
        // `boxes`, but not `names` of `nam`.
        "es" => short.ends_with(['s', 'x', 'z', 'h', 'o']),
        _ => ["s", "d", "ed", "r", "er", "ing"].contains(&ending),
    };
    if short.len() >= 3 && ending.is_some_and(is_inflected) {
        return Some(INFLECTION);
    }
    let means_the_same = SYNONYMS.iter().any(|group| group.contains(&word) && group.contains(&other));
    let begins_it = short.len() >= 3 && ending.is_some();
    let is_skeleton = short.len() >= 3 && is_skeleton(short, long);
    let as_word = match (means_the_same || ABBREVIATIONS.contains(&(short, long)), begins_it, is_skeleton) {
        (true, true, _) | (true, _, true) => Some(USUAL_ABBREVIATION),
        (true, false, false) => Some(SYNONYM),
        (false, true, _) => Some(ABBREVIATION),
        (false, false, true) => Some(ABBREVIATION + INFLECTION),
        (false, false, false) => None,
    };
    let longer = word.chars().count().max(other.chars().count());
    let slip_count = (longer > 3).then(|| edit_distance_within(word, other, (longer / 3).min(2))).flatten();
    let as_slip = slip_count.map(|slip_count| SLIP * slip_count as u32);
    [as_word, as_slip].into_iter().flatten().min()
}

/// What a word costs that stands in one of the names alone.
fn lone_cost(word: &str) -> u32 {
    let letters = if ADDITIONS.contains(&word) { 0 } else { LONE_LETTER * word.chars().count() as u32 };
    LONE_WORD + letters
}

/// Words that are put before or behind a name without telling much.
const ADDITIONS: &[&str] = &[
    "all", "async", "by", "current", "data", "do", "fn", "for", "from", "func", "get", "has", "id", "in", "info", "is",
    "key", "list", "make", "my", "name", "new", "obj", "object", "of", "on", "self", "set", "str", "string", "sync",
    "the", "to", "type", "value", "with",
];

/// Short forms that everybody writes, beside those among the synonyms.
const ABBREVIATIONS: &[(&str, &str)] = &[
    ("addr", "address"),
    ("app", "application"),
    ("args", "arguments"),
    ("attr", "attribute"),
    ("attrs", "attributes"),
    ("auth", "authentication"),
    ("buf", "buffer"),
    ("char", "character"),
    ("cmd", "command"),
    ("col", "column"),
    ("cols", "columns"),
    ("conn", "connection"),
    ("ctx", "context"),
    ("cur", "current"),
    ("db", "database"),
    ("doc", "document"),
    ("elem", "element"),
    ("enc", "encoding"),
    ("env", "environ"),
    ("env", "environment"),
    ("fmt", "format"),
    ("func", "function"),
    ("img", "image"),
    ("info", "information"),
    ("lib", "library"),
    ("mem", "memory"),
    ("mod", "module"),
    ("obj", "object"),
    ("params", "parameters"),
    ("pkg", "package"),
    ("prop", "property"),
    ("props", "properties"),
    ("pwd", "password"),
    ("ref", "reference"),
    ("repo", "repository"),
    ("req", "request"),
    ("res", "result"),
    ("resp", "response"),
    ("seq", "sequence"),
    ("sess", "session"),
    ("str", "string"),
    ("temp", "temporary"),
    ("tmp", "temporary"),
    ("tmpl", "template"),
    ("tok", "token"),
    ("var", "variable"),
    ("ver", "version"),
    ("win", "window"),
];

/// Whether all letters of one stand in the other, in order.
fn is_within(name: &str, other: &str) -> bool {
    let (short, long) = if name.len() <= other.len() { (name, other) } else { (other, name) };
    let mut rest = long.chars();
    name.len() != other.len() && short.chars().all(|c| rest.any(|other| other == c))
}

/// Whether `short` begins as `long` does and keeps some of its letters in order: `cfg` of `config`.
fn is_skeleton(short: &str, long: &str) -> bool {
    let mut rest = long.chars();
    short.chars().next() == long.chars().next()
        && short.chars().all(|c| rest.any(|other| other == c))
        && short.len() * 5 >= long.len()
        && short.len() + 1 < long.len()
}

/// Words that take each other's place in names.
const SYNONYMS: &[&[&str]] = &[
    &["get", "fetch", "load", "read", "retrieve", "find", "lookup", "obtain", "query"],
    &["remove", "delete", "del", "drop", "discard", "erase", "clear", "unset", "pop"],
    &["size", "length", "len", "count", "cnt", "num", "number", "total"],
    &["make", "create", "build", "new", "construct", "generate", "init"],
    &["path", "file", "filename", "filepath", "pathname"],
    &["set", "update", "put", "assign", "change", "modify"],
    &["add", "append", "insert", "push", "register", "extend"],
    &["start", "begin", "launch"],
    &["stop", "end", "finish", "close", "terminate"],
    &["error", "exception", "exc", "err", "failure", "fault"],
    &["config", "configuration", "cfg", "conf", "settings", "options", "preferences"],
    &["dir", "directory", "folder"],
    &["message", "text", "msg", "content", "body"],
    &["param", "parameter", "argument", "arg", "option"],
    &["value", "data", "val", "item", "element", "entry"],
    &["source", "origin", "src", "input"],
    &["target", "destination", "dest", "dst", "output"],
    &["previous", "prev", "last", "prior"],
    &["parse", "decode", "load", "loads", "read"],
    &["dump", "encode", "serialize", "dumps", "write", "save", "store"],
    &["check", "validate", "verify", "test", "ensure"],
    &["send", "emit", "post", "submit", "dispatch"],
    &["show", "display", "render", "print", "draw"],
    &["convert", "transform", "cast"],
    &["key", "name", "id", "identifier", "label", "title"],
    &["run", "execute", "exec", "call", "invoke", "perform"],
    &["handle", "process"],
    &["response", "reply", "answer", "result"],
    &["index", "position", "pos", "idx", "offset"],
    &["default", "fallback"],
    &["type", "kind"],
    &["list", "all", "items", "array", "sequence"],
    &["user", "account", "member"],
    &["max", "maximum", "upper", "limit"],
    &["min", "minimum", "lower"],
    &["url", "uri", "link", "address"],
    &["enabled", "active"],
    &["copy", "clone", "duplicate"],
    &["split", "partition", "divide"],
    &["join", "merge", "concat", "combine"],
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_what_was_meant_first() {
        let names = ["total", "totals", "subtotal", "line", "lines_of", "x"];
        assert_eq!(nearest("totl", names, 3)[..1], ["total"]);
        assert_eq!(nearest("lines", names, 3)[..1], ["line"]);
        assert_eq!(nearest("ttoal", names, 1), ["total"]);
        assert!(nearest("zebra", names, 3).is_empty());
        assert!(nearest("", names, 3).is_empty());
        assert!(nearest("frobnicate", names, 3).is_empty());
        assert_eq!(nearest("warning", ["warn", "simplefilter"], 3), ["warn"]);
    }

    #[test]
    fn the_memory_slips_in_words() {
        let names = ["delete_row", "row_count", "make_cart", "cfg_dir", "parse_config", "read_lines", "_private_part"];
        for (wrong, right) in [
            ("remove_row", "delete_row"),
            ("count_row", "row_count"),
            ("rows_length", "row_count"),
            ("createCart", "make_cart"),
            ("config_directory", "cfg_dir"),
            ("parse_configuration", "parse_config"),
            ("lines", "read_lines"),
            ("private_part", "_private_part"),
        ] {
            assert_eq!(nearest(wrong, names, 1), [right], "{wrong}");
        }
    }

    #[test]
    fn what_speaks_against_a_name_decides_between_equals() {
        assert_eq!(nearest_of("rows", [("rowz", 20), ("rowa", 0)], 2), ["rowa", "rowz"]);
        assert_eq!(nearest("row_1", ["row_2", "row_10"], 2).len(), 2);
    }
}
