//! The figures of an evaluation, as a table for a person and as JSON for a program.

use serde_json::{Value, json};

use super::Ran;
use super::simulation;
use super::tally::Tally;
use crate::cli::paint::{Hue, Paint};

/// `4/5`, or a dash where there was nothing to count.
fn of(part: u64, whole: u64) -> String {
    if whole == 0 { "–".to_owned() } else { format!("{part}/{whole}") }
}

fn percent(part: u64, whole: u64) -> String {
    if whole == 0 { "–".to_owned() } else { format!("{:.1} %", part as f64 * 100.0 / whole as f64) }
}

const HEADS: [&str; 9] =
    ["task", "outcome", "checks", "first try", "corrected", "turns", "questions", "tests", "tokens"];

fn row(name: &str, outcome: &str, checks: String, tally: &Tally) -> [String; 9] {
    let about = if tally.usage.estimated { "~" } else { "" };
    let cost = tally.usage.cost.map(|cost| format!(" ${cost:.4}")).unwrap_or_default();
    [
        name.to_owned(),
        outcome.to_owned(),
        checks,
        of(tally.first_try, tally.edits),
        of(tally.corrected, tally.mistakes),
        tally.turns.to_string(),
        tally.questions.to_string(),
        if tally.tests == 0 { "–".to_owned() } else { tally.tests.to_string() },
        format!("{about}{}{cost}", tally.usage.prompt_tokens + tally.usage.completion_tokens),
    ]
}

fn aligned(rows: &[[String; 9]]) -> Vec<String> {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..9).map(width).collect();
    let line = |row: &[String; 9]| {
        let cells: Vec<String> = row
            .iter()
            .zip(&widths)
            .enumerate()
            // Words to the left, figures to the right.
            .map(|(at, (cell, width))| if at < 2 { format!("{cell:<width$}") } else { format!("{cell:>width$}") })
            .collect();
        cells.join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

/// All runs and their sum, for a person.
pub(super) fn text(runs: &[Ran], sum: &Tally, is_simulated: bool) -> String {
    let paint = Paint::of_stdout();
    let mut rows = vec![HEADS.map(str::to_owned)];
    let count = |run: &Ran| run.checks.iter().filter(|check| check.why.is_none()).count() as u64;
    for run in runs {
        rows.push(row(&run.label(), &run.outcome, of(count(run), run.checks.len() as u64), &run.tally));
    }
    let (held, all) = (runs.iter().map(count).sum(), runs.iter().map(|run| run.checks.len() as u64).sum());
    let good = runs.iter().filter(|run| run.holds()).count() as u64;
    rows.push(row("all", &of(good, runs.len() as u64), of(held, all), sum));
    let mut out = String::new();
    for (at, line) in aligned(&rows).into_iter().enumerate() {
        let hue = match at.checked_sub(1).map(|at| runs.get(at)) {
            Some(Some(run)) => {
                if run.holds() {
                    Hue::Good
                } else {
                    Hue::Bad
                }
            }
            Some(None) | None => Hue::Bold,
        };
        out.push_str(&paint.paint(hue, &line));
        out.push('\n');
    }
    for run in runs.iter().filter(|run| !run.holds()) {
        out.push_str(&format!("\n{}: {}\n", paint.paint(Hue::Bold, &run.label()), paint.paint(Hue::Dim, &run.summary)));
        for check in &run.checks {
            if let Some(why) = &check.why {
                out.push_str(&paint.paint(Hue::Bad, &format!("  ✘ {}: {why}\n", check.asks)));
            }
        }
    }
    out.push_str(&format!(
        "\npassed the gate at the first try: {} of {} edits ({}); corrected: {} of {} mistakes ({}); questions per task: {:.2}\n",
        sum.first_try,
        sum.edits,
        percent(sum.first_try, sum.edits),
        sum.corrected,
        sum.mistakes,
        percent(sum.corrected, sum.mistakes),
        sum.questions as f64 / runs.len().max(1) as f64,
    ));
    if is_simulated {
        out.push_str(&paint.paint(Hue::Dim, &simulation::text(&fates(runs))));
    }
    let refusals: Vec<String> = sum.refusals.iter().map(|(code, count)| format!("{code} {count}")).collect();
    if !refusals.is_empty() {
        out.push_str(&format!("refusals: {}\n", refusals.join(", ")));
    }
    let usage = sum.usage;
    let about = if usage.estimated { "about " } else { "" };
    let cost = usage.cost.map(|cost| format!(", {about}${cost:.4}")).unwrap_or_default();
    let (prompt, completion) = (usage.prompt_tokens, usage.completion_tokens);
    let seconds = sum.ms as f64 / 1000.0;
    out.push_str(&format!("tokens: {about}{prompt} in, {completion} out{cost}; {seconds:.1} s\n"));
    out
}

fn figures(tally: &Tally) -> Value {
    let Tally { turns, edits, first_try, mistakes, corrected, questions, refusals, tests, usage, ms } = tally;
    json!({
        "turns": turns, "edits": edits, "first_try": first_try, "mistakes": mistakes, "corrected": corrected,
        "questions": questions, "refusals": refusals, "tests": tests,
        "tokens": {
            "prompt": usage.prompt_tokens, "completion": usage.completion_tokens, "estimated": usage.estimated,
        },
        "cost": usage.cost, "ms": ms,
    })
}

/// One run, for a program.
pub(super) fn run_json(run: &Ran) -> Value {
    let checks: Vec<Value> = run
        .checks
        .iter()
        .map(|check| json!({"check": check.asks, "holds": check.why.is_none(), "why": check.why}))
        .collect();
    let mut value = json!({
        "task": run.name, "repeat": run.repeat, "outcome": run.outcome, "holds": run.holds(), "summary": run.summary,
        "checks": checks,
    });
    merge(&mut value, figures(&run.tally));
    if !run.mistakes.is_empty() {
        value["made_mistakes"] = run.mistakes.iter().map(simulation::mistake_json).collect();
    }
    value
}

/// All of them together, for a program.
pub(super) fn sum_json(runs: &[Ran], sum: &Tally, is_simulated: bool) -> Value {
    let mut value = json!({"tasks": runs.len(), "held": runs.iter().filter(|run| run.holds()).count()});
    merge(&mut value, figures(sum));
    if is_simulated {
        value["classes"] = simulation::json(&fates(runs));
    }
    value
}

fn fates(runs: &[Ran]) -> Vec<(&'static str, simulation::Fates)> {
    simulation::fates(runs.iter().flat_map(|run| run.mistakes.iter().map(|mistake| (mistake, run.is_strayed))))
}

fn merge(value: &mut Value, other: Value) {
    if let (Some(fields), Value::Object(more)) = (value.as_object_mut(), other) {
        fields.extend(more);
    }
}
