//! Keys → actions, after the one table in `app`; a preset and the configuration may give an action other keys.
//!
//! Invariant: one wrong line of the configuration costs that line alone, and in one place no key means two things.

mod presets;

use crate::app::{Action, App, KEYS, Key, KeyCode, KeyNames, KeySetting, Place};
use crate::index::nearest;
use presets::PRESETS;

/// One key, or two in turn.
type Keys = (Key, Option<Key>);

/// Which key does what, where.
#[derive(Debug, Clone)]
pub struct Keymap {
    bindings: Vec<(Place, Keys, usize)>,
    names: KeyNames,
}

impl Default for Keymap {
    fn default() -> Self {
        let mut keymap = Self { bindings: Vec::new(), names: KeyNames::default() };
        for (at, row) in KEYS.iter().enumerate() {
            keymap
                .bindings
                .extend(row.keys.iter().filter_map(|key| parse_keys(key).ok()).map(|keys| (row.place, keys, at)));
        }
        keymap.names = KeyNames::new(|at| keymap.keys_of(at).into_iter().next());
        keymap
    }
}

impl Keymap {
    /// The table with what a person has set; and what is to be said of it, one sentence each.
    pub fn with(settings: &[KeySetting]) -> (Self, Vec<String>) {
        let mut keymap = Self::default();
        let mut faults = Vec::new();
        for setting in settings.iter().filter(|setting| setting.name == "preset") {
            let name = setting.keys.first().map_or("", String::as_str);
            match PRESETS.iter().find(|(known, _)| *known == name) {
                Some((_, rows)) => keymap.take_preset(rows),
                None => {
                    let known: Vec<&str> = PRESETS.iter().map(|(known, _)| *known).collect();
                    let known = known.join(", ");
                    faults.push(format!("{}: there is no preset '{name}'; there is: {known}", setting.origin));
                }
            }
        }
        let mut wanted = Vec::new();
        for setting in settings.iter().filter(|setting| setting.name != "preset") {
            match row_of(&setting.name) {
                Some(at) => wanted.push((setting, at)),
                None => faults.push(unknown(setting)),
            }
        }
        // First all that is given up, so that two actions can change their keys.
        let mut set: Vec<usize> = wanted.iter().map(|(_, at)| *at).collect();
        keymap.bindings.retain(|(_, _, at)| !set.contains(at));
        for (setting, at) in wanted {
            for written in &setting.keys {
                let said = match bindable(written, KEYS[at].place) {
                    Ok(keys) => keymap.bind(keys, at, &set, written),
                    Err(why) => Some(why),
                };
                faults.extend(said.map(|why| format!("{}: '{}': {why}", setting.origin, setting.name)));
            }
            set.push(at);
        }
        keymap.names = KeyNames::new(|at| keymap.keys_of(at).into_iter().next());
        (keymap, faults)
    }

    fn take_preset(&mut self, rows: &[(&str, &[&str])]) {
        for (name, keys) in rows {
            let Some(at) = row_of(name) else { continue };
            self.bindings.retain(|(_, _, bound)| *bound != at);
            self.bindings
                .extend(keys.iter().filter_map(|key| parse_keys(key).ok()).map(|keys| (KEYS[at].place, keys, at)));
        }
    }

    /// Gives an action a key. Whoever has it by default loses it; whoever was given it keeps it. Says what became of it.
    fn bind(&mut self, keys: Keys, at: usize, set: &[usize], written: &str) -> Option<String> {
        let place = KEYS[at].place;
        let meets = |(other, bound, row): &(Place, Keys, usize)| *other == place && *row != at && overlap(*bound, keys);
        if let Some((_, _, other)) = self.bindings.iter().find(|binding| meets(binding) && set.contains(&binding.2)) {
            let other = KEYS[*other].name;
            return Some(format!(
                "the key '{written}' is given to '{other}' too, which keeps it; give one of them another"
            ));
        }
        let lost: Vec<usize> = self.bindings.iter().filter(|binding| meets(binding)).map(|(_, _, row)| *row).collect();
        self.bindings.retain(|binding| !meets(binding));
        self.bindings.push((place, keys, at));
        let other = KEYS[*lost.first()?].name;
        let left = self.keys_of(lost[0]);
        let way = match left.is_empty() {
            true => format!("has none now: give it one as well, as in {other} = \"F5\""),
            false => format!("has {} left; {other} = {left:?} says that this is meant", left.join(" and ")),
        };
        Some(format!("the key '{written}' is taken from '{other}', which {way}"))
    }

    /// What a key means now.
    pub fn action(&self, app: &App, key: Key) -> Option<Action> {
        let key = normal(key);
        if let Some(first) = app.begun {
            let both = self.bound(app, (first, Some(key)));
            // What does not follow stands for itself.
            return both.or_else(|| self.alone(app, key)).or(Some(Action::Begun(None)));
        }
        self.alone(app, key)
    }

    fn alone(&self, app: &App, key: Key) -> Option<Action> {
        // A place that is asked first may hold back the key of a later one with two of its own.
        for place in app.places().iter().chain([&Place::Always]) {
            let begins = |(other, (first, second), _): &(Place, Keys, usize)| {
                other == place && *first == key && second.is_some()
            };
            if let Some(action) = self.bound_in(*place, (key, None)) {
                return Some(action);
            }
            if self.bindings.iter().any(begins) {
                return Some(Action::Begun(Some(key)));
            }
        }
        None
    }

    fn bound(&self, app: &App, keys: Keys) -> Option<Action> {
        app.places().iter().find_map(|place| self.bound_in(*place, keys))
    }

    fn bound_in(&self, place: Place, keys: Keys) -> Option<Action> {
        let bound = self.bindings.iter().find(|(other, bound, _)| *other == place && *bound == keys);
        bound.map(|(_, _, at)| KEYS[*at].action.clone())
    }

    /// What may follow the first key of two: both as they are written, and the row of the table.
    pub fn following(&self, app: &App, first: Key) -> Vec<(String, usize)> {
        let follows = |(place, (begun, second), at): &(Place, Keys, usize)| {
            let second = second.filter(|_| *begun == first && app.places().contains(place))?;
            Some((format!("{} {}", shown(first), shown(second)), *at))
        };
        self.bindings.iter().filter_map(follows).collect()
    }

    /// What to press for each row of the table.
    pub fn names(&self) -> &KeyNames {
        &self.names
    }

    /// The keys of a row of the table, as they are written.
    pub fn keys_of(&self, row_at: usize) -> Vec<String> {
        let of_row = self.bindings.iter().filter(|(_, _, at)| *at == row_at);
        of_row
            .map(|(_, (first, second), _)| match second {
                None => shown(*first),
                Some(second) => format!("{} {}", shown(*first), shown(*second)),
            })
            .collect()
    }
}

fn row_of(name: &str) -> Option<usize> {
    KEYS.iter().position(|row| row.name == name)
}

fn unknown(setting: &KeySetting) -> String {
    let name = &setting.name;
    let near = match nearest(name, KEYS.iter().map(|row| row.name), 1).first() {
        Some(near) => format!("did you mean '{near}'?"),
        None => "the palette (:) and README list them".to_owned(),
    };
    format!("{}: [keys] names '{name}', which is no action; {near}", setting.origin)
}

/// Whether one cannot be pressed without the other.
fn overlap(one: Keys, other: Keys) -> bool {
    one.0 == other.0 && (one.1.is_none() || other.1.is_none() || one.1 == other.1)
}

/// A key that an action of this place can have, or why it cannot.
fn bindable(written: &str, place: Place) -> Result<Keys, String> {
    let keys = parse_keys(written)?;
    let is_text = matches!(keys.0, Key { code: KeyCode::Char(_), ctrl: false, alt: false, .. });
    if is_text && matches!(place, Place::Prompt | Place::Filter | Place::Query) {
        let place = place.title().to_lowercase();
        return Err(format!("'{written}' is text in the {place}; give it a key with Ctrl, or one like F2"));
    }
    Ok(keys)
}

/// Reads one key, or two in turn: `g g`.
fn parse_keys(written: &str) -> Result<Keys, String> {
    let mut parts = written.split_whitespace();
    let mut next = || {
        parts.next().map(|part| {
            let bad = || format!("'{part}' is no key; write it as y, Enter, Ctrl-S, F2, or as two in turn: g g");
            parse_key(part).ok_or_else(bad).and_then(told_apart)
        })
    };
    let first = next().ok_or("an empty text is no key; [] takes all keys from the action")??;
    let second = next().transpose()?;
    match next() {
        None => Ok((first, second)),
        Some(_) => Err(format!("'{written}' is more than two keys in turn")),
    }
}

/// Refuses what terminals send as another key.
fn told_apart(key: Key) -> Result<Key, String> {
    let same = match key {
        Key { code: KeyCode::Char('i'), ctrl: true, .. } => "Tab",
        Key { code: KeyCode::Char('m'), ctrl: true, .. } => "Enter",
        Key { code: KeyCode::Char('['), ctrl: true, .. } => "Esc",
        Key { code: KeyCode::Char(c), ctrl: true, .. } if !c.is_ascii_alphabetic() => "another key, or nothing",
        _ => return Ok(key),
    };
    Err(format!("{} is {same} to most terminals; give it a letter", shown(key)))
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
        } else if let Some(after) = rest.strip_prefix("Shift-").filter(|after| after.chars().count() > 1) {
            // A letter carries its case itself.
            key.shift = true;
            rest = after;
        } else {
            break;
        }
    }
    let mut chars = rest.chars();
    key.code = match (chars.next()?, chars.next()) {
        ('↑', None) => KeyCode::Up,
        ('↓', None) => KeyCode::Down,
        ('←', None) => KeyCode::Left,
        ('→', None) => KeyCode::Right,
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

fn shown(key: Key) -> String {
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
    let with = |is_held: bool, name: &'static str| if is_held { name } else { "" };
    format!("{}{}{}{name}", with(key.ctrl, "Ctrl-"), with(key.alt, "Alt-"), with(key.shift, "Shift-"))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn with(pairs: &[(&str, &str)]) -> (Keymap, Vec<String>) {
        let setting = |(at, (name, keys)): (usize, &(&str, &str))| KeySetting {
            name: (*name).to_owned(),
            keys: keys.split('|').filter(|key| !key.is_empty()).map(str::to_owned).collect(),
            origin: format!("config.toml line {}", at + 1),
        };
        Keymap::with(&pairs.iter().enumerate().map(setting).collect::<Vec<_>>())
    }

    fn means(keymap: &Keymap, key: &str) -> Option<Action> {
        keymap.action(&App::new(Path::new("/shop"), 80, 24), parse_key(key).unwrap())
    }

    #[test]
    fn every_key_of_the_table_and_of_every_preset_can_be_bound_and_none_means_two_things() {
        for row in KEYS {
            for key in row.keys {
                bindable(key, row.place).unwrap();
            }
        }
        for (name, rows) in PRESETS {
            for (row, keys) in *rows {
                let at = row_of(row).unwrap_or_else(|| panic!("{name} names {row}"));
                assert!(keys.iter().all(|key| bindable(key, KEYS[at].place).is_ok()), "{name}: {keys:?}");
            }
            let (keymap, faults) = with(&[("preset", name)]);
            assert_eq!(faults, [""; 0]);
            for (at, (place, keys, row)) in keymap.bindings.iter().enumerate() {
                let clash = keymap.bindings[at + 1..].iter().find(|(p, k, _)| p == place && overlap(*k, *keys));
                assert!(clash.is_none(), "{name}: {} and {}", KEYS[*row].name, KEYS[clash.unwrap().2].name);
            }
        }
    }

    #[test]
    fn keys_can_be_given_anew_and_taken() {
        let (keymap, faults) = with(&[("quit", "Ctrl-Q|F10"), ("palette", "")]);
        assert_eq!((means(&keymap, "q"), faults), (None, vec![]));
        assert_eq!(means(&keymap, "Ctrl-Q"), Some(Action::Quit));
        assert_eq!(means(&keymap, ":"), None);
        let (swapped, faults) = with(&[("top", "G"), ("bottom", "g")]);
        assert_eq!((means(&swapped, "g"), faults), (Some(Action::Bottom), vec![]));
    }

    #[test]
    fn a_wrong_line_is_said_and_the_others_count() {
        let (keymap, faults) = with(&[("quiet", "x"), ("quit", "Hyper-X"), ("help", "F9"), ("preset", "emacs")]);
        assert_eq!(
            faults,
            [
                "config.toml line 4: there is no preset 'emacs'; there is: vim",
                "config.toml line 1: [keys] names 'quiet', which is no action; did you mean 'quit'?",
                "config.toml line 2: 'quit': 'Hyper-X' is no key; write it as y, Enter, Ctrl-S, F2, or as two in turn: g g",
            ]
        );
        assert_eq!(means(&keymap, "F9"), Some(Action::Help));
        let why = |pair: (&str, &str)| with(&[pair]).1.concat();
        assert!(why(("send", "x")).contains("'x' is text in the prompt"));
        assert!(why(("quit", "Ctrl-I")).contains("Ctrl-I is Tab to most terminals"));
        assert!(why(("quit", "a b c")).contains("more than two keys"));
    }

    #[test]
    fn a_key_that_is_taken_from_another_action_is_said() {
        let (keymap, faults) = with(&[("quit", "j"), ("undo", "F6"), ("redo", "F6"), ("go-to", "i")]);
        assert_eq!(
            faults,
            [
                "config.toml line 1: 'quit': the key 'j' is taken from 'down', which has ↓ left; down = [\"↓\"] says that this is meant",
                "config.toml line 3: 'redo': the key 'F6' is given to 'undo' too, which keeps it; give one of them another",
                "config.toml line 4: 'go-to': the key 'i' is taken from 'prompt', which has none now: give it one as well, as in prompt = \"F5\"",
            ]
        );
        assert_eq!(means(&keymap, "j"), Some(Action::Quit));
        assert_eq!(means(&keymap, "F6"), Some(Action::Undo));
        assert_eq!(with(&[("quit", "j"), ("down", "Down")]).1, [""; 0]);
    }

    #[test]
    fn two_keys_in_turn_mean_something_together() {
        let (keymap, _) = with(&[("preset", "vim")]);
        let mut app = App::new(Path::new("/shop"), 80, 24);
        let key = |written: &str| parse_key(written).unwrap();
        let begun = keymap.action(&app, key("g"));
        assert_eq!(begun, Some(Action::Begun(Some(key("g")))));
        app.begun = Some(key("g"));
        assert_eq!(keymap.action(&app, key("g")), Some(Action::Top));
        assert_eq!(keymap.action(&app, key("j")), Some(Action::Down), "what does not follow stands for itself");
        assert_eq!(keymap.action(&app, key("F7")), Some(Action::Begun(None)));
        assert_eq!(keymap.following(&app, key("g")).len(), 3);
    }
}
