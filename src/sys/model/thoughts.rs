//! Tells thinking aloud from the answer where a local server leaves both in one text: `<think>…</think>` comes first.
//!
//! Invariant: nothing is lost, and nothing waits longer than until it can no longer be a part of a tag.

const OPEN: &str = "<think>";
const CLOSE: &str = "</think>";

/// A stretch of the stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Stretch {
    Thought(String),
    Text(String),
}

#[derive(Debug, Default)]
pub(super) struct Thoughts {
    state: State,
    /// What may still turn out to be a tag.
    held: String,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    #[default]
    Start,
    Thinking,
    /// Behind the thoughts; blanks here belong to neither.
    Between,
    /// Tags from here on are text: perhaps it is about tags.
    Answering,
}

impl Thoughts {
    pub(super) fn take(&mut self, piece: &str) -> Vec<Stretch> {
        self.held.push_str(piece);
        let mut stretches = Vec::new();
        if self.state == State::Start {
            let begun = self.held.trim_start();
            if let Some(rest) = begun.strip_prefix(OPEN) {
                self.held = rest.to_owned();
                self.state = State::Thinking;
            } else if !OPEN.starts_with(begun) {
                self.state = State::Answering;
            }
        }
        if self.state == State::Thinking {
            match self.held.split_once(CLOSE) {
                Some((thought, text)) => {
                    push(&mut stretches, Stretch::Thought(thought.to_owned()));
                    self.held = text.to_owned();
                    self.state = State::Between;
                }
                None => {
                    let held =
                        (1..CLOSE.len()).rev().find(|length| self.held.ends_with(&CLOSE[..*length])).unwrap_or(0);
                    let kept = self.held.split_off(self.held.len() - held);
                    push(&mut stretches, Stretch::Thought(std::mem::replace(&mut self.held, kept)));
                }
            }
        }
        if self.state == State::Between {
            self.held = self.held.trim_start().to_owned();
            if !self.held.is_empty() {
                self.state = State::Answering;
            }
        }
        if self.state == State::Answering {
            push(&mut stretches, Stretch::Text(std::mem::take(&mut self.held)));
        }
        stretches
    }

    /// What was held back, now that nothing more comes.
    pub(super) fn finish(&mut self) -> Vec<Stretch> {
        let held = std::mem::take(&mut self.held);
        let mut stretches = Vec::new();
        let stretch = if self.state == State::Thinking { Stretch::Thought(held) } else { Stretch::Text(held) };
        push(&mut stretches, stretch);
        stretches
    }
}

fn push(stretches: &mut Vec<Stretch>, stretch: Stretch) {
    let (Stretch::Thought(text) | Stretch::Text(text)) = &stretch;
    if !text.is_empty() {
        stretches.push(stretch);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Thoughts and text of a stream, cut into pieces of each length: the result must not depend on the cuts.
    fn check(stream: &str, thought: &str, text: &str) {
        for length in 1..=stream.len() {
            let (mut thoughts, mut all) = (Thoughts::default(), (String::new(), String::new()));
            let letters: Vec<char> = stream.chars().collect();
            let mut stretches = Vec::new();
            for piece in letters.chunks(length) {
                stretches.extend(thoughts.take(&piece.iter().collect::<String>()));
            }
            stretches.extend(thoughts.finish());
            for stretch in stretches {
                match stretch {
                    Stretch::Thought(piece) => all.0.push_str(&piece),
                    Stretch::Text(piece) => all.1.push_str(&piece),
                }
            }
            assert_eq!((&*all.0, &*all.1), (thought, text), "in pieces of {length}");
        }
    }

    #[test]
    fn thoughts_come_first_and_only_once() {
        check("\n<think>Which file? </th</think>\n\nThis one.", "Which file? </th", "This one.");
        check("A <think> in a text is text.", "", "A <think> in a text is text.");
        check("<think>a</think>b <think>c</think>", "a", "b <think>c</think>");
        check("<thin", "", "<thin");
        check("  plain", "", "  plain");
        check("<think>never closed: 世界</", "never closed: 世界</", "");
    }
}
