//! `flux outline`: what one file holds, as its structure tells it.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, IsTerminal, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use serde::Serialize;

use crate::Format;
use flux::index::{FileEntry, Spelling, Store, Symbol, SymbolKind};
use flux::text::{FileText, ProjectPath};

#[derive(clap::Args)]
pub(crate) struct Options {
    /// The Python file.
    file: PathBuf,
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let bytes = read(&options.file).with_context(|| format!("cannot read '{}'", options.file.display()))?;
    let entry = Store::parse(&name(&options.file), &bytes);
    let shown = match options.format {
        Format::Text => text(&options.file, &entry, io::stdout().is_terminal() && !is_plain()),
        Format::Json => {
            let items: Vec<Item<'_>> = definitions(&entry).map(Item::new).collect();
            format!("{}\n", serde_json::to_string(&items)?)
        }
        Format::Jsonl => {
            let mut lines = String::new();
            for symbol in definitions(&entry) {
                lines += &serde_json::to_string(&Item::new(symbol))?;
                lines.push('\n');
            }
            lines
        }
    };
    // Who has closed the pipe has read enough.
    let _ = io::stdout().lock().write_all(shown.as_bytes());
    Ok(ExitCode::SUCCESS)
}

/// No more than what is refused for its size: a device never ends.
fn read(file: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    fs::File::open(file)?.take(FileText::LIMIT_BYTES + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Only the extension matters here: the file may lie anywhere.
fn name(file: &Path) -> ProjectPath {
    let is_stub = file.extension().is_some_and(|extension| extension == "pyi");
    ProjectPath::new(if is_stub { "outline.pyi" } else { "outline.py" }).expect("a plain name is a path")
}

fn is_plain() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
}

fn definitions(entry: &FileEntry) -> impl Iterator<Item = &Symbol> {
    entry.structure.symbols.iter().filter(|symbol| symbol.kind != SymbolKind::Variable)
}

/// One element of the JSON array.
#[derive(Serialize)]
struct Item<'a> {
    kind: &'static str,
    name: &'a str,
    qualname: &'a str,
    line: u32,
    decorator_line: Option<u32>,
    end_line: u32,
    r#async: bool,
    signature: &'a str,
    decorators: &'a [Spelling],
}

impl<'a> Item<'a> {
    fn new(symbol: &'a Symbol) -> Self {
        Self {
            kind: symbol.kind.word(),
            name: &symbol.name,
            qualname: &symbol.qualname,
            line: symbol.line,
            decorator_line: symbol.decorator_line,
            end_line: symbol.end_line,
            r#async: symbol.is_async,
            signature: &symbol.signature,
            decorators: &symbol.decorators,
        }
    }
}

/// For a person: line numbers, indentation by depth, decorators above what they decorate.
fn text(file: &Path, entry: &FileEntry, is_coloured: bool) -> String {
    let paint = |code: &str, text: &str| match is_coloured {
        true => format!("\x1b[{code}m{}\x1b[0m", super::printable(text)),
        false => super::printable(text),
    };
    let structure = &entry.structure;
    let mut out = String::new();
    let head = [
        counted(structure.line_count as usize, "line"),
        counted(entry.symbol_count(), "symbol"),
        counted(structure.imports.len(), "import"),
    ];
    let _ = writeln!(out, "{}  {}", paint("1", &file.display().to_string()), paint("2", &head.join("  ")));
    if let Some(skipped) = &entry.skipped {
        let _ = writeln!(out, "{}", paint("33", &format!("! {}", skipped.0)));
    }
    let width = structure.line_count.max(1).to_string().len().max(3);
    for symbol in &structure.symbols {
        let indent = "    ".repeat(depth(&structure.symbols, symbol));
        for (nth, decorator) in symbol.decorators.iter().enumerate() {
            // Only the first one's line is kept.
            let line = symbol.decorator_line.filter(|_| nth == 0).map(|line| line.to_string()).unwrap_or_default();
            let decorator = paint("2", &format!("@{decorator}"));
            let _ = writeln!(out, "{}  {indent}{decorator}", paint("2", &format!("{line:>width$}")));
        }
        let line = paint("2", &format!("{:>width$}", symbol.line));
        let _ = writeln!(out, "{line}  {indent}{}", headline(symbol, &paint));
    }
    for fault in &structure.faults {
        let line = format!("{:>width$}", fault.line);
        let _ = writeln!(out, "{}", paint("31", &format!("{line}  ! syntax: {}", fault.message)));
    }
    out
}

fn headline(symbol: &Symbol, paint: &impl Fn(&str, &str) -> String) -> String {
    let keyword = match symbol.kind {
        SymbolKind::Class => "class ",
        SymbolKind::Variable => return paint("36", &symbol.name),
        SymbolKind::Function | SymbolKind::Method if symbol.is_async => "async def ",
        SymbolKind::Function | SymbolKind::Method => "def ",
    };
    let lines = symbol.end_line + 1 - symbol.line.min(symbol.end_line);
    let extent = if lines > 1 { paint("2", &format!("  ·{lines}")) } else { String::new() };
    format!("{}{}{}{extent}", paint("35", keyword), paint("1", &symbol.name), super::printable(&symbol.signature))
}

fn depth(symbols: &[Symbol], symbol: &Symbol) -> usize {
    std::iter::successors(symbol.parent, |id| symbols[*id as usize].parent).count()
}

fn counted(count: usize, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}
