//! A reader of unified diffs, as strict as can be: nothing is searched for, nothing left over.

use std::collections::BTreeMap;
use std::iter::Peekable;

type Texts = BTreeMap<String, String>;

/// The lines of a diff; the last may lack its end.
type Lines<'d> = Peekable<std::str::SplitInclusive<'d, char>>;

/// What the files in `old` become, or where the diff is none of them.
pub(super) fn applied(old: &Texts, diff: &str) -> Result<Texts, String> {
    let mut lines = diff.split_inclusive('\n').peekable();
    let (mut new, mut left) = (Texts::new(), old.clone());
    while let Some(line) = lines.next() {
        let names = line.strip_prefix("diff --git a/").and_then(|line| line.strip_suffix('\n')?.split_once(" b/"));
        let (name, same_name) = names.ok_or_else(|| format!("no head of a file: {line:?}"))?;
        assert_eq!(name, same_name);
        let mode = lines.next_if(|line| line.contains(" file mode "));
        if lines.next_if(|line| line.starts_with("index ")).is_some() {
            match mode {
                Some("new file mode 100644\n") => drop(new.insert(name.to_owned(), String::new())),
                Some("deleted file mode 100644\n") if left.remove(name).as_deref() == Some("") => {}
                mode => return Err(format!("{name}: {mode:?}")),
            }
            continue;
        }
        let mut name_in = |head| name_in(lines.next().unwrap_or_default(), head);
        let (old_name, new_name) = (name_in("--- ")?, name_in("+++ ")?);
        assert_eq!(
            (old_name == "/dev/null", new_name == "/dev/null"),
            match mode {
                Some("new file mode 100644\n") => (true, false),
                Some("deleted file mode 100644\n") => (false, true),
                _ => (false, false),
            }
        );
        let old_text = match old_name.strip_prefix("a/") {
            Some(name) => left.remove(name).ok_or_else(|| format!("there is no {name}"))?,
            None => String::new(),
        };
        let new_text = file(&old_text, &mut lines)?;
        match new_name.strip_prefix("b/") {
            Some(name) => drop(new.insert(name.to_owned(), new_text)),
            None if new_text.is_empty() => {}
            None => return Err(format!("{old_name} is not gone: {new_text:?}")),
        }
    }
    if left.is_empty() { Ok(new) } else { Err(format!("nothing is said of {left:?}")) }
}

fn name_in<'d>(line: &'d str, head: &str) -> Result<&'d str, String> {
    let name = line.strip_prefix(head).and_then(|line| line.strip_suffix('\n'));
    let name = name.filter(|name| *name == "/dev/null" || name.starts_with("a/") || name.starts_with("b/"));
    name.ok_or_else(|| format!("no head of a file: {line:?}"))
}

fn file(old: &str, lines: &mut Lines<'_>) -> Result<String, String> {
    let old: Vec<&str> = old.split_inclusive('\n').collect();
    let mut new: Vec<String> = Vec::new();
    let mut old_at = 0;
    while let Some(line) = lines.next_if(|line| line.starts_with("@@ ")) {
        let sides = line.strip_prefix("@@ -").and_then(|line| line.strip_suffix(" @@\n")?.split_once(" +"));
        let (old_side, new_side) = sides.ok_or_else(|| format!("no head of a hunk: {line:?}"))?;
        let ((old_start, old_count), (new_start, new_count)) = (side(old_side)?, side(new_side)?);
        if old_start < old_at {
            return Err(format!("{line:?} goes back behind {old_at}"));
        }
        new.extend(old[old_at..old_start].iter().map(|line| (*line).to_owned()));
        if new.len() != new_start {
            return Err(format!("{line:?} does not begin at {}", new.len()));
        }
        (old_at, _) = (old_start, new_start);
        while old_at < old_start + old_count || new.len() < new_start + new_count {
            let line = lines.next().ok_or("the diff breaks off")?;
            let (sign, mut body) = line.split_at(1);
            if lines.next_if(|line| *line == "\\ No newline at end of file\n").is_some() {
                body = &body[..body.len() - 1];
            }
            if matches!(sign, " " | "-") {
                if old.get(old_at) != Some(&body) {
                    return Err(format!("line {old_at} is not {line:?}"));
                }
                old_at += 1;
            }
            if matches!(sign, " " | "+") {
                new.push(body.to_owned());
            }
        }
    }
    new.extend(old[old_at..].iter().map(|line| (*line).to_owned()));
    Ok(new.concat())
}

/// Behind how many lines a side begins, and how many it has.
fn side(side: &str) -> Result<(usize, usize), String> {
    let (start, count) = side.split_once(',').unwrap_or((side, "1"));
    let number = |text: &str| text.parse::<usize>().map_err(|error| format!("{side}: {error}"));
    let (start, count) = (number(start)?, number(count)?);
    // Where no line is, it is told behind which.
    Ok((if count == 0 { start } else { start.checked_sub(1).ok_or("line 0")? }, count))
}
