//! What the terminal answers when it is asked for the colour of its ground, picked out of the keys.
//!
//! The terminal library takes such an answer for keys: Alt-], letters, Alt-\. Knows nothing of themes. Invariant: what is no
//! answer goes on as the key that it is; an answer that comes late is no key either.

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};

/// OSC 11: which colour has the ground?
pub(super) const ASK_GROUND: &str = "\x1b]11;?\x1b\\";
/// No answer is longer.
const ANSWER_BYTES_MAX: usize = 40;

/// What an event is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// Of the person, or of the terminal itself.
    Event(Event),
    /// A part of an answer.
    Part,
    /// The ground is light, or dark.
    Ground { is_light: bool },
}

#[derive(Debug, Default)]
pub(super) struct Answers {
    /// An answer as far as it came.
    begun: Option<String>,
    is_over: bool,
}

impl Answers {
    pub(super) fn hear(&mut self, event: Event) -> Heard {
        let Event::Key(key @ KeyEvent { code, modifiers, .. }) = event else { return Heard::Event(event) };
        if self.is_over {
            return Heard::Event(event);
        }
        let is_alt = modifiers == KeyModifiers::ALT;
        let Some(text) = &mut self.begun else {
            if code == KeyCode::Char(']') && is_alt {
                self.begun = Some(String::new());
                return Heard::Part;
            }
            return Heard::Event(Event::Key(key));
        };
        let is_end = match code {
            KeyCode::Char('\\') => is_alt || text.ends_with('\x1b'),
            KeyCode::Char('g') => modifiers == KeyModifiers::CONTROL,
            _ => false,
        };
        if is_end {
            self.is_over = true;
            return is_light(text).map_or(Heard::Part, |is_light| Heard::Ground { is_light });
        }
        match code {
            KeyCode::Char(letter)
                if !modifiers.intersects(KeyModifiers::ALT | KeyModifiers::CONTROL)
                    && (letter.is_ascii_hexdigit() || matches!(letter, 'r' | 'g' | ':' | ';' | '/'))
                    && text.len() < ANSWER_BYTES_MAX =>
            {
                text.push(letter);
                Heard::Part
            }
            // Read apart from the letter behind it.
            KeyCode::Esc if text.starts_with("11;") => {
                text.push('\x1b');
                Heard::Part
            }
            _ => {
                self.is_over = true;
                Heard::Event(Event::Key(key))
            }
        }
    }
}

/// `11;rgb:ffff/ffff/dddd`: whether that is nearer to white than to black.
fn is_light(answer: &str) -> Option<bool> {
    let parts = answer.trim_end_matches('\x1b').strip_prefix("11;")?;
    let parts = parts.strip_prefix("rgba:").or_else(|| parts.strip_prefix("rgb:"))?;
    let shares: Vec<f32> = parts.split('/').take(3).filter_map(share).collect();
    let [red, green, blue] = shares[..] else { return None };
    Some(0.3 * red + 0.59 * green + 0.11 * blue > 0.5)
}

/// One to four hexadecimal digits as a share of what they can say.
fn share(digits: &str) -> Option<f32> {
    let most = 16_u32.checked_pow(digits.len() as u32).filter(|_| (1..=4).contains(&digits.len()))? - 1;
    Some(u32::from_str_radix(digits, 16).ok()? as f32 / most as f32)
}

/// What `COLORFGBG` says, as `15;0`: whether the ground is light.
pub fn light_of_variable(value: &str) -> Option<bool> {
    let ground: u8 = value.rsplit(';').next()?.trim().parse().ok()?;
    (ground < 16).then_some(matches!(ground, 7 | 9..=15))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(code: KeyCode, modifiers: KeyModifiers) -> Event {
        Event::Key(KeyEvent::new(code, modifiers))
    }

    /// As the terminal library tells an answer.
    fn answer(text: &str) -> Vec<Event> {
        let letters = text.chars().map(|letter| key(KeyCode::Char(letter), KeyModifiers::NONE));
        let begins = key(KeyCode::Char(']'), KeyModifiers::ALT);
        [begins].into_iter().chain(letters).collect()
    }

    fn hear(answers: &mut Answers, events: Vec<Event>) -> Vec<Heard> {
        let heard = events.into_iter().map(|event| answers.hear(event));
        heard.filter(|heard| *heard != Heard::Part).collect()
    }

    #[test]
    fn the_ground_is_heard_and_no_key_comes_of_it() {
        let ends = [
            vec![key(KeyCode::Char('\\'), KeyModifiers::ALT)],
            vec![key(KeyCode::Char('g'), KeyModifiers::CONTROL)],
            vec![key(KeyCode::Esc, KeyModifiers::NONE), key(KeyCode::Char('\\'), KeyModifiers::NONE)],
        ];
        for end in ends {
            for (text, is_light) in [("11;rgb:ffff/ffff/dddd", true), ("11;rgb:1e/1e/2e", false)] {
                let events = [answer(text), end.clone()].concat();
                assert_eq!(hear(&mut Answers::default(), events), [Heard::Ground { is_light }]);
            }
        }
    }

    #[test]
    fn what_is_no_answer_is_a_key() {
        let mut answers = Answers::default();
        let down = key(KeyCode::Char('j'), KeyModifiers::NONE);
        assert_eq!(hear(&mut answers, vec![down.clone()]), [Heard::Event(down.clone())]);
        // One key is taken for the beginning of an answer, none more.
        let typed = [answer(""), vec![down.clone(), down.clone()]].concat();
        assert_eq!(hear(&mut answers, typed), [Heard::Event(down.clone()), Heard::Event(down)]);
        let late = key(KeyCode::Char(']'), KeyModifiers::ALT);
        assert_eq!(hear(&mut answers, vec![late.clone()]), [Heard::Event(late)]);
    }

    #[test]
    fn the_variable_names_a_colour_of_sixteen() {
        let cases = [("15;0", Some(false)), ("0;15", Some(true)), ("0;default;7", Some(true)), ("0;default", None)];
        for (value, light) in cases {
            assert_eq!(light_of_variable(value), light, "{value}");
        }
    }
}
