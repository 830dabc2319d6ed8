//! What became of the mistakes that a simulated model made, class by class.

use flux::sys::{Fate, Mistake, mistake_classes};
use serde_json::{Value, json};

/// The figures of one class, or of all.
#[derive(Default, Clone, Copy)]
pub(super) struct Fates {
    pub(super) made: u64,
    /// Nothing of it reached what is pending, or what did was told to be open.
    pub(super) blocked: u64,
    /// Put right by flux itself.
    pub(super) mended: u64,
    pub(super) within_1: u64,
    pub(super) within_2: u64,
    pub(super) later: u64,
    pub(super) never: u64,
    /// Accepted as it was, and the outcome is another than without it.
    pub(super) wrong: u64,
}

impl Fates {
    fn count(&mut self, mistake: &Mistake, is_strayed: bool) {
        self.made += 1;
        match mistake.fate {
            Fate::Mended => self.mended += 1,
            Fate::LetThrough if is_strayed => self.wrong += 1,
            // It made no difference.
            Fate::LetThrough => self.within_1 += 1,
            Fate::Corrected { turns } => {
                self.blocked += 1;
                match turns {
                    0 | 1 => self.within_1 += 1,
                    2 => self.within_2 += 1,
                    _ => self.later += 1,
                }
            }
            Fate::Never | Fate::Waiting => {
                self.blocked += 1;
                self.never += 1;
            }
        }
    }

    /// Corrected within two further turns, or by flux itself.
    fn corrected(&self) -> u64 {
        self.mended + self.within_1 + self.within_2
    }

    fn rate(&self) -> f64 {
        if self.made == 0 { 1.0 } else { self.corrected() as f64 / self.made as f64 }
    }
}

/// All classes in order, then all together. Each mistake comes with whether its run ended otherwise than meant.
pub(super) fn fates<'a>(mistakes: impl Iterator<Item = (&'a Mistake, bool)>) -> Vec<(&'static str, Fates)> {
    let mut rows: Vec<(&'static str, Fates)> =
        mistake_classes().into_iter().chain(["all classes"]).map(|class| (class, Fates::default())).collect();
    for (mistake, is_strayed) in mistakes {
        for (_, fates) in rows.iter_mut().filter(|(class, _)| *class == mistake.class || *class == "all classes") {
            fates.count(mistake, is_strayed);
        }
    }
    rows
}

pub(super) fn text(rows: &[(&'static str, Fates)]) -> String {
    let mut out = format!(
        "\n{:<28}{:>6}{:>9}{:>8}{:>10}{:>10}{:>7}{:>7}{:>7}{:>11}\n",
        "mistake", "made", "blocked", "mended", "1 turn", "2 turns", "later", "never", "wrong", "corrected"
    );
    for (class, fates) in rows {
        let Fates { made, blocked, mended, within_1, within_2, later, never, wrong } = fates;
        let rate = if *made == 0 { "–".to_owned() } else { format!("{:.1} %", fates.rate() * 100.0) };
        out.push_str(&format!(
            "{class:<28}{made:>6}{blocked:>9}{mended:>8}{within_1:>10}{within_2:>10}{later:>7}{never:>7}{wrong:>7}{rate:>11}\n"
        ));
    }
    out
}

pub(super) fn json(rows: &[(&'static str, Fates)]) -> Value {
    let rows = rows.iter().map(|(class, fates)| {
        let Fates { made, blocked, mended, within_1, within_2, later, never, wrong } = fates;
        json!({
            "class": class, "made": made, "blocked": blocked, "mended": mended, "within_1": within_1,
            "within_2": within_2, "later": later, "never": never, "wrong": wrong, "corrected": fates.corrected(),
        })
    });
    rows.collect()
}

pub(super) fn mistake_json(mistake: &Mistake) -> Value {
    let fate = match mistake.fate {
        Fate::Waiting => "waiting".to_owned(),
        Fate::Mended => "mended".to_owned(),
        Fate::LetThrough => "let through".to_owned(),
        Fate::Corrected { turns } => format!("corrected after {turns}"),
        Fate::Never => "never".to_owned(),
    };
    json!({"class": mistake.class, "fate": fate, "sent": mistake.sent, "answers": mistake.answers})
}
