//! A whole file, recognised and outlined; or nothing, and then the parser of the tree has it.

use std::cell::RefCell;

use super::recogniser::Recogniser;
use super::token::Kind;
use crate::index::FileStructure;
use crate::index::words::put_word_bits;

/// The structure of a source, or of a stub, that is certainly right.
pub(in crate::index) fn recognise(text: &str) -> Option<FileStructure> {
    thread_local! {
        static WORD_BITS: RefCell<Vec<u64>> = const { RefCell::new(Vec::new()) };
    }
    if has_lone_return(text) {
        return None;
    }
    WORD_BITS.with_borrow_mut(|word_bits| {
        put_word_bits(text, word_bits);
        Recogniser::new(text, word_bits).file()
    })
}

/// Whether a line ends as it did on machines that nobody has any more.
fn has_lone_return(text: &str) -> bool {
    let bytes = text.as_bytes();
    memchr::memchr_iter(b'\r', bytes).any(|at| bytes.get(at + 1) != Some(&b'\n'))
}

impl Recogniser<'_> {
    fn file(mut self) -> Option<FileStructure> {
        self.begin_line()?;
        self.first_start = self.lexer.start;
        if self.line_indent > 0 {
            return None;
        }
        if !self.is_at(Kind::End) {
            self.block()?;
        }
        let outlined = self.is_at(Kind::End).then(|| self.outline.finish())?;
        Some(FileStructure {
            symbols: outlined.symbols,
            imports: outlined.imports,
            faults: Vec::new(),
            line_count: outlined.line_count,
            docstring_span: self.docstring_span,
            has_newer_syntax: self.has_newer_syntax,
        })
    }
}
