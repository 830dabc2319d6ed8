//! The same file in the spellings that files come in.

use flux::index::{LineStart, indent_of, line_starts};
use flux::text::FileText;

use super::tree::lines_of;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Variant {
    AsItIs,
    CrLf,
    Bom,
    Latin1,
    Tabs,
    MixedEnds,
    NoFinalNewline,
    FormFeeds,
}

impl Variant {
    /// The file spelled that way; nothing where it cannot be.
    pub(super) fn of(self, bytes: &[u8]) -> Option<Vec<u8>> {
        let file = FileText::decode(bytes).ok()?;
        let text = file.text();
        let plain = || (file.encode(text).as_deref() == Ok(text.as_bytes()) && !text.contains('\r')).then_some(text);
        match self {
            Self::AsItIs => Some(bytes.to_vec()),
            Self::CrLf => Some(plain()?.replace('\n', "\r\n").into_bytes()),
            Self::Bom => Some([b"\xef\xbb\xbf", plain()?.as_bytes()].concat()),
            Self::Latin1 => latin1(text),
            Self::Tabs => Some(with_tabs(plain()?).into_bytes()),
            Self::MixedEnds => Some(mixed(plain()?).into_bytes()),
            Self::NoFinalNewline => Some(plain()?.trim_end().as_bytes().to_vec()),
            Self::FormFeeds => Some(with_form_feeds(plain()?).into_bytes()),
        }
    }
}

fn latin1(text: &str) -> Option<Vec<u8>> {
    let is_cookie = |line: &&str| line.trim_start().starts_with('#') && line.contains("coding");
    let lines = lines_of(text);
    let shebang = lines.iter().take(1).filter(|line| line.starts_with("#!")).count();
    let rest =
        lines[shebang..].iter().enumerate().filter(|(at, line)| *at >= 2 || !is_cookie(line)).map(|(_, line)| *line);
    let cookie = "# -*- coding: latin-1 -*-\n# \u{e9}\u{fc}\u{df}: as it was.\n";
    let text: String = lines[..shebang].iter().copied().chain([cookie]).chain(rest).collect();
    text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect()
}

/// Blocks indented by tabs; strings and what continues a statement stay as they are.
fn with_tabs(text: &str) -> String {
    let mut stack: Vec<&str> = vec![""];
    let mut new = String::new();
    for (line, start) in lines_of(text).into_iter().zip(line_starts(text)) {
        let indent = indent_of(line.trim_end_matches(['\r', '\n']));
        if start == LineStart::Logical {
            while stack.last().is_some_and(|top| top.len() > indent.len()) {
                stack.pop();
            }
            if stack.last().is_some_and(|top| top.len() < indent.len()) {
                stack.push(indent);
            }
        }
        let is_comment = start == LineStart::Blank && line.trim_start().starts_with('#');
        let depth = stack.iter().rposition(|level| level.len() <= indent.len()).unwrap_or(0);
        match start == LineStart::Logical || is_comment {
            true => new.push_str(&format!("{}{}", "\t".repeat(depth), &line[indent.len()..])),
            false => new.push_str(line),
        }
    }
    new
}

fn mixed(text: &str) -> String {
    let ends = ["\n", "\r\n", "\n", "\n"];
    text.split_inclusive('\n').zip(ends.iter().cycle()).map(|(line, end)| line.replace('\n', end)).collect()
}

/// A form feed before each definition of the module: on its own line, or on the definition's.
fn with_form_feeds(text: &str) -> String {
    let mut count = 0;
    let starts = line_starts(text);
    let mut new = String::new();
    for (line, start) in lines_of(text).into_iter().zip(starts) {
        let defines = ["def ", "class ", "@"].iter().any(|word| line.starts_with(word));
        if start == LineStart::Logical && defines {
            count += 1;
            new.push_str(if count % 2 == 0 { "\u{c}" } else { "\u{c}\n" });
        }
        new.push_str(line);
    }
    new
}
