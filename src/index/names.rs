//! The names of the symbols of some files: each different one once, and which symbol has it.
//!
//! Whoever looks for a name looks at each once, however many symbols have it, and most are ruled out by their letters
//! alone. Knows nothing of how names are ranked.

use rustc_hash::FxHashMap;

use super::{FileStructure, SymbolKind};
use crate::text::ProjectPath;

/// Texts, each once and told by its number, one behind the other.
#[derive(Debug, Default)]
pub struct Texts {
    all: Box<str>,
    /// Where each ends.
    ends: Box<[u32]>,
    letters: Box<[u64]>,
}

/// A symbol, by the numbers of its texts.
#[derive(Debug, Clone, Copy)]
pub struct NamedSymbol {
    pub name: u32,
    /// What stands before the name in the qualified one, with the dot.
    pub around: u32,
    pub kind: SymbolKind,
    /// In how many others it stands.
    pub depth: u8,
}

/// The names of the symbols of some files.
#[derive(Debug, Default)]
pub struct NameTable {
    pub names: Texts,
    /// `Cart.` for `Cart.total`; the first one is empty.
    pub arounds: Texts,
    /// Which letters stand in the path of each file.
    pub paths: Box<[u64]>,
    /// In the order of files, and of the symbols in each.
    symbols: Box<[NamedSymbol]>,
    /// Where those of each file begin, and of the last one end.
    starts: Box<[u32]>,
}

impl NameTable {
    pub(super) fn new<'a>(files: impl Iterator<Item = (&'a ProjectPath, &'a FileStructure)>) -> Self {
        let (mut names, mut arounds) = (Gathered::default(), Gathered::default());
        arounds.take("");
        let (mut symbols, mut starts, mut paths) = (Vec::new(), vec![0], Vec::new());
        for (path, structure) in files {
            paths.push(letters_of(path.as_str()));
            symbols.extend(structure.symbols.iter().map(|symbol| {
                let qualname: &str = &symbol.qualname;
                let around = &qualname[..qualname.len() - symbol.name.len()];
                let depth = memchr::memchr_iter(b'.', around.as_bytes()).count().min(u8::MAX.into()) as u8;
                NamedSymbol { name: names.take(&symbol.name), around: arounds.take(around), kind: symbol.kind, depth }
            }));
            starts.push(symbols.len() as u32);
        }
        let (names, arounds) = (names.finished(), arounds.finished());
        Self { names, arounds, paths: paths.into(), symbols: symbols.into(), starts: starts.into() }
    }

    /// The symbols of the file of that number, in source order.
    pub fn of_file(&self, file: usize) -> &[NamedSymbol] {
        &self.symbols[self.starts[file] as usize..self.starts[file + 1] as usize]
    }
}

impl Texts {
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    pub fn get(&self, number: u32) -> &str {
        let at = number as usize;
        let start = at.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        &self.all[start..self.ends[at] as usize]
    }

    /// Which letters stand in each: see [`letters_of`].
    pub fn letters(&self) -> &[u64] {
        &self.letters
    }

    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.ends.len() as u32).map(|number| self.get(number))
    }
}

#[derive(Default)]
struct Gathered<'a> {
    numbers: FxHashMap<&'a str, u32>,
    all: String,
    ends: Vec<u32>,
    letters: Vec<u64>,
}

impl<'a> Gathered<'a> {
    fn take(&mut self, text: &'a str) -> u32 {
        *self.numbers.entry(text).or_insert_with(|| {
            self.all.push_str(text);
            self.ends.push(self.all.len() as u32);
            self.letters.push(letters_of(text));
            self.letters.len() as u32 - 1
        })
    }

    fn finished(self) -> Texts {
        Texts { all: self.all.into(), ends: self.ends.into(), letters: self.letters.into() }
    }
}

/// Which letters stand in a name, one bit each, as small ones. A name with others than ASCII may be read as any.
pub fn letters_of(name: &str) -> u64 {
    let bit = |byte: u8| match byte {
        b'a'..=b'z' => byte - b'a',
        b'A'..=b'Z' => byte - b'A',
        b'0'..=b'9' => 26 + byte - b'0',
        _ => 36,
    };
    if !name.is_ascii() {
        return u64::MAX;
    }
    name.bytes().fold(0, |letters, byte| letters | 1 << bit(byte))
}
