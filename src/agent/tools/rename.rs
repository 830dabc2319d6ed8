//! `rename_symbol`: asks for the places that mean the symbol, then changes all of them.

use std::fmt::Write;

use super::change::make;
use super::spec::Spec;
use super::{Answer, Arguments, Desk};
use crate::agent::RenameQuestion;
use crate::edit::{Operation, check_new_name};
use crate::gate::Renaming;
use crate::text::LineIndex;

/// More places than this do not help to mend anything.
const LISTED_MAX: usize = 12;

pub(super) fn rename(desk: &mut Desk<'_>, spec: &Spec, arguments: &Arguments<'_>) -> Answer {
    let (path, symbol) = (arguments.path("path")?, arguments.symbol("symbol")?);
    let new_name = arguments.text("new_name")?.trim().to_owned();
    let mut operation = Operation::RenameSymbol { path, symbol, new_name, places: Vec::new() };
    desk.check(&operation)?;
    let Operation::RenameSymbol { path, symbol, new_name, places } = &mut operation else {
        return Err("this renames nothing.".to_owned());
    };
    check_new_name(symbol, new_name).map_err(|refusal| refusal.to_string())?;
    let Some(renaming) = desk.renaming.take() else {
        desk.asks = Some(RenameQuestion { path: path.clone(), symbol: symbol.clone(), new_name: new_name.clone() });
        return Ok(String::new());
    };
    if !renaming.obstacles.is_empty() {
        return Err(stands_against(desk, symbol, &renaming));
    }
    let mentions = mentioned(symbol, &renaming);
    *places = renaming.places;
    let told = make(desk, spec.name, &operation)?;
    Ok(told + &mentions)
}

/// The obstacles, numbered and quoted, and the way out.
fn stands_against(desk: &Desk<'_>, symbol: &str, renaming: &Renaming) -> String {
    let mut out = format!("'{symbol}' was not renamed: not all that may mean it is known to. Nothing was changed.");
    for (number, obstacle) in (1..).zip(renaming.obstacles.iter().take(LISTED_MAX)) {
        let text = desk.view().text(&obstacle.path).unwrap_or_else(|_| "".into());
        let lines = LineIndex::new(&text);
        let is_there = (1..=lines.line_count()).contains(&obstacle.line);
        let line = if is_there { text[lines.line_span(obstacle.line).range()].trim() } else { "" };
        let line: String = line.chars().take(120).collect();
        let _ = write!(out, "\n{number}. {}:{}: {} — `{line}`", obstacle.path, obstacle.line, obstacle.why);
    }
    if renaming.obstacles.len() > LISTED_MAX {
        let _ = write!(out, "\nand {} more", renaming.obstacles.len() - LISTED_MAX);
    }
    out.push_str(
        "\nSettle these places first, by an annotation that says what a value is, or by another new name; or edit what \
         has to change place by place. Or leave the name as it is.",
    );
    out
}

/// Where people still read the old name.
fn mentioned(symbol: &str, renaming: &Renaming) -> String {
    if renaming.mentions.is_empty() {
        return String::new();
    }
    let name = symbol.rsplit('.').next().unwrap_or(symbol);
    let listed: Vec<String> =
        renaming.mentions.iter().take(LISTED_MAX).map(|(path, line)| format!("{path}:{line}")).collect();
    let more = renaming.mentions.len().saturating_sub(LISTED_MAX);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("\nComments and texts that mention '{name}' stay as they are: {}{more}.", listed.join(", "))
}
