//! Which known names a mistaken one may have meant.

/// The names among `candidates` that `wanted` may have meant, the nearest first; none that is far off.
pub fn nearest<'a>(wanted: &str, candidates: impl IntoIterator<Item = &'a str>, limit: usize) -> Vec<&'a str> {
    let wanted_lower: Vec<char> = wanted.to_lowercase().chars().collect();
    if wanted_lower.is_empty() {
        return Vec::new();
    }
    let mut ranked: Vec<(usize, &str)> =
        candidates.into_iter().filter_map(|name| Some((distance_within_reach(&wanted_lower, name)?, name))).collect();
    ranked.sort_by_key(|(distance, name)| (*distance, name.len(), *name));
    ranked.dedup_by_key(|(_, name)| *name);
    ranked.into_iter().map(|(_, name)| name).take(limit).collect()
}

/// The edit distance, case aside; nothing where more than a third differs and neither holds the other.
fn distance_within_reach(wanted: &[char], name: &str) -> Option<usize> {
    // Names are short; what is not was made by a machine and is compared by its beginning.
    let name: Vec<char> = name.to_lowercase().chars().take(128).collect();
    let wanted = &wanted[..wanted.len().min(128)];
    let longer = wanted.len().max(name.len());
    let distance = edit_distance(wanted, &name);
    if distance * 3 <= longer.max(3) {
        return Some(distance);
    }
    let (short, long) = if wanted.len() < name.len() { (wanted, &*name) } else { (&*name, wanted) };
    let is_part = short.len() >= 3 && long.windows(short.len()).any(|window| window == short);
    is_part.then_some(distance)
}

/// Insertions, deletions, replacements and swaps of neighbours.
fn edit_distance(old: &[char], new: &[char]) -> usize {
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
    last.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_what_was_meant_first() {
        let names = ["total", "totals", "subtotal", "line", "lines_of", "x"];
        assert_eq!(nearest("totl", names, 3), ["total", "totals"]);
        assert_eq!(nearest("lines", names, 3), ["line", "lines_of"]);
        assert_eq!(nearest("ttoal", names, 1), ["total"]);
        assert!(nearest("zebra", names, 3).is_empty());
        assert!(nearest("", names, 3).is_empty());
    }
}
