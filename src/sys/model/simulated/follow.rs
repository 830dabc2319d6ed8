//! Reading a refusal: what a model does that takes every hint by the letter and thinks no further.
//!
//! It may know what any model knows: the call that it sent, the answer, the names of the tools, and what it meant to
//! write. What it meant it uses only where the answer points: at a value or a line that the answer names, at an argument
//! that it says is missing, or for the whole code where the answer asks for that. It is not told which mistake it made,
//! and has no branch for any.

use std::sync::LazyLock;

use regex::Regex;

use super::call::{Call, defined_name, differing_lines};

/// What the reader has before it.
pub(super) struct Refused<'a> {
    pub(super) answer: &'a str,
    /// The call that was refused; without arguments where they could not be read, without a name where there was none.
    pub(super) sent: &'a Call,
    /// What it was meant to do.
    pub(super) meant: &'a Call,
    /// Edits that were left out, or made otherwise than meant.
    pub(super) owed: &'a [Call],
    pub(super) tools: &'a [&'static str],
}

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the pattern is fixed")
}

static QUOTED: LazyLock<Regex> = LazyLock::new(|| pattern(r"'([^'\n]+)'|`([^`\n]+)`"));
static MEAN: LazyLock<Regex> = LazyLock::new(|| pattern(r"Did you mean (.+?)\?"));
static IT_IS: LazyLock<Regex> = LazyLock::new(|| pattern(r"It is '([^']+)'"));
static USE: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b[Uu]se (\w+)"));
static LOOK: LazyLock<Regex> = LazyLock::new(|| pattern(r"[Cc]all (\w+)([^.\n]*)"));
static WITH: LazyLock<Regex> = LazyLock::new(|| pattern(r"(\w+)='?([^',\s.]+(?:\.[^',\s.]+)*)'?"));
static IMPORT: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?:Import it: |Add )['`]((?:from [\w.]+ )?import [^'`]+)['`]"));
static STEP: LazyLock<Regex> = LazyLock::new(|| pattern(r"step (\d+): .*Make it an? (\w+) step"));
static CODE_LINE: LazyLock<Regex> = LazyLock::new(|| pattern(r"[Ll]ine (\d+) of the code"));
static OBJECT: LazyLock<Regex> = LazyLock::new(|| pattern(r"Send one object with: ([\w?, ]+)"));
static WHOLE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)write (?:that|its|the) code out|\bwhole\b|\bcomplete\b|the code alone"));
static BELOW_ROOT: LazyLock<Regex> = LazyLock::new(|| pattern(r"relative to the project root"));

/// The quoted pieces of a text, in order.
fn quoted(text: &str) -> Vec<&str> {
    let pieces = QUOTED.captures_iter(text).filter_map(|found| found.get(1).or_else(|| found.get(2)));
    pieces.map(|piece| piece.as_str()).collect()
}

impl Refused<'_> {
    /// The calls to make now, one a turn. The last one is what stands in for the refused call.
    pub(super) fn calls(&self) -> Vec<Call> {
        if let Some(call) = self.rebuilt() {
            return vec![call];
        }
        let mut call = self.sent.clone();
        let mut first: Vec<Call> = Vec::new();
        for line in self.answer.lines() {
            let is_taken = self.suggestion(line, &mut call) || self.pointed(line, &mut call);
            if !is_taken {
                self.whole(line, &mut call);
            }
            self.step(line, &mut call);
            first.extend(self.wanted_before(line, &mut call));
        }
        if BELOW_ROOT.is_match(self.answer)
            && let Some(path) = call.text("path")
        {
            let path = path.trim_start_matches(['.', '/', '~']).to_owned();
            call = call.with("path", &path);
        }
        if let Some(other) = self.other_tool(&call) {
            call = other;
        }
        if first.is_empty() && call == *self.sent {
            let mut owed = self.owed_here();
            if !owed.is_empty() {
                // What was refused for want of them is made again behind them.
                owed.extend((self.sent.is_edit() && self.is_of_kind(self.sent)).then(|| self.sent.clone()));
                return owed;
            }
            // A call that was something else is left out, one that was written in words is made. Of any other, nothing that
            // the answer says can be bettered: it is made again, in vain.
            let is_another = self.sent.name.is_empty() || !self.is_of_kind(self.sent);
            return vec![if is_another { self.meant } else { self.sent }.clone()];
        }
        first.push(call);
        first
    }

    /// The calls that set an accepted edit right, where what it left open points at it.
    pub(super) fn mending_calls(&self) -> Vec<Call> {
        let mut call = self.sent.clone();
        let mut calls: Vec<Call> = Vec::new();
        for line in self.answer.lines() {
            let is_taken = self.suggestion(line, &mut call) || self.pointed(line, &mut call);
            if !is_taken && self.is_of_kind(&call) {
                self.whole(line, &mut call);
            }
            calls.extend(self.wanted_before(line, &mut call).into_iter().filter(Call::is_edit));
        }
        if call != *self.sent {
            calls.push(self.again(call));
        }
        calls
    }

    /// The call that changes what an accepted one wrote: what was added is there now.
    fn again(&self, call: Call) -> Call {
        let (Some(code), Some(path)) = (call.text("code"), call.text("path")) else {
            let replaced = (self.sent.text("replace"), call.text("replace"));
            return match replaced {
                (Some(search), Some(replace)) => call.with("search", search).with("replace", replace),
                _ => call,
            };
        };
        let tool = match call.name.as_str() {
            "add_function" => "modify_function",
            "add_class" => "modify_class",
            _ => return call,
        };
        let name = defined_name(code).unwrap_or_default();
        let mut made = Call::new(tool, &[("path", path), ("name", &name), ("code", code)]);
        if let Some(class) = call.text("target_class") {
            made = made.with("target_class", class);
        }
        made
    }

    /// The object that the answer asks for, argument by argument.
    fn rebuilt(&self) -> Option<Call> {
        let keys = OBJECT.captures(self.answer)?.get(1)?.as_str();
        let keys: Vec<&str> = keys.split(',').map(|key| key.trim().trim_end_matches('?')).collect();
        let mut call = self.sent.clone();
        call.arguments = self
            .meant
            .arguments
            .iter()
            .filter(|(key, _)| keys.contains(&key.as_str()))
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect();
        Some(call)
    }

    /// Takes a name that the line offers, in the place of the one that it calls wrong.
    fn suggestion(&self, line: &str, call: &mut Call) -> bool {
        let Some(found) = MEAN.captures(line).or_else(|| IT_IS.captures(line)) else { return false };
        let (Some(whole), Some(offer)) = (found.get(0), found.get(1)) else { return false };
        let mut offered: Vec<&str> = quoted(whole.as_str());
        if offered.is_empty() {
            offered = offer.as_str().split(" or ").collect();
        }
        let heads: Vec<&str> = offered.iter().map(|name| name.split(['(', ' ']).next().unwrap_or(name)).collect();
        // Of several it takes the one that it had in mind, if that is among them.
        let mind = self.meant.code().map_or("", |(_, code)| code);
        let Some(right) = heads.iter().find(|name| has_word(mind, name)).or(heads.first()) else { return false };
        let wrong = quoted(&line[..whole.start()]);
        // What is called wrong is named last before the question.
        wrong.last().is_some_and(|wrong| self.replace(call, wrong, right))
    }

    fn replace(&self, call: &mut Call, wrong: &str, right: &str) -> bool {
        if call.name == wrong {
            call.name = right.to_owned();
            return true;
        }
        if let Some(value) = call.arguments.shift_remove(wrong) {
            call.arguments.insert(right.to_owned(), value);
            return true;
        }
        for (key, value) in call.clone().arguments {
            let Some(text) = value.as_str() else { continue };
            if !text.contains('\n') && (text == wrong || text.ends_with(&format!(".{wrong}"))) {
                let kept = &text[..text.len() - wrong.len()];
                *call = call.with(&key, &format!("{kept}{right}"));
                return true;
            }
            let word = pattern(&format!(r"\b{}\b", regex::escape(wrong)));
            if word.is_match(text) {
                // Where the name stands rightly elsewhere, only what came out otherwise than meant is changed.
                let (slips, _, at) = differing_lines(text, self.meant.text(&key).unwrap_or(text));
                let range =
                    if slips.iter().any(|line| word.is_match(line)) { at..at + slips.len() } else { 0..usize::MAX };
                let lines = text.split('\n').enumerate().map(|(number, line)| match range.contains(&number) {
                    true => word.replace_all(line, right).into_owned(),
                    false => line.to_owned(),
                });
                *call = call.with(&key, &lines.collect::<Vec<_>>().join("\n"));
                return true;
            }
        }
        false
    }

    /// Mends what the line points at: an argument that it names, or lines of the code that hold what it quotes.
    fn pointed(&self, line: &str, call: &mut Call) -> bool {
        let pieces: Vec<&str> = quoted(line);
        let code_line: Option<usize> = CODE_LINE.captures(line).and_then(|found| found.get(1)?.as_str().parse().ok());
        let before = call.clone();
        let names_key = |key: &str| pieces.contains(&key);
        if !self.is_of_kind(&before) {
            return false;
        }
        for (key, meant) in &self.meant.arguments {
            let Some(sent) = before.arguments.get(key) else {
                if names_key(key) && line.contains("missing") {
                    call.arguments.insert(key.clone(), meant.clone());
                }
                continue;
            };
            let (Some(sent), Some(meant)) = (sent.as_str(), meant.as_str()) else { continue };
            if sent == meant {
                continue;
            }
            if !sent.contains('\n') && !meant.contains('\n') {
                if pieces.iter().any(|piece| sent == *piece || sent.contains(piece) || piece.contains(sent)) {
                    *call = call.with(key, meant);
                }
                continue;
            }
            let (slips, right, at) = differing_lines(sent, meant);
            // `Desk.available` is written `self.available`.
            let last = |piece: &str| piece.rsplit('.').next().unwrap_or_default().to_owned();
            let holds = |piece: &&str| {
                let name = last(piece);
                let is_in = |line: &&str| line.contains(piece.trim()) || name.len() > 2 && has_word(line, &name);
                piece.len() > 1 && slips.iter().any(is_in)
            };
            let is_numbered = code_line.is_some_and(|number| (at..=at + slips.len()).contains(&(number - 1)));
            if pieces.iter().any(holds) || is_numbered {
                let lines: Vec<&str> = sent.lines().collect();
                let mended = [&lines[..at], &right, &lines[at + slips.len()..]].concat();
                *call = call.with(key, &format!("{}\n", mended.join("\n")));
            }
        }
        *call != before
    }

    /// The whole code, where the line asks for it.
    fn whole(&self, line: &str, call: &mut Call) {
        if WHOLE.is_match(line)
            && let Some((key, code)) = self.meant.code()
        {
            *call = call.with(key, code);
        }
    }

    /// Whether a call is another way to do what was meant, so that parts of it can be told right from wrong.
    fn is_of_kind(&self, call: &Call) -> bool {
        let written = |call: &Call| call.text("code").map(defined_name);
        call.name == self.meant.name
            || call.text("path") == self.meant.text("path")
                && written(call).is_some_and(|name| name.is_some() && Some(name) == written(self.meant))
            || !self.tools.contains(&call.name.as_str())
    }

    /// `step 2: … Make it a modify step.`
    fn step(&self, line: &str, call: &mut Call) {
        for found in STEP.captures_iter(line) {
            let Some(at) = found[1].parse::<usize>().ok().and_then(|number| number.checked_sub(1)) else { continue };
            if let Some(step) = call.arguments.get_mut("steps").and_then(|steps| steps.get_mut(at)) {
                step["action"] = found[2].into();
            }
        }
    }

    /// What the line wants done before the call is made again: something looked at, or imported.
    fn wanted_before(&self, line: &str, call: &mut Call) -> Vec<Call> {
        let mut wanted = Vec::new();
        let path = call.path().or(self.meant.path()).unwrap_or_default().to_owned();
        for found in LOOK.captures_iter(line) {
            let tool = &found[1];
            let mut look = Call::new(tool, &[]);
            if !look.is_look() || !self.tools.contains(&tool) {
                continue;
            }
            for pair in WITH.captures_iter(&found[2]) {
                look = look.with(&pair[1], &pair[2]);
            }
            let named = quoted(&line[..found.get(0).map_or(0, |whole| whole.start())]);
            let file = named.into_iter().find(|piece| piece.ends_with(".py"));
            if look.text("path").is_none() && !matches!(tool, "list_files" | "find_symbol" | "search") {
                look = look.with("path", file.unwrap_or(&path));
            }
            if matches!(tool, "find_symbol" | "search") && look.arguments.is_empty() {
                continue;
            }
            wanted.push(look);
        }
        for found in IMPORT.captures_iter(line) {
            // The line says of which file it speaks, or speaks of the one that was edited.
            let file =
                line.split(':').next().map(|head| head.trim_start_matches("Error").trim_start_matches(['-', ' ']));
            let file = file.filter(|file| file.ends_with(".py")).unwrap_or(&path);
            let import = Call::new("add_import", &[("path", file), ("code", &found[1])]);
            if !wanted.contains(&import) {
                wanted.push(import);
            }
        }
        wanted
    }

    /// The same with the tool that the answer names.
    fn other_tool(&self, call: &Call) -> Option<Call> {
        let named = USE.captures_iter(self.answer).filter_map(|found| Some(found.get(1)?.as_str()));
        let tool = named.into_iter().find(|tool| self.tools.contains(tool) && *tool != call.name)?;
        let made = Call::new(tool, &[]);
        if !made.is_edit() {
            return None;
        }
        if tool == self.meant.name && call.text("code").is_none() {
            return Some(self.meant.clone());
        }
        let code = call.text("code")?;
        let name = defined_name(code)?;
        let mut made = made.with("path", call.text("path")?).with("code", code);
        if let Some(class) = call.text("target_class") {
            made = made.with("target_class", class);
        }
        if tool.starts_with("modify") {
            made = made.with("name", &name);
        }
        matches!(tool, "modify_function" | "modify_class" | "add_function" | "add_class").then_some(made)
    }

    /// What was left out or made otherwise: in files that the answer names, or of symbols.
    fn owed_here(&self) -> Vec<Call> {
        let names = quoted(self.answer);
        let is_named = |call: &&Call| {
            let symbol = call.symbol();
            call.path().is_some_and(|path| self.answer.contains(path))
                || symbol.is_some_and(|symbol| names.iter().any(|name| has_word(name, &symbol)))
        };
        self.owed.iter().filter(is_named).cloned().collect()
    }
}

fn has_word(text: &str, word: &str) -> bool {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_')).any(|other| other == word)
}
