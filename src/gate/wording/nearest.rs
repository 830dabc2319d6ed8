//! Which true names a wrong one may stand for.

use crate::text::edit_distance;

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
    let slips = edit_distance(wanted, name);
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
