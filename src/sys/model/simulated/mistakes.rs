//! The mistakes that the simulated model makes: how a call that it means turns into one that is wrong.
//!
//! Knows nothing of how they are refused, nor of how they are corrected.

use std::collections::{BTreeMap, BTreeSet};

use super::call::{Call, defined_name};
use super::code;
use super::dice::Dice;

/// What is sent in place of what was meant.
pub(super) enum Slip {
    Call(Call),
    /// A call that comes in between; what was meant follows it.
    Extra(Call),
    /// A call whose arguments are no JSON.
    Garbled {
        name: String,
        arguments: String,
    },
    /// A call written into the answer's text.
    Words(String),
    /// The call itself is right; somebody else changes its file just before.
    Stale(Call),
}

/// What the model knows while it works.
pub(super) struct Scene<'a> {
    /// The files that it read, as they were shown.
    pub(super) seen: &'a BTreeMap<String, String>,
    /// The functions whose arguments may be left out once the task is done.
    pub(super) optional: &'a BTreeSet<String>,
    /// Whether the last edit left something open.
    pub(super) is_open: bool,
}

type Spoil = fn(&Call, &Scene<'_>, &mut Dice) -> Option<Slip>;

/// Each class of mistake that one call can hold. A file not read, an import forgotten and a caller left behind are made by
/// leaving calls out: the player does that.
pub(super) const CLASSES: &[(&str, Spoil)] = &[
    ("duplicate function", |call, _, _| as_added(call, "modify_function", "add_function", true)),
    ("duplicate method", |call, _, _| as_added(call, "modify_function", "add_function", false)),
    ("duplicate class", |call, _, _| as_added(call, "modify_class", "add_class", true)),
    ("duplicate by edit_file", duplicate_by_edit),
    ("duplicate by write_file", duplicate_by_write),
    ("duplicate import", duplicate_import),
    ("invented method", |call, _, dice| in_code(call, |text| code::invent_method(text, dice))),
    ("misspelt attribute", |call, scene, dice| in_code(call, |text| code::misspell_attribute(text, scene.seen, dice))),
    ("invented import", invented_import),
    ("unknown keyword", |call, scene, dice| in_code(call, |text| code::add_keyword(text, scene.seen, dice))),
    ("too few arguments", |call, scene, dice| {
        in_code(call, |text| code::drop_argument(text, scene.seen, scene.optional, dice))
    }),
    ("unclosed bracket", |call, _, dice| in_code(call, |text| code::open_bracket(text, dice))),
    ("wrong indentation", |call, _, dice| in_code(call, |text| code::shift_line(text, dice))),
    ("missing colon", |call, _, dice| in_code(call, |text| code::drop_colon(text, dice))),
    ("unclosed string", |call, _, dice| in_code(call, |text| code::open_string(text, dice))),
    ("elision", |call, _, _| in_code(call, code::elide)),
    ("placeholder body", |call, _, dice| {
        let is_new = call.name.starts_with("add");
        in_code(call, |text| code::hollow(text, is_new, dice))
    }),
    ("markdown fence", |call, _, _| in_code(call, |text| Some(format!("```python\n{text}```\n")))),
    ("fence with words", |call, _, _| {
        in_code(call, |text| Some(format!("Here is the code:\n\n```python\n{text}```\n")))
    }),
    ("wrong path", |call, scene, dice| {
        // A new file may have any name.
        let path = call.text("path").filter(|path| scene.seen.contains_key(*path))?;
        let (folder, file) = path.rsplit_once('/').map_or(("", path), |(folder, file)| (folder, file));
        let stem = code::misspelt(file.strip_suffix(".py")?, dice)?;
        let folder = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        Some(Slip::Call(call.with("path", &format!("{folder}{stem}.py"))))
    }),
    ("path outside", |call, _, dice| {
        let path = call.text("path")?;
        let outside = [format!("../{path}"), format!("/{path}"), format!("~/{path}")];
        Some(Slip::Call(call.with("path", dice.pick(&outside)?)))
    }),
    ("wrong symbol", |call, _, dice| {
        let keys: Vec<&str> =
            ["name", "symbol", "target_class"].into_iter().filter(|key| call.text(key).is_some()).collect();
        let key = dice.pick(&keys)?;
        Some(Slip::Call(call.with(key, &code::misspelt(call.text(key)?, dice)?)))
    }),
    ("arguments no JSON", |call, _, dice| {
        let whole = serde_json::Value::Object(call.arguments.clone()).to_string();
        let cut = whole.char_indices().map(|(at, _)| at).nth(whole.chars().count() * (50 + dice.roll(40)) / 100)?;
        Some(Slip::Garbled { name: call.name.clone(), arguments: whole[..cut].to_owned() })
    }),
    ("unknown tool", |call, _, dice| {
        let names: &[&str] = match call.name.as_str() {
            "modify_function" => &["update_function", "replace_function", "edit_function", "modify_method"],
            "modify_class" => &["update_class", "replace_class"],
            "add_function" => &["create_function", "insert_function", "add_method"],
            "add_class" => &["create_class", "new_class"],
            "edit_file" => &["str_replace", "replace_in_file", "apply_edit"],
            "write_file" => &["create_file", "save_file"],
            "remove_symbol" => &["delete_symbol", "remove_function"],
            "add_import" => &["insert_import", "import"],
            "rename_symbol" => &["rename", "rename_function"],
            _ => return None,
        };
        Some(Slip::Call(Call { name: (*dice.pick(names)?).to_owned(), ..call.clone() }))
    }),
    ("missing argument", |call, _, dice| {
        let needed = ["path", "name", "symbol", "code", "search", "replace", "new_name", "content"];
        let keys: Vec<&str> = needed.into_iter().filter(|key| call.text(key).is_some()).collect();
        Some(Slip::Call(call.without(dice.pick(&keys)?)))
    }),
    ("finish with an open issue", |_, scene, _| {
        scene.is_open.then(|| Slip::Call(Call::new("finish", &[("summary", "It is done.")])))
    }),
    (super::PLAN, |call, _, _| {
        let mut call = call.clone();
        let steps = (call.name == "update_plan").then_some(call.arguments.get_mut("steps")?)?.as_array_mut()?;
        let step = steps.iter_mut().find(|step| step["action"] == "modify")?;
        step["action"] = "add".into();
        Some(Slip::Call(call))
    }),
    ("text in place of a call", |call, _, dice| {
        let arguments = serde_json::Value::Object(call.arguments.clone());
        let name = &call.name;
        Some(Slip::Words(match dice.roll(2) {
            0 => format!("```json\n{{\"name\": \"{name}\", \"arguments\": {arguments}}}\n```"),
            _ => format!("I will call {name} now:\n\n{name}({arguments})"),
        }))
    }),
    ("stale file", |call, scene, _| {
        (call.is_edit() && scene.seen.contains_key(call.text("path")?)).then(|| Slip::Stale(call.clone()))
    }),
];

/// The call with its code changed; nothing where that changes nothing.
fn in_code(call: &Call, spoil: impl FnOnce(&str) -> Option<String>) -> Option<Slip> {
    if call.name == "add_import" {
        return None;
    }
    let (key, text) = call.code()?;
    let spoilt = spoil(text).filter(|spoilt| spoilt != text)?;
    Some(Slip::Call(call.with(key, &spoilt)))
}

fn as_added(call: &Call, meant: &str, tool: &str, at_top: bool) -> Option<Slip> {
    let is_top = call.text("target_class").is_none() && !call.text("name")?.contains('.');
    (call.name == meant && is_top == at_top).then(|| Slip::Call(Call { name: tool.to_owned(), ..call.without("name") }))
}

/// Puts the new version of a function before the old one, which stays.
fn duplicate_by_edit(call: &Call, scene: &Scene<'_>, _: &mut Dice) -> Option<Slip> {
    let (path, name, new) = (call.text("path")?, call.text("name")?, call.text("code")?);
    let text = scene.seen.get(path).filter(|_| call.name == "modify_function")?;
    let heads: Vec<&str> = text.lines().filter(|line| defined_name(line).as_deref() == Some(name)).collect();
    let [head] = heads.as_slice() else { return None };
    // What is decorated would need its decorators before it.
    let above = text.lines().take_while(|line| line != head).last().unwrap_or_default();
    let is_alone = text.matches(*head).count() == 1 && !above.trim_start().starts_with('@') && !new.starts_with('@');
    let indent = &head[..head.len() - head.trim_start().len()];
    let indented: Vec<String> =
        new.lines().map(|line| if line.is_empty() { String::new() } else { format!("{indent}{line}") }).collect();
    let replace = format!("{}\n\n{head}", indented.join("\n"));
    is_alone.then(|| Slip::Call(Call::new("edit_file", &[("path", path), ("search", head), ("replace", &replace)])))
}

fn duplicate_by_write(call: &Call, scene: &Scene<'_>, _: &mut Dice) -> Option<Slip> {
    let (path, new) = (call.text("path")?, call.text("code")?);
    let is_top = call.name == "modify_class" || call.name == "modify_function" && call.text("target_class").is_none();
    let text = scene.seen.get(path).filter(|_| is_top)?;
    let content = format!("{text}\n\n{new}");
    Some(Slip::Call(Call::new("write_file", &[("path", path), ("content", &content)])))
}

/// Imports once more what the file imports.
fn duplicate_import(call: &Call, scene: &Scene<'_>, dice: &mut Dice) -> Option<Slip> {
    let path = call.text("path").filter(|_| call.is_edit())?;
    let text = scene.seen.get(path)?;
    let is_import = |line: &&str| {
        (line.starts_with("import ") || line.starts_with("from "))
            && !line.contains('(')
            && !line.contains("__future__")
    };
    let lines: Vec<&str> = text.lines().filter(is_import).collect();
    let line = dice.pick(&lines)?;
    let twice = format!("{line}\n{line}");
    Some(Slip::Extra(Call::new("edit_file", &[("path", path), ("search", line), ("replace", &twice)])))
}

fn invented_import(call: &Call, _: &Scene<'_>, dice: &mut Dice) -> Option<Slip> {
    let path = call.text("path").filter(|_| call.is_edit())?;
    if call.name == "add_import" {
        let code = call.text("code")?.trim();
        let (head, name) = code.rsplit_once(' ')?;
        return Some(Slip::Call(call.with("code", &format!("{head} {}", code::misspelt(name, dice)?))));
    }
    let folder = path.split('/').next()?;
    let invented = [format!("from {folder}.toolbox import simplify"), "import flowtoolbox".to_owned()];
    Some(Slip::Extra(Call::new("add_import", &[("path", path), ("code", dice.pick(&invented)?)])))
}
