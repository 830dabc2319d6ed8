//! Keys → actions, after the one table in `app`; names in the configuration may give an action other keys.

use std::collections::BTreeMap;

use crate::app::{Action, App, KEYS, Key, KeyCode, Place};

/// Which key does what, where.
#[derive(Debug, Clone)]
pub struct Keymap {
    bindings: Vec<(Place, Key, usize)>,
}

/// Why the configuration's keys cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeymapError {
    #[error("[keys] names '{0}', which is no action; the help (?) and README list them")]
    UnknownName(String),
    #[error("[keys] gives '{name}' the key '{key}', which is none; write it as y, Enter, Ctrl-S or F2")]
    BadKey { name: String, key: String },
    #[error("[keys] gives '{name}' the key '{key}', which means '{other}' there already")]
    Taken { name: String, key: String, other: &'static str },
}

impl Default for Keymap {
    fn default() -> Self {
        let bind = |(at, row): (usize, &crate::app::KeyRow)| {
            let place = row.place;
            row.keys.iter().filter_map(|key| parse_key(key)).map(move |key| (place, key, at)).collect::<Vec<_>>()
        };
        Self { bindings: KEYS.iter().enumerate().flat_map(bind).collect() }
    }
}

impl Keymap {
    /// The default keys with those of the configuration's `[keys]` in their stead.
    pub fn with(overrides: &BTreeMap<String, Vec<String>>) -> Result<Self, KeymapError> {
        let mut keymap = Self::default();
        let mut wanted = Vec::new();
        for (name, keys) in overrides {
            let at = KEYS.iter().position(|row| row.name == name);
            let at = at.ok_or_else(|| KeymapError::UnknownName(name.clone()))?;
            keymap.bindings.retain(|(_, _, bound)| *bound != at);
            wanted.extend(keys.iter().map(|key| (name, at, key)));
        }
        for (name, at, written) in wanted {
            let bad = || KeymapError::BadKey { name: name.clone(), key: written.clone() };
            let key = parse_key(written).ok_or_else(bad)?;
            let place = KEYS[at].place;
            if let Some((_, _, other)) = keymap.bindings.iter().find(|(p, k, _)| *p == place && *k == key) {
                let other = KEYS[*other].name;
                return Err(KeymapError::Taken { name: name.clone(), key: written.clone(), other });
            }
            keymap.bindings.push((place, key, at));
        }
        Ok(keymap)
    }

    /// What a key means now.
    pub fn action(&self, app: &App, key: Key) -> Option<Action> {
        let key = normal(key);
        let bound = |place: &Place| self.bindings.iter().find(|(p, k, _)| p == place && *k == key);
        app.places().iter().find_map(bound).map(|(_, _, at)| KEYS[*at].action.clone())
    }

    /// The keys of a row of the table, as they are written.
    pub fn keys_of(&self, row_at: usize) -> Vec<String> {
        self.bindings.iter().filter(|(_, _, at)| *at == row_at).map(|(_, key, _)| written(*key)).collect()
    }
}

/// A letter carries its case itself; terminals disagree on whether Shift is told beside it.
fn normal(mut key: Key) -> Key {
    if matches!(key.code, KeyCode::Char(_) | KeyCode::BackTab) {
        key.shift = false;
    }
    key
}

/// Reads `y`, `Enter`, `Ctrl-J`, `F1`.
pub fn parse_key(written: &str) -> Option<Key> {
    let mut key = Key { code: KeyCode::Esc, ctrl: false, alt: false, shift: false };
    let mut rest = written;
    loop {
        if let Some(after) = rest.strip_prefix("Ctrl-").filter(|after| !after.is_empty()) {
            key.ctrl = true;
            rest = after;
        } else if let Some(after) = rest.strip_prefix("Alt-").filter(|after| !after.is_empty()) {
            key.alt = true;
            rest = after;
        } else if rest == "Shift-Tab" {
            key.code = KeyCode::BackTab;
            return Some(key);
        } else {
            break;
        }
    }
    let mut chars = rest.chars();
    key.code = match (chars.next()?, chars.next()) {
        (c, None) => KeyCode::Char(if key.ctrl { c.to_ascii_lowercase() } else { c }),
        _ => match rest {
            "Enter" => KeyCode::Enter,
            "Esc" => KeyCode::Esc,
            "Tab" => KeyCode::Tab,
            "Space" => KeyCode::Char(' '),
            "Backspace" => KeyCode::Backspace,
            "Delete" => KeyCode::Delete,
            "Insert" => KeyCode::Insert,
            "Up" => KeyCode::Up,
            "Down" => KeyCode::Down,
            "Left" => KeyCode::Left,
            "Right" => KeyCode::Right,
            "Home" => KeyCode::Home,
            "End" => KeyCode::End,
            "PageUp" => KeyCode::PageUp,
            "PageDown" => KeyCode::PageDown,
            _ => KeyCode::F(rest.strip_prefix('F')?.parse().ok().filter(|number| (1..=24).contains(number))?),
        },
    };
    Some(key)
}

fn written(key: Key) -> String {
    let name = match key.code {
        KeyCode::Char(' ') => "Space".to_owned(),
        KeyCode::Char(c) if key.ctrl => c.to_ascii_uppercase().to_string(),
        KeyCode::Char(c) => c.to_string(),
        KeyCode::BackTab => "Shift-Tab".to_owned(),
        KeyCode::Up => "↑".to_owned(),
        KeyCode::Down => "↓".to_owned(),
        KeyCode::Left => "←".to_owned(),
        KeyCode::Right => "→".to_owned(),
        KeyCode::F(number) => format!("F{number}"),
        KeyCode::Enter
        | KeyCode::Esc
        | KeyCode::Tab
        | KeyCode::Backspace
        | KeyCode::Delete
        | KeyCode::Insert
        | KeyCode::Home
        | KeyCode::End
        | KeyCode::PageUp
        | KeyCode::PageDown => format!("{:?}", key.code),
    };
    format!("{}{}{name}", if key.ctrl { "Ctrl-" } else { "" }, if key.alt { "Alt-" } else { "" })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn overrides(pairs: &[(&str, &str)]) -> BTreeMap<String, Vec<String>> {
        pairs.iter().map(|(name, key)| ((*name).to_owned(), vec![(*key).to_owned()])).collect()
    }

    #[test]
    fn every_key_of_the_table_can_be_read() {
        for row in KEYS {
            for key in row.keys {
                assert!(parse_key(key).is_some(), "{key}");
            }
        }
    }

    #[test]
    fn keys_can_be_given_anew() {
        let app = App::new(Path::new("/shop"), 80, 24);
        let keymap = Keymap::with(&overrides(&[("quit", "Ctrl-Q")])).unwrap();
        assert_eq!(keymap.action(&app, parse_key("q").unwrap()), None);
        assert_eq!(keymap.action(&app, parse_key("Ctrl-Q").unwrap()), Some(Action::Quit));
        let swapped = Keymap::with(&overrides(&[("top", "G"), ("bottom", "g")])).unwrap();
        assert_eq!(swapped.action(&app, parse_key("g").unwrap()), Some(Action::Bottom));
    }

    #[test]
    fn a_wrong_key_is_named() {
        let error = |pairs| Keymap::with(&overrides(pairs)).unwrap_err().to_string();
        assert!(error(&[("fly", "x")]).contains("'fly'"));
        assert!(error(&[("quit", "Hyper-X")]).contains("'Hyper-X'"));
        assert!(error(&[("quit", "j")]).contains("means 'down'"));
    }
}
