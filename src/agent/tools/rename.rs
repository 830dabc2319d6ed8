//! `rename_symbol`, and `move_symbol` of a person: ask for the places that mean the symbol, then change all of them.

use std::fmt::Write;

use super::change::make;
use super::spec::Spec;
use super::{Answer, Arguments, Desk};
use crate::agent::PlacesQuestion;
use crate::edit::{Operation, check_new_name};
use crate::gate::SymbolPlaces;
use crate::text::ProjectPath;

/// More places than this do not help to mend anything.
const LISTED_MAX: usize = 12;

pub(super) fn rename(desk: &mut Desk<'_>, spec: &Spec, arguments: &Arguments<'_>) -> Answer {
    let (path, symbol) = (arguments.path("path")?, arguments.symbol("symbol")?);
    let new_name = arguments.text("new_name")?.trim().to_owned();
    let operation = |places| Operation::RenameSymbol {
        path: path.clone(),
        symbol: symbol.clone(),
        new_name: new_name.clone(),
        places,
    };
    desk.check(&operation(Vec::new()))?;
    check_new_name(&symbol, &new_name).map_err(|refusal| refusal.to_string())?;
    let question = PlacesQuestion { path: path.clone(), symbol: symbol.clone(), new_name: Some(new_name.clone()) };
    let Some(found) = found(desk, question)? else { return Ok(String::new()) };
    let mentions = mentioned(&symbol, &found.mentions);
    let told = make(desk, spec.name, &operation(found.places))?;
    Ok(told + &mentions)
}

pub(super) fn move_symbol(desk: &mut Desk<'_>, spec: &Spec, arguments: &Arguments<'_>) -> Answer {
    let (path, symbol) = (arguments.path("path")?, arguments.symbol("symbol")?);
    if let Some(after) = arguments.optional_text("after")? {
        let operation = Operation::ReorderSymbol { path, symbol, after };
        desk.check(&operation)?;
        return make(desk, spec.name, &operation);
    }
    let Some(destination) = arguments.optional_path("destination")? else {
        return Err("say where to: 'destination' or 'after'.".to_owned());
    };
    let operation = |places| Operation::MoveSymbol {
        path: path.clone(),
        symbol: symbol.clone(),
        destination: destination.clone(),
        places,
    };
    desk.check(&operation(Vec::new()))?;
    let question = PlacesQuestion { path: path.clone(), symbol: symbol.clone(), new_name: None };
    let Some(found) = found(desk, question)? else { return Ok(String::new()) };
    make(desk, spec.name, &operation(found.places))
}

/// What was found of the symbol; nothing while it still has to be asked for.
fn found(desk: &mut Desk<'_>, question: PlacesQuestion) -> Result<Option<SymbolPlaces>, String> {
    match desk.places_found.take() {
        None => {
            desk.asks = Some(question);
            Ok(None)
        }
        Some(found) if found.obstacles.is_empty() => Ok(Some(found)),
        Some(found) => Err(stands_against(desk, &question, &found)),
    }
}

/// The obstacles, numbered and quoted, and the way out.
fn stands_against(desk: &Desk<'_>, question: &PlacesQuestion, found: &SymbolPlaces) -> String {
    let (done, otherwise) = match question.new_name {
        Some(_) => ("renamed", "or by another new name; or edit what has to change place by place, or keep the name"),
        None => ("moved", "or edit what has to change place by place, or leave it where it is"),
    };
    let mut out =
        format!("'{}' was not {done}: not all that may mean it is known to. Nothing was changed.", question.symbol);
    for (number, obstacle) in (1..).zip(found.obstacles.iter().take(LISTED_MAX)) {
        let line = desk.line(&obstacle.path, obstacle.line);
        let _ = write!(out, "\n{number}. {}:{}: {} — `{line}`", obstacle.path, obstacle.line, obstacle.why);
    }
    if found.obstacles.len() > LISTED_MAX {
        let _ = write!(out, "\nand {} more", found.obstacles.len() - LISTED_MAX);
    }
    let way = "Settle these places first, by an annotation that says what a value is,";
    let _ = write!(out, "\n{way} {otherwise}.");
    out
}

/// Where people still read the old name.
fn mentioned(symbol: &str, mentions: &[(ProjectPath, u32)]) -> String {
    if mentions.is_empty() {
        return String::new();
    }
    let name = symbol.rsplit('.').next().unwrap_or(symbol);
    let listed: Vec<String> = mentions.iter().take(LISTED_MAX).map(|(path, line)| format!("{path}:{line}")).collect();
    let more = mentions.len().saturating_sub(LISTED_MAX);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("\nComments and texts that mention '{name}' stay as they are: {}{more}.", listed.join(", "))
}
