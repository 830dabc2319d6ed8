//! A file's entry as bytes: what the threads that parse hand over, and what is kept on disk for the next start.
//!
//! First all texts, one behind the other in the order in which they are used, then the numbers: differences to what
//! stands before them, seven bits a byte. Knows nothing of files and of what the entry belongs to.
//! Invariant: what was put into bytes is read back as it was; bytes that say anything else are refused.

use std::sync::Arc;

use super::spelling::{Spelling, Spellings};
use super::words::WordSet;
use super::{FileEntry, FileStructure, Import, ImportedName, Skipped, Symbol, SymbolId, SymbolKind, SyntaxFault};
use crate::text::{ContentHash, Span};

const KINDS: [SymbolKind; 4] = [SymbolKind::Class, SymbolKind::Function, SymbolKind::Method, SymbolKind::Variable];

/// For so many items there is room before the first is read.
const ROOM_MAX: usize = 1 << 12;

impl FileEntry {
    /// Puts the entry behind what `out` holds.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let structure = &*self.structure;
        let mut writer = Writer::default();
        writer.flags(&[structure.has_newer_syntax, structure.docstring_span.is_some(), self.skipped.is_some()]);
        writer.number(structure.line_count);
        if let Some(span) = structure.docstring_span {
            writer.span(span);
        }
        if let Some(Skipped(why)) = &self.skipped {
            writer.text(why);
        }
        writer.list(&structure.symbols, Writer::symbol);
        writer.list(&structure.imports, Writer::import);
        writer.list(&structure.faults, Writer::fault);
        out.extend_from_slice(&self.hash.to_bytes());
        put_number(out, writer.texts.len() as u32);
        out.extend_from_slice(writer.texts.as_bytes());
        put_number(out, writer.numbers.len() as u32);
        out.extend_from_slice(&writer.numbers);
        self.words.hashes().iter().for_each(|hash| out.extend_from_slice(&hash.to_le_bytes()));
    }

    /// The entry that was put into `record`, which holds nothing else.
    pub fn decode(record: &[u8]) -> Option<Self> {
        let (hash, mut rest) = record.split_first_chunk()?;
        let texts = std::str::from_utf8(take_block(&mut rest)?).ok()?;
        let numbers = take_block(&mut rest)?;
        let words = WordSet::from_sorted(rest)?;
        let mut reader = Reader { numbers, pieces: Spellings::of(texts), place: Place::default() };
        let [has_newer_syntax, has_docstring, is_skipped, ..] = reader.flags()?;
        let line_count = reader.number()?;
        let docstring_span = if has_docstring { Some(reader.span()?) } else { None };
        let skipped = if is_skipped { Some(Skipped(reader.text()?.to_string())) } else { None };
        let structure = FileStructure {
            symbols: reader.list(Reader::symbol)?,
            imports: reader.list(Reader::import)?,
            faults: reader.list(Reader::fault)?,
            line_count,
            docstring_span,
            has_newer_syntax,
        };
        let is_whole = reader.numbers.is_empty() && reader.pieces.is_used_up();
        is_whole.then(|| Self { hash: ContentHash::from_bytes(*hash), structure: Arc::new(structure), skipped, words })
    }
}

/// What the numbers are counted from.
#[derive(Default)]
struct Place {
    line: u32,
    start: u32,
}

#[derive(Default)]
struct Writer {
    texts: String,
    numbers: Vec<u8>,
    place: Place,
}

impl Writer {
    fn number(&mut self, number: u32) {
        put_number(&mut self.numbers, number);
    }

    /// Eight at most.
    fn flags(&mut self, flags: &[bool]) {
        self.numbers.push(flags.iter().rev().fold(0, |byte, flag| byte << 1 | u8::from(*flag)));
    }

    fn line(&mut self, line: u32) {
        self.number(folded(line.wrapping_sub(self.place.line)));
        self.place.line = line;
    }

    /// Also says from where on what follows is counted.
    fn span(&mut self, span: Span) {
        self.number(folded(span.start.wrapping_sub(self.place.start)));
        self.place.start = span.start;
        self.number(span.end.wrapping_sub(span.start));
    }

    /// A span near the last one.
    fn inner_span(&mut self, span: Span) {
        self.number(span.start.wrapping_sub(self.place.start));
        self.number(span.end.wrapping_sub(span.start));
    }

    fn text(&mut self, text: &str) {
        self.number(text.len() as u32);
        self.texts.push_str(text);
    }

    fn list<T>(&mut self, items: &[T], write: impl Fn(&mut Self, &T)) {
        self.number(items.len() as u32);
        items.iter().for_each(|item| write(self, item));
    }

    fn symbol(&mut self, symbol: &Symbol) {
        let kind = KINDS.iter().position(|kind| *kind == symbol.kind).unwrap_or_default();
        let (has_decorators, has_line) = (!symbol.decorators.is_empty(), symbol.decorator_line.is_some());
        self.flags(&[
            kind & 1 > 0,
            kind & 2 > 0,
            symbol.is_async,
            symbol.is_conditional,
            symbol.parent.is_some(),
            has_decorators,
            has_line,
        ]);
        if let Some(parent) = symbol.parent {
            self.number(parent);
        }
        self.text(&symbol.qualname);
        // The end of the qualified name.
        self.number(symbol.name.len() as u32);
        self.text(&symbol.signature);
        if has_decorators {
            self.list(&symbol.decorators, |writer, decorator| writer.text(decorator));
        }
        self.line(symbol.line);
        if let Some(line) = symbol.decorator_line {
            self.number(symbol.line.wrapping_sub(line));
        }
        self.number(symbol.end_line.wrapping_sub(symbol.line));
        self.span(symbol.span);
        self.inner_span(symbol.name_span);
        self.inner_span(symbol.body_span);
    }

    fn import(&mut self, import: &Import) {
        self.flags(&[import.module.is_some(), import.is_top_level, import.is_conditional]);
        if let Some(module) = &import.module {
            self.text(module);
        }
        self.number(import.level);
        self.list(&import.names, |writer, name| {
            writer.flags(&[name.alias.is_some()]);
            writer.text(&name.name);
            if let Some(alias) = &name.alias {
                writer.text(alias);
            }
        });
        self.line(import.line);
        self.span(import.span);
    }

    fn fault(&mut self, fault: &SyntaxFault) {
        self.line(fault.line);
        self.span(fault.span);
        self.text(&fault.message);
    }
}

struct Reader<'a> {
    numbers: &'a [u8],
    pieces: Spellings,
    place: Place,
}

impl Reader<'_> {
    fn number(&mut self) -> Option<u32> {
        take_number(&mut self.numbers)
    }

    fn flags(&mut self) -> Option<[bool; 8]> {
        let byte = *self.numbers.split_off_first()?;
        Some(std::array::from_fn(|nth| byte >> nth & 1 > 0))
    }

    fn line(&mut self) -> Option<u32> {
        self.place.line = self.place.line.wrapping_add(unfolded(self.number()?));
        Some(self.place.line)
    }

    fn span(&mut self) -> Option<Span> {
        self.place.start = self.place.start.wrapping_add(unfolded(self.number()?));
        self.sized(self.place.start)
    }

    fn inner_span(&mut self) -> Option<Span> {
        let start = self.place.start.wrapping_add(self.number()?);
        self.sized(start)
    }

    fn sized(&mut self, start: u32) -> Option<Span> {
        Some(Span { start, end: start.checked_add(self.number()?)? })
    }

    fn text(&mut self) -> Option<Spelling> {
        let len = self.number()?;
        self.pieces.next(len)
    }

    fn list<T>(&mut self, read: impl Fn(&mut Self, SymbolId) -> Option<T>) -> Option<Vec<T>> {
        let count = self.number()?;
        // Each item takes a byte at least, and nobody may have checked the bytes yet: no number makes much room by itself.
        let mut items = Vec::with_capacity((count as usize).min(self.numbers.len()).min(ROOM_MAX));
        for nth in 0..count {
            items.push(read(self, nth)?);
        }
        Some(items)
    }

    fn symbol(&mut self, id: SymbolId) -> Option<Symbol> {
        let [low, high, is_async, is_conditional, has_parent, has_decorators, has_line, _] = self.flags()?;
        // A symbol stands behind what it stands in.
        let parent = if has_parent { Some(self.number().filter(|parent| *parent < id)?) } else { None };
        let qualname = self.text()?;
        let name_len = self.number()?;
        let signature = self.text()?;
        let decorators = if has_decorators { self.list(|reader, _| reader.text())?.into() } else { Box::default() };
        let line = self.line()?;
        let decorator_line = if has_line { Some(line.checked_sub(self.number()?)?) } else { None };
        Some(Symbol {
            kind: KINDS[usize::from(low) + 2 * usize::from(high)],
            name: qualname.ending(name_len)?,
            qualname,
            parent,
            line,
            decorator_line,
            end_line: line.checked_add(self.number()?)?,
            span: self.span()?,
            name_span: self.inner_span()?,
            body_span: self.inner_span()?,
            is_async,
            signature,
            decorators,
            is_conditional,
        })
    }

    fn import(&mut self, _: u32) -> Option<Import> {
        let [has_module, is_top_level, is_conditional, ..] = self.flags()?;
        Some(Import {
            module: if has_module { Some(self.text()?) } else { None },
            level: self.number()?,
            names: self.list(Self::imported)?.into(),
            line: self.line()?,
            span: self.span()?,
            is_top_level,
            is_conditional,
        })
    }

    fn imported(&mut self, _: u32) -> Option<ImportedName> {
        let [has_alias, ..] = self.flags()?;
        Some(ImportedName { name: self.text()?, alias: if has_alias { Some(self.text()?) } else { None } })
    }

    fn fault(&mut self, _: u32) -> Option<SyntaxFault> {
        Some(SyntaxFault { line: self.line()?, span: self.span()?, message: (&self.text()?).into() })
    }
}

/// A difference with its sign in the lowest bit: small ones are few bytes in both directions.
fn folded(difference: u32) -> u32 {
    difference << 1 ^ ((difference as i32) >> 31) as u32
}

fn unfolded(folded: u32) -> u32 {
    folded >> 1 ^ (folded & 1).wrapping_neg()
}

pub(super) fn put_number(out: &mut Vec<u8>, mut number: u32) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

pub(super) fn take_number(bytes: &mut &[u8]) -> Option<u32> {
    let mut number = 0;
    for shift in (0..35).step_by(7) {
        let byte = *bytes.split_off_first()?;
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return u32::try_from(number).ok();
        }
    }
    None
}

/// The bytes behind a number that says how many they are.
fn take_block<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let len = take_number(bytes)?;
    bytes.split_off(..len as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::Store;
    use crate::text::ProjectPath;

    const TEXT: &str = "\"\"\"doc\"\"\"\nfrom .a import (b as c, d)\nimport größe, x.y as z\n@p.q(\n 1)\nasync def f(a: int=1, *b) -> 'T':\n    class G(B):\n        x: int = 1\n        def m(self): ...\ntry:\n    K, L = 1, 2\nexcept E:\n    import os\nif 1 {\n";

    fn record(text: &str) -> (FileEntry, Vec<u8>) {
        let entry = Store::parse(&ProjectPath::new("a.py").unwrap(), text.as_bytes());
        let mut record = Vec::new();
        entry.encode(&mut record);
        (entry, record)
    }

    #[test]
    fn an_entry_comes_back_as_it_was() {
        for text in [TEXT, "", "x = '\0'", "# coding: koi8-r\nx = 'ü'", &format!("x = {}", "lambda: ".repeat(200_000))]
        {
            let (entry, record) = record(text);
            let again = FileEntry::decode(&record).unwrap();
            assert_eq!((again.hash, &again.structure, &again.skipped), (entry.hash, &entry.structure, &entry.skipped));
            assert_eq!(again.words, entry.words);
        }
        assert_eq!(
            [0, 1, u32::MAX, 1 << 31, 12_345].map(|one| unfolded(folded(one))),
            [0, 1, u32::MAX, 1 << 31, 12_345]
        );
    }

    #[test]
    fn other_bytes_bring_nothing_down() {
        let (_, record) = record(TEXT);
        assert!(
            (0..record.len())
                .filter(|len| FileEntry::decode(&record[..*len]).is_some())
                .all(|len| len % 4 == record.len() % 4)
        );
        for at in 0..record.len() {
            for with in [0, 0x7f, 0x80, 0xff] {
                let mut other = record.clone();
                other[at] = with;
                if let Some(entry) = FileEntry::decode(&other) {
                    assert!(entry.structure.symbols.iter().all(|symbol| symbol.qualname.ends_with(&*symbol.name)));
                }
            }
        }
    }
}
