//! A file's bytes as text, and back without losing one.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// A fingerprint of a file's bytes (XXH3, 128 bits): tells whether a file moved underneath, not who moved it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ContentHash(u128);

impl ContentHash {
    pub fn of(bytes: &[u8]) -> Self {
        Self(xxhash_rust::xxh3::xxh3_128(bytes))
    }

    pub fn to_bytes(self) -> [u8; 16] {
        self.0.to_le_bytes()
    }

    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(u128::from_le_bytes(bytes))
    }
}

impl fmt::Display for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// How a file's bytes spell its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Encoding {
    Utf8,
    /// UTF-8 behind a byte order mark, which is not part of the text.
    Utf8Bom,
    /// ISO 8859-1, declared by a PEP 263 cookie.
    Latin1,
    /// Any other that a cookie declares and that agrees with ASCII, in a file that holds nothing else.
    Ascii,
}

/// The line end a file uses most; what is inserted follows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum LineEnding {
    Lf,
    CrLf,
    Cr,
}

impl LineEnding {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Lf => "\n",
            Self::CrLf => "\r\n",
            Self::Cr => "\r",
        }
    }

    /// Gives `code` this line end throughout.
    pub fn unify(self, code: &str) -> Cow<'_, str> {
        if self == Self::Lf && !code.contains('\r') {
            return Cow::Borrowed(code);
        }
        let lf = code.replace("\r\n", "\n").replace('\r', "\n");
        Cow::Owned(if self == Self::Lf { lf } else { lf.replace('\n', self.as_str()) })
    }

    fn of(text: &str) -> Self {
        if memchr::memchr(b'\r', text.as_bytes()).is_none() {
            return Self::Lf;
        }
        let crlf = text.matches("\r\n").count();
        let lf = text.matches('\n').count() - crlf;
        let cr = text.matches('\r').count() - crlf;
        if crlf > lf && crlf >= cr {
            Self::CrLf
        } else if cr > lf {
            Self::Cr
        } else {
            Self::Lf
        }
    }
}

/// Why bytes are no text that flux edits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotText {
    #[error("byte {at} is not valid UTF-8 and no encoding is declared")]
    InvalidUtf8 { at: usize },
    #[error("its encoding '{0}' is not one flux can write back")]
    UnknownEncoding(String),
    #[error("it holds a NUL byte")]
    Binary,
    #[error("character '{0}' cannot be written in the file's encoding")]
    Unencodable(char),
    #[error("it is larger than {limit_bytes} bytes")]
    TooLarge { limit_bytes: u64 },
}

/// The text of one file at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileText {
    text: Arc<str>,
    encoding: Encoding,
    line_ending: LineEnding,
    hash: ContentHash,
}

impl FileText {
    /// Larger files are shown as "too large" instead of being held in memory several times over.
    pub const LIMIT_BYTES: u64 = 32 << 20;

    /// Reads bytes as Python would: byte order mark, then the PEP 263 cookie, then UTF-8.
    pub fn decode(bytes: &[u8]) -> Result<Self, NotText> {
        let (text, encoding) = Self::decoded(bytes)?;
        let line_ending = LineEnding::of(&text);
        Ok(Self { text: text.into(), encoding, line_ending, hash: ContentHash::of(bytes) })
    }

    /// As [`FileText::decode`], for whoever keeps nothing of the text.
    pub fn decoded(bytes: &[u8]) -> Result<(Cow<'_, str>, Encoding), NotText> {
        if bytes.len() as u64 > Self::LIMIT_BYTES {
            return Err(NotText::TooLarge { limit_bytes: Self::LIMIT_BYTES });
        }
        if memchr::memchr(0, bytes).is_some() {
            return Err(NotText::Binary);
        }
        let (encoding, body) = match bytes.strip_prefix(b"\xef\xbb\xbf") {
            Some(body) => (Encoding::Utf8Bom, body),
            None => (declared_encoding(bytes)?, bytes),
        };
        let text = match encoding {
            Encoding::Latin1 => Cow::Owned(body.iter().map(|byte| char::from(*byte)).collect()),
            Encoding::Utf8 | Encoding::Utf8Bom | Encoding::Ascii => {
                let text = std::str::from_utf8(body);
                Cow::Borrowed(text.map_err(|error| NotText::InvalidUtf8 { at: error.valid_up_to() })?)
            }
        };
        Ok((text, encoding))
    }

    /// A text that was never on disk.
    pub fn from_text(text: &str) -> Self {
        Self {
            text: text.into(),
            encoding: Encoding::Utf8,
            line_ending: LineEnding::of(text),
            hash: ContentHash::of(text.as_bytes()),
        }
    }

    /// A file as it was, from what was kept of it; `hash` is that of its bytes.
    pub fn kept(text: Arc<str>, encoding: Encoding, hash: ContentHash) -> Self {
        let line_ending = LineEnding::of(&text);
        Self { text, encoding, line_ending, hash }
    }

    /// Spells `new` the way this file is spelled: same encoding, same byte order mark. Where `new` declares another
    /// encoding than this file does, it is that one: read again, it is the same text.
    pub fn encode(&self, new: &str) -> Result<Vec<u8>, NotText> {
        let declared = declared_name(new.as_bytes());
        let encoding = match declared {
            _ if self.encoding == Encoding::Utf8Bom || declared == declared_name(self.text.as_bytes()) => self.encoding,
            None => Encoding::Utf8,
            Some(name) => encoding_named(&name).ok_or(NotText::UnknownEncoding(name))?,
        };
        match encoding {
            Encoding::Utf8 => Ok(new.as_bytes().to_vec()),
            Encoding::Utf8Bom => Ok([b"\xef\xbb\xbf", new.as_bytes()].concat()),
            Encoding::Ascii => match new.chars().find(|c| !c.is_ascii()) {
                Some(c) => Err(NotText::Unencodable(c)),
                None => Ok(new.as_bytes().to_vec()),
            },
            Encoding::Latin1 => {
                new.chars().map(|c| u8::try_from(u32::from(c)).map_err(|_| NotText::Unencodable(c))).collect()
            }
        }
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn shared_text(&self) -> Arc<str> {
        self.text.clone()
    }

    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    pub fn line_ending(&self) -> LineEnding {
        self.line_ending
    }

    /// The fingerprint of the bytes as they were on disk.
    pub fn hash(&self) -> ContentHash {
        self.hash
    }
}

/// The encoding that a PEP 263 cookie declares; UTF-8 without one.
fn declared_encoding(bytes: &[u8]) -> Result<Encoding, NotText> {
    let Some(name) = declared_name(bytes) else { return Ok(Encoding::Utf8) };
    match encoding_named(&name) {
        // Of such a one only what it shares with ASCII is read and written.
        Some(Encoding::Ascii) if bytes.is_ascii() => Ok(Encoding::Ascii),
        Some(Encoding::Ascii) if matches!(&*name, "ascii" | "us-ascii") => Ok(Encoding::Utf8),
        Some(Encoding::Ascii) | None => Err(NotText::UnknownEncoding(name)),
        Some(encoding) => Ok(encoding),
    }
}

/// The name in the cookie of one of the first two lines, in lower case and with `-` for `_`.
fn declared_name(bytes: &[u8]) -> Option<String> {
    for line in bytes.split(|byte| *byte == b'\n').take(2) {
        let line = String::from_utf8_lossy(line);
        let Some(comment) = line.trim_start_matches([' ', '\t', '\x0c']).strip_prefix('#') else {
            // A cookie counts on the second line only if the first is a comment or blank.
            if line.trim().is_empty() { continue } else { break }
        };
        let mut rests = comment.match_indices("coding").map(|(at, word)| &comment[at + word.len()..]);
        let Some(rest) = rests.find_map(|rest| rest.strip_prefix([':', '='])) else { continue };
        let is_of_name = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let name: String = rest.trim_start_matches([' ', '\t']).chars().take_while(is_of_name).collect();
        if !name.is_empty() {
            return Some(name.to_ascii_lowercase().replace('_', "-"));
        }
    }
    None
}

fn encoding_named(name: &str) -> Option<Encoding> {
    // `utf-8-unix` is what an editor writes.
    let is = |base: &str| name == base || name.strip_prefix(base).is_some_and(|rest| rest.starts_with('-'));
    if is("utf-8") || matches!(name, "utf8" | "u8") {
        Some(Encoding::Utf8)
    } else if is("latin-1") || is("iso-8859-1") || is("iso-latin-1") || matches!(name, "latin1" | "iso8859-1" | "l1") {
        Some(Encoding::Latin1)
    } else {
        agrees_with_ascii(name).then_some(Encoding::Ascii)
    }
}

/// Whether ASCII bytes mean in the encoding what they mean in ASCII; one that is not listed here may be a codec that
/// turns text into anything.
fn agrees_with_ascii(name: &str) -> bool {
    let families =
        ["ascii", "us-ascii", "cp125", "windows-125", "koi8-", "iso-8859-", "iso8859-", "gb", "big5", "euc-", "mac-"];
    let others = ["cp437", "cp850", "cp866", "cp932", "cp936", "cp949", "cp950", "shift-jis", "sjis", "tis-620"];
    families.iter().any(|family| name.starts_with(family)) || others.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_decodable_file_encodes_back_to_its_bytes() {
        let files: [&[u8]; 8] = [
            b"# coding: cp1252\nx = 1\n",
            b"#!/usr/bin/env python\n# -*- coding: euc_jp -*-\n",
            b"x = 1\n",
            b"\xef\xbb\xbfx = 1\r\ny = 2\r\n",
            b"# -*- coding: latin-1 -*-\ns = '\xe9'\n",
            b"#!/usr/bin/python\n# vim: set fileencoding=iso-8859-1 :\ns = '\xfc'",
            "s = 'é'\r".as_bytes(),
            b"",
        ];
        for bytes in files {
            let file = FileText::decode(bytes).unwrap();
            assert_eq!(file.encode(file.text()).unwrap(), bytes);
        }
    }

    #[test]
    fn says_why_bytes_are_no_text() {
        assert_eq!(FileText::decode(b"ab\xff"), Err(NotText::InvalidUtf8 { at: 2 }));
        assert_eq!(FileText::decode(b"a\0b"), Err(NotText::Binary));
        assert_eq!(FileText::decode(b"# coding: big5\n'\xa4\xa4'"), Err(NotText::UnknownEncoding("big5".into())));
        assert_eq!(FileText::decode(b"# coding: rot13\n"), Err(NotText::UnknownEncoding("rot13".into())));
        let russian = FileText::decode(b"# coding: koi8-r\n").unwrap();
        assert_eq!(russian.encode("# coding: koi8-r\n\u{434}"), Err(NotText::Unencodable('\u{434}')));
        let latin = FileText::decode(b"# coding: latin-1\n").unwrap();
        assert_eq!(latin.encode("# coding: latin-1\n€"), Err(NotText::Unencodable('€')));
        // Without the cookie it is another encoding.
        assert_eq!(latin.encode("€").unwrap(), "€".as_bytes());
    }

    #[test]
    fn follows_the_most_used_line_end() {
        assert_eq!(FileText::from_text("a\r\nb\r\nc\n").line_ending(), LineEnding::CrLf);
        assert_eq!(LineEnding::CrLf.unify("a\nb\r\n"), "a\r\nb\r\n");
        assert_eq!(LineEnding::Lf.unify("a\r\nb\r"), "a\nb\n");
    }
}
