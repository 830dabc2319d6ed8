//! How far apart two names are.

/// What is longer was made by a machine: its beginning is compared, and how long the rest is.
const CHARS_MAX: usize = 128;

/// How many letters have to be put in, taken out, replaced or swapped with their neighbour to turn one name into the other.
pub fn edit_distance(old: &str, new: &str) -> usize {
    let rest = |name: &str| name.chars().count().saturating_sub(CHARS_MAX);
    let rests = rest(old).abs_diff(rest(new));
    let beginning = |name: &str| name.chars().take(CHARS_MAX).collect();
    let (old, new): (Vec<char>, Vec<char>) = (beginning(old), beginning(new));
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=new.len()).collect();
    for i in 1..=old.len() {
        let mut row = vec![i];
        for j in 1..=new.len() {
            let replaced = last[j - 1] + usize::from(old[i - 1] != new[j - 1]);
            let mut best = replaced.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && old[i - 1] == new[j - 2] && old[i - 2] == new[j - 1] {
                best = best.min(before_last[j - 2] + 1);
            }
            row.push(best);
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last[new.len()] + rests
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
    }
}
