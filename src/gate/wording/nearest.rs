//! Which true names a wrong one may stand for.

/// The names nearest to `wanted`, the nearest first, at most `count`.
pub(super) fn nearest<'c>(wanted: &str, names: impl Iterator<Item = &'c str>, count: usize) -> Vec<&'c str> {
    let wanted_lower = wanted.to_lowercase();
    let mut scored: Vec<(usize, &str)> = names
        .filter(|name| *name != wanted)
        .filter_map(|name| Some((distance_between(&wanted_lower, &name.to_lowercase())?, name)))
        .collect();
    scored.sort();
    scored.dedup_by_key(|(_, name)| *name);
    // Far names beside a near one only confuse.
    let limit = scored.first().map_or(0, |(score, _)| score * 2 + 1);
    scored.into_iter().filter(|(score, _)| *score <= limit).map(|(_, name)| name).take(count).collect()
}

/// Slips of the fingers, or one name that holds the other's words; `None` where nothing speaks for it.
fn distance_between(wanted: &str, name: &str) -> Option<usize> {
    let slips = slips(wanted, name);
    if slips <= (wanted.chars().count().max(name.chars().count()) / 3).clamp(1, 4) {
        return Some(slips);
    }
    if wanted.len().min(name.len()) > 2 && (wanted.starts_with(name) || name.starts_with(wanted)) {
        return Some(4);
    }
    let (few, many) = if wanted.len() < name.len() { (wanted, name) } else { (name, wanted) };
    let parts: Vec<&str> = many.split('_').collect();
    let holds = few.len() > 2
        && many.len() <= few.len() * 3
        && few.split('_').all(|part| part.is_empty() || parts.contains(&part));
    holds.then_some(5)
}

/// The number of insertions, deletions, replacements and swaps of neighbours that turn one into the other.
fn slips(left: &str, right: &str) -> usize {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    let width = right.len() + 1;
    let mut table = vec![0_usize; (left.len() + 1) * width];
    for (at, cell) in table.iter_mut().enumerate().take(width) {
        *cell = at;
    }
    for row in 1..=left.len() {
        table[row * width] = row;
        for column in 1..width {
            let same = left[row - 1] == right[column - 1];
            let mut best = (table[(row - 1) * width + column - 1] + usize::from(!same))
                .min(table[(row - 1) * width + column] + 1)
                .min(table[row * width + column - 1] + 1);
            let swapped =
                row > 1 && column > 1 && left[row - 1] == right[column - 2] && left[row - 2] == right[column - 1];
            if swapped {
                best = best.min(table[(row - 2) * width + column - 2] + 1);
            }
            table[row * width + column] = best;
        }
    }
    table[left.len() * width + width - 1]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_come_first() {
        let names = ["line", "close", "read_lines", "total"];
        assert_eq!(nearest("lines", names.into_iter(), 3), ["line"]);
        assert_eq!(nearest("warning", ["warn", "simplefilter"].into_iter(), 3), ["warn"]);
        assert_eq!(nearest("get_total", names.into_iter(), 3), ["total"]);
        assert_eq!(nearest("totla", names.into_iter(), 3), ["total"]);
        assert!(nearest("frobnicate", names.into_iter(), 3).is_empty());
        assert!(nearest("x", ["y"].into_iter(), 1).len() <= 1);
    }
}
