//! The tokens of Python, as coarse as recognising allows: operators that may stand in the same places are one kind.

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Kind {
    Name,
    // Names that are keywords at the beginning of some statements.
    Match,
    Type,
    Case,

    /// A number, `None`, `True`, `False` or `...`.
    Constant,
    Text,
    Bytes,
    /// The opening of an f-string: what follows is read by whoever knows of expressions.
    FString,
    OpenParen,
    OpenBracket,
    OpenBrace,
    CloseParen,
    CloseBracket,
    CloseBrace,

    Comma,
    Colon,
    Semicolon,
    Dot,
    Equal,
    /// `+=` and its like.
    AugmentedAssign,
    Walrus,
    Arrow,
    Exclamation,
    At,
    Star,
    DoubleStar,
    Slash,
    /// `+` and `-`.
    Sign,
    Tilde,
    /// `%`, `//`, `|`, `&`, `^`, `<<`, `>>`.
    Operator,
    /// `==`, `<` and their like.
    Comparison,

    /// `and` and `or`.
    Junction,
    Not,
    In,
    Is,
    If,
    Elif,
    Else,
    For,
    While,
    Lambda,
    Await,
    Async,
    Yield,
    From,
    Import,
    As,
    Def,
    Class,
    Return,
    Raise,
    Try,
    Except,
    Finally,
    With,
    /// `pass`, `break` and `continue`.
    Pass,
    /// `global` and `nonlocal`.
    Global,
    Del,
    Assert,

    /// The end of a statement's line.
    Newline,
    /// The end of the text.
    End,
    /// Nothing that is surely Python.
    Unknown,
}

impl Kind {
    pub(super) fn is_name(self) -> bool {
        self as u8 <= Self::Case as u8
    }

    /// Whether an expression may begin with it.
    pub(super) fn begins_expression(self) -> bool {
        self as u8 <= Self::OpenBrace as u8
            || matches!(
                self,
                Self::Sign | Self::Tilde | Self::Star | Self::Not | Self::Lambda | Self::Await | Self::Yield
            )
    }

    pub(super) fn opens(self) -> bool {
        matches!(self, Self::OpenParen | Self::OpenBracket | Self::OpenBrace)
    }

    pub(super) fn closes(self) -> bool {
        matches!(self, Self::CloseParen | Self::CloseBracket | Self::CloseBrace)
    }
}

/// No keyword is longer than eight bytes, none shorter than two.
const KEYWORDS: [(&[u8], Kind); 38] = [
    (b"False", Kind::Constant),
    (b"None", Kind::Constant),
    (b"True", Kind::Constant),
    (b"and", Kind::Junction),
    (b"as", Kind::As),
    (b"assert", Kind::Assert),
    (b"async", Kind::Async),
    (b"await", Kind::Await),
    (b"break", Kind::Pass),
    (b"case", Kind::Case),
    (b"class", Kind::Class),
    (b"continue", Kind::Pass),
    (b"def", Kind::Def),
    (b"del", Kind::Del),
    (b"elif", Kind::Elif),
    (b"else", Kind::Else),
    (b"except", Kind::Except),
    (b"finally", Kind::Finally),
    (b"for", Kind::For),
    (b"from", Kind::From),
    (b"global", Kind::Global),
    (b"if", Kind::If),
    (b"import", Kind::Import),
    (b"in", Kind::In),
    (b"is", Kind::Is),
    (b"lambda", Kind::Lambda),
    (b"match", Kind::Match),
    (b"nonlocal", Kind::Global),
    (b"not", Kind::Not),
    (b"or", Kind::Junction),
    (b"pass", Kind::Pass),
    (b"raise", Kind::Raise),
    (b"return", Kind::Return),
    (b"try", Kind::Try),
    (b"type", Kind::Type),
    (b"while", Kind::While),
    (b"with", Kind::With),
    (b"yield", Kind::Yield),
];

const PLACES: usize = 128;

/// Each keyword at the place that its letters tell; the building fails where two had the same.
static PLACED: [(u64, Kind); PLACES] = {
    let mut placed = [(0, Kind::Name); PLACES];
    let mut nth = 0;
    while nth < KEYWORDS.len() {
        let (word, kind) = KEYWORDS[nth];
        let mut letters = [0; 8];
        let mut at = 0;
        while at < word.len() {
            letters[at] = word[at];
            at += 1;
        }
        let letters = u64::from_le_bytes(letters);
        assert!(placed[place(letters)].0 == 0);
        placed[place(letters)] = (letters, kind);
        nth += 1;
    }
    placed
};

const fn place(letters: u64) -> usize {
    (letters.wrapping_mul(0x2330_4d1b_daaf_351f) >> 57) as usize
}

/// What a word of at most eight bytes is, given the first of them in the lowest bits and nothing behind the last.
#[inline(always)]
pub(super) fn kind_of_word(letters: u64) -> Kind {
    let (keyword, kind) = PLACED[place(letters)];
    if keyword == letters { kind } else { Kind::Name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_keywords_from_names() {
        for (word, kind) in KEYWORDS {
            let letters = |word: &[u8]| word.iter().rev().fold(0, |letters, byte| letters << 8 | u64::from(*byte));
            assert_eq!(kind_of_word(letters(word)), kind);
            assert_eq!(kind_of_word(letters(&word[..word.len() - 1])), Kind::Name);
        }
    }
}
