//! JSON as notebooks are written in, read where it stands: what is not asked for is passed over, and every string is
//! known by its place.
//!
//! Knows nothing of notebooks. Takes what Python's `json` takes, `NaN` included. Invariant: no recursion but the caller's.

use std::ops::Range;

use super::NotebookFault;

pub(super) type Step<T> = Result<T, NotebookFault>;

pub(super) struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Reader<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, at: 0 }
    }

    pub(super) fn text(&self, place: Range<usize>) -> &'t str {
        &self.text[place]
    }

    /// Where the next value stands.
    pub(super) fn place(&mut self) -> usize {
        self.peek();
        self.at
    }

    /// The first byte of what comes next, white space aside.
    pub(super) fn peek(&mut self) -> Option<u8> {
        let rest = &self.text.as_bytes()[self.at..];
        self.at += rest.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).unwrap_or(rest.len());
        self.text.as_bytes().get(self.at).copied()
    }

    /// Reads an object: `member` is called with each key, and has to read or to skip its value.
    pub(super) fn object(&mut self, mut member: impl FnMut(&mut Self, &'t str) -> Step<()>) -> Step<()> {
        self.open(b'{', "an object in braces")?;
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(());
        }
        loop {
            let key = self.key()?;
            member(self, key)?;
            if !self.goes_on(b'}')? {
                return Ok(());
            }
        }
    }

    /// Reads a list: `element` has to read or to skip one value.
    pub(super) fn list(&mut self, mut element: impl FnMut(&mut Self) -> Step<()>) -> Step<()> {
        self.open(b'[', "a list in brackets")?;
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(());
        }
        loop {
            element(self)?;
            if !self.goes_on(b']')? {
                return Ok(());
            }
        }
    }

    /// The place of a string's content, escapes and all.
    pub(super) fn string(&mut self) -> Step<Range<usize>> {
        self.open(b'"', "a string in double quotes")?;
        let (bytes, start) = (self.text.as_bytes(), self.at);
        loop {
            let rest = &bytes[self.at..];
            let Some(step) = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f)) else {
                return Err(NotebookFault::new(start - 1, "this string is never closed"));
            };
            self.at += step;
            match (bytes[self.at], bytes.get(self.at + 1)) {
                (b'"', _) => {
                    self.at += 1;
                    return Ok(start..self.at - 1);
                }
                (b'\\', Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't')) => self.at += 2,
                (b'\\', Some(b'u')) if is_hex(bytes.get(self.at + 2..self.at + 6)) => self.at += 6,
                (b'\\', _) => {
                    return Err(NotebookFault::new(self.at, "this is no escape of JSON; write a backslash twice"));
                }
                _ => {
                    let why = "a line end or another control character stands in a string; write it as an escape";
                    return Err(NotebookFault::new(self.at, why));
                }
            }
        }
    }

    /// The text of a number, `true`, `false` or `null`.
    pub(super) fn scalar(&mut self) -> Step<&'t str> {
        self.peek();
        let rest = &self.text[self.at..];
        let end =
            rest.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '+' | '-' | '.')).unwrap_or(rest.len());
        let scalar = &rest[..end];
        let is_word = matches!(scalar, "true" | "false" | "null" | "NaN" | "Infinity" | "-Infinity");
        if !is_word && !is_number(scalar.as_bytes()) {
            return Err(NotebookFault::new(self.at, "a value has to stand here"));
        }
        self.at += end;
        Ok(scalar)
    }

    /// Passes over one value, however deep it is.
    pub(super) fn skip(&mut self) -> Step<()> {
        let mut open: Vec<u8> = Vec::new();
        loop {
            match self.peek() {
                Some(opener @ (b'{' | b'[')) => {
                    self.at += 1;
                    let closer = if opener == b'{' { b'}' } else { b']' };
                    if self.peek() == Some(closer) {
                        self.at += 1;
                    } else {
                        open.push(closer);
                        if closer == b'}' {
                            self.key()?;
                        }
                        continue;
                    }
                }
                Some(b'"') => {
                    self.string()?;
                }
                _ => {
                    self.scalar()?;
                }
            }
            loop {
                let Some(closer) = open.last().copied() else { return Ok(()) };
                if self.goes_on(closer)? {
                    if closer == b'}' {
                        self.key()?;
                    }
                    break;
                }
                open.pop();
            }
        }
    }

    /// Nothing but white space may follow.
    pub(super) fn end(&mut self) -> Step<()> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(NotebookFault::new(self.at, "the notebook has ended before this")),
        }
    }

    fn key(&mut self) -> Step<&'t str> {
        let key = self.string()?;
        self.open(b':', "a colon")?;
        Ok(&self.text[key])
    }

    /// Whether there is more behind a comma, or the closing sign.
    fn goes_on(&mut self, closer: u8) -> Step<bool> {
        let found = self.peek();
        let place = self.at;
        if found == Some(closer) {
            self.at += 1;
            return Ok(false);
        }
        if found != Some(b',') {
            let why =
                format!("',' or '{}' has to stand here; within a string a quote is written \\\"", char::from(closer));
            return Err(NotebookFault::new(place, why));
        }
        self.at += 1;
        match self.peek() {
            Some(b'}' | b']') => Err(NotebookFault::new(place, "nothing follows this comma; take it out")),
            _ => Ok(true),
        }
    }

    fn open(&mut self, opener: u8, what: &str) -> Step<()> {
        if self.peek() != Some(opener) {
            return Err(NotebookFault::new(self.at, format!("{what} has to stand here")));
        }
        self.at += 1;
        Ok(())
    }
}

fn is_hex(digits: Option<&[u8]>) -> bool {
    digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
}

fn is_number(spelled: &[u8]) -> bool {
    let digits = |bytes: &[u8]| bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let spelled = spelled.strip_prefix(b"-").unwrap_or(spelled);
    let (whole, rest) = spelled.split_at(digits(spelled));
    let rest = match rest.strip_prefix(b".") {
        Some(fraction) if digits(fraction) > 0 => &fraction[digits(fraction)..],
        Some(_) => return false,
        None => rest,
    };
    let is_exponent = |rest: &[u8]| {
        let power = rest.strip_prefix(b"+").or_else(|| rest.strip_prefix(b"-")).unwrap_or(rest);
        !power.is_empty() && digits(power) == power.len()
    };
    let is_whole = !whole.is_empty() && (whole.len() == 1 || whole[0] != b'0');
    is_whole && (rest.is_empty() || (matches!(rest[0], b'e' | b'E') && is_exponent(&rest[1..])))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn skipped(text: &str) -> Option<u32> {
        let mut reader = Reader::new(text);
        reader.skip().and_then(|()| reader.end()).err().map(|fault| fault.at)
    }

    #[test]
    fn takes_what_python_takes_and_nothing_else() {
        for right in [
            "{}",
            " [ ] ",
            "[1, -0, 2.5e-3, 1E+9, NaN, -Infinity, true, null]",
            r#"{"a": {"b": [{}, "c\u00e9\\"]}}"#,
            "\"\"",
        ] {
            assert_eq!(skipped(right), None, "{right}");
        }
        for (wrong, at) in [
            ("", 0),
            ("{", 1),
            ("[1,]", 2),
            ("[1 2]", 3),
            ("[01]", 1),
            ("[1.]", 1),
            ("[+1]", 1),
            ("{'a': 1}", 1),
            ("{\"a\" 1}", 5),
            ("{\"a\": 1,}", 7),
            ("[\"a\\d\"]", 3),
            ("[\"a\nb\"]", 3),
            ("[\"\\u12\"]", 2),
            ("[\"a]", 1),
            ("[1] x", 4),
            ("[\"print(\"a\")\"]", 9),
        ] {
            assert_eq!(skipped(wrong), Some(at), "{wrong}");
        }
        let deep = "[".repeat(100_000) + &"]".repeat(100_000);
        assert_eq!(skipped(&deep), None);
    }
}
