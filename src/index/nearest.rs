//! Which known names a mistaken one may have meant.

use crate::text::edit_distance;

/// The names among `candidates` that `wanted` may have meant, the nearest first; none that is far off.
pub fn nearest<'a>(wanted: &str, candidates: impl IntoIterator<Item = &'a str>, limit: usize) -> Vec<&'a str> {
    let wanted_lower = wanted.to_lowercase();
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
fn distance_within_reach(wanted: &str, name: &str) -> Option<usize> {
    let name = name.to_lowercase();
    let longer = wanted.chars().count().max(name.chars().count());
    let distance = edit_distance(wanted, &name);
    if distance * 3 <= longer.max(3) {
        return Some(distance);
    }
    let (short, long) = if wanted.len() < name.len() { (wanted, &*name) } else { (&*name, wanted) };
    let is_part = short.chars().count() >= 3 && long.contains(short);
    is_part.then_some(distance)
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
