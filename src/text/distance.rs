//! How far apart two names are.

/// What is longer was made by a machine: its beginning is compared, and how long the rest is.
const CHARS_MAX: usize = 128;

/// How many letters have to be put in, taken out, replaced or swapped with their neighbour to turn one name into the other.
pub fn edit_distance(old: &str, new: &str) -> usize {
    edit_distance_within(old, new, usize::MAX).unwrap_or(usize::MAX)
}

/// As [`edit_distance`]; nothing where that is more than `most`, which is found out sooner.
pub fn edit_distance_within(old: &str, new: &str, most: usize) -> Option<usize> {
    if old == new {
        return Some(0);
    }
    let (old, old_rest) = Letters::of(old);
    let (new, new_rest) = Letters::of(new);
    let (old, new) = (old.as_slice(), new.as_slice());
    let rests = old_rest.abs_diff(new_rest);
    if old.len().abs_diff(new.len()) + rests > most {
        return None;
    }
    let mut rows = [[0_u32; CHARS_MAX + 1]; 3];
    let [before_last, last, row] = &mut rows;
    let (mut before_last, mut last, mut row) = (before_last, last, row);
    (0..).zip(&mut last[..=new.len()]).for_each(|(at, cell)| *cell = at);
    for i in 1..=old.len() {
        row[0] = i as u32;
        let mut least = row[0];
        for j in 1..=new.len() {
            let replaced = last[j - 1] + u32::from(old[i - 1] != new[j - 1]);
            let mut best = replaced.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && old[i - 1] == new[j - 2] && old[i - 2] == new[j - 1] {
                best = best.min(before_last[j - 2] + 1);
            }
            row[j] = best;
            least = least.min(best);
        }
        // What comes of a row is never less than its least.
        if least as usize + rests > most {
            return None;
        }
        std::mem::swap(&mut before_last, &mut last);
        std::mem::swap(&mut last, &mut row);
    }
    let distance = last[new.len()] as usize + rests;
    (distance <= most).then_some(distance)
}

/// The beginning of a name, letter by letter.
struct Letters {
    letters: [char; CHARS_MAX],
    count: usize,
}

impl Letters {
    /// And how many letters the rest has.
    fn of(name: &str) -> (Self, usize) {
        let mut letters = ['\0'; CHARS_MAX];
        let mut chars = name.chars();
        let count = letters.iter_mut().zip(&mut chars).map(|(place, letter)| *place = letter).count();
        (Self { letters, count }, chars.count())
    }

    fn as_slice(&self) -> &[char] {
        &self.letters[..self.count]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_slips_of_the_fingers() {
        assert_eq!(edit_distance("kitten", "sitting"), 3);
        assert_eq!(edit_distance("totla", "total"), 1);
        assert_eq!(edit_distance("", "größe"), 5);
        assert_eq!(edit_distance(&"x".repeat(100_000), ""), 100_000);
        assert_eq!(edit_distance(&"x".repeat(128), &"x".repeat(130)), 2);
    }

    #[test]
    fn a_bound_changes_no_answer() {
        let names = ["", "a", "ab", "ba", "total", "totla", "subtotal", "lines_of", "of_lines", "größe", "grösse"];
        for old in names {
            for new in names {
                let whole = edit_distance(old, new);
                for most in 0..9 {
                    let within = edit_distance_within(old, new, most);
                    assert_eq!(within, (whole <= most).then_some(whole), "{old} {new} {most}");
                }
            }
        }
    }
}
