//! Colours for a person at a terminal; a pipe, `NO_COLOR` and a dumb terminal get none.
//!
//! Invariant: what is painted is made [`super::printable`] first, so no escape sequence comes from outside.

use std::io::IsTerminal;

#[derive(Clone, Copy)]
pub(crate) enum Hue {
    Bad,
    Warn,
    Good,
    Accent,
    Bold,
    Dim,
}

#[derive(Clone, Copy)]
pub(crate) struct Paint {
    is_on: bool,
}

impl Paint {
    pub(crate) fn of_stdout() -> Self {
        let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        Self { is_on: std::io::stdout().is_terminal() && !is_set("NO_COLOR") && !is_dumb }
    }

    pub(crate) fn paint(self, hue: Hue, text: &str) -> String {
        let text = super::printable(text);
        if !self.is_on || text.is_empty() {
            return text;
        }
        let code = match hue {
            Hue::Bad => "1;31",
            Hue::Warn => "1;33",
            Hue::Good => "32",
            Hue::Accent => "36",
            Hue::Bold => "1",
            Hue::Dim => "2",
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }
}
