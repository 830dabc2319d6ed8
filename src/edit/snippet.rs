//! The code that comes with an operation, made ready: fence off, one line end, no common indentation, one definition.

use super::Refusal;
use super::indentation::{Dedented, dedent};
use crate::index::{FileStructure, Symbol, SymbolKind};
use crate::text::{LineEnding, LineIndex, ProjectPath};

/// Code whose lines end in `\n`, without common indentation, without blank lines around.
pub(super) struct Snippet {
    pub(super) code: Dedented,
    pub(super) structure: FileStructure,
    pub(super) notes: Vec<String>,
}

impl Snippet {
    /// Takes code that has to parse.
    pub(super) fn new(path: &ProjectPath, code: &str) -> Result<Self, Refusal> {
        let mut notes = Vec::new();
        let unified = LineEnding::Lf.unify(code);
        let bare = match without_fence(&unified) {
            Some(inner) => {
                notes.push("A markdown fence around the code was taken off.".to_owned());
                inner
            }
            None => &unified,
        };
        let unnumbered = without_line_numbers(bare);
        if unnumbered.is_some() {
            notes.push("Line numbers before the code were taken off.".to_owned());
        }
        let bare = unnumbered.as_deref().unwrap_or(bare);
        // The first line keeps its indentation: it is compared with that of the others.
        let start = bare.len() - bare.trim_start().len();
        let start = bare[..start].rfind('\n').map_or(0, |at| at + 1);
        let code = dedent(path, bare[start..].trim_end());
        let structure = FileStructure::parse(path, &code.text);
        if let Some(fault) = structure.faults.first() {
            let lines = LineIndex::new(&code.text);
            let line = code.text.get(lines.line_span(fault.line).range()).unwrap_or("").trim();
            return Err(Refusal::BadCode(format!(
                "Line {} of the code does not parse: {}: `{line}`. Nothing was changed.",
                fault.line, fault.message
            )));
        }
        Ok(Self { code, structure, notes })
    }
}

/// What stands within a markdown fence that encloses all of `code`.
pub(super) fn without_fence(code: &str) -> Option<&str> {
    let code = code.trim_matches(['\n', ' ', '\t', '\r']);
    let (first, rest) = code.split_once('\n')?;
    let fence: String = first.chars().take_while(|c| *c == '`' || *c == '~').collect();
    let info = &first[fence.len()..];
    if fence.len() < 3 || info.trim().contains([' ', '`', '(', '=']) {
        return None;
    }
    let rest = rest.trim_end();
    let inner = rest.strip_suffix(fence.as_str())?;
    // The closing fence has to stand alone on its line.
    (inner.is_empty() || inner.trim_end_matches([' ', '\t']).ends_with('\n')).then_some(inner)
}

/// The text without the line numbers that a listing (`  45⇥text`) or a refusal (`    45| text`) has before every line;
/// nothing where one has none.
pub(super) fn without_line_numbers(text: &str) -> Option<String> {
    let mut bare = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let numbered = line.trim_start_matches(' ');
        let rest = numbered.trim_start_matches(|c: char| c.is_ascii_digit());
        let quoted =
            || rest.strip_prefix("| ").or_else(|| rest.strip_prefix('|').filter(|rest| rest.trim().is_empty()));
        match rest.strip_prefix(['\t', '→']).or_else(quoted).filter(|_| rest.len() < numbered.len()) {
            Some(content) => bare.push_str(content),
            None if line.trim().is_empty() => bare.push_str(line),
            None => return None,
        }
    }
    (!text.trim().is_empty()).then_some(bare)
}

/// A snippet that is one function or one class, with the comments around it.
pub(super) struct Definition {
    pub(super) code: Dedented,
    pub(super) symbol: Symbol,
    /// The comments above the first decorator, as a number of lines.
    pub(super) comment_lines: u32,
    pub(super) notes: Vec<String>,
}

/// The kind of definition an operation takes, and the words for saying so.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    Function,
    Class,
}

impl Wanted {
    fn takes(self, kind: SymbolKind) -> bool {
        (kind == SymbolKind::Class) == (self == Self::Class)
    }

    fn word(self) -> &'static str {
        match self {
            Self::Function => "function",
            Self::Class => "class",
        }
    }

    fn other_tools(self) -> &'static str {
        match self {
            Self::Function => "add_class or modify_class",
            Self::Class => "add_function or modify_function",
        }
    }
}

impl Definition {
    pub(super) fn new(path: &ProjectPath, code: &str, wanted: Wanted) -> Result<Self, Refusal> {
        let snippet = Snippet::new(path, code)?;
        let defined: Vec<&Symbol> = snippet
            .structure
            .children(None)
            .map(|(_, symbol)| symbol)
            .filter(|symbol| symbol.kind != SymbolKind::Variable)
            .collect();
        let symbol = match defined.as_slice() {
            [] => {
                return Err(Refusal::BadCode(format!(
                    "The code holds no {} definition. Give the whole definition, from its decorators to its last line.",
                    wanted.word()
                )));
            }
            [symbol] => (*symbol).clone(),
            several => {
                let names: Vec<String> = several.iter().map(|symbol| format!("'{}'", symbol.name)).collect();
                return Err(Refusal::BadCode(format!(
                    "The code holds {} definitions ({}). Give one for each call.",
                    several.len(),
                    names.join(", ")
                )));
            }
        };
        if !wanted.takes(symbol.kind) {
            return Err(Refusal::BadCode(format!(
                "The code holds {} '{}', not a {} alone. Give the {} itself, or use {}.",
                symbol.kind.word(),
                symbol.name,
                wanted.word(),
                wanted.word(),
                wanted.other_tools()
            )));
        }
        let first = symbol.decorator_line.unwrap_or(symbol.line);
        for (line, content) in (1..).zip(snippet.code.text.lines()) {
            let outside = line < first || line > symbol.end_line;
            if outside && !content.trim().is_empty() && !content.trim_start().starts_with('#') {
                return Err(Refusal::BadCode(format!(
                    "Line {line} of the code stands outside the definition of '{}': `{}`. Use add_import for imports and \
                     edit_file for other statements.",
                    symbol.name,
                    content.trim()
                )));
            }
        }
        Ok(Self { code: snippet.code, comment_lines: first - 1, symbol, notes: snippet.notes })
    }
}
