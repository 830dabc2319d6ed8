//! Keys, clicks, sizes and news in any order: nothing panics, and every cell of the screen holds what may stand there.

use flux::app::MouseAction;

use super::*;
use crate::dice::Dice;

/// What no file, no name and no model may bring to the terminal.
const NASTY: &[&str] = &[
    "\u{1b}[31mred\u{1b}]52;c;AAAA\u{7}",
    "\u{202e}tfel-ot-thgir",
    "a\u{301}\u{308}e\u{20dd}",
    "世界中の人々",
    "\t\ttabs",
    "\u{0}\u{7f}\u{9b}2J",
    "👩‍👩‍👧‍👦 family",
    "\u{feff}\u{200b}\u{200d}",
    "שלום עולם",
    "line\r\nline\rline\n\n",
    "`code` **bold** # no\n```py\ndef f(): ...\n",
];

const NAMED: &[&str] = &[
    "Enter",
    "Enter",
    "Esc",
    "Tab",
    "Shift-Tab",
    "Up",
    "Down",
    "Down",
    "Left",
    "Right",
    "Home",
    "End",
    "PageUp",
    "PageDown",
    "Backspace",
    "Delete",
    "Space",
    "Ctrl-J",
    "Ctrl-P",
    "Ctrl-R",
    "Ctrl-D",
    "Ctrl-O",
    "F1",
];

fn turns(dice: &mut Dice) -> Vec<Turn> {
    match dice.roll(4) {
        0 => vec![THINKS],
        1 => vec![Turn("Which one?", vec![("ask_user", json!({"question": *dice.pick::<&str>(NASTY)}))])],
        2 => {
            vec![Turn(dice.pick::<&str>(NASTY), vec![("run_command", json!({"command": *dice.pick::<&str>(NASTY)}))])]
        }
        _ => three_hunks(),
    }
}

/// One thing that happens; says what.
fn happens(journey: &mut Journey, dice: &mut Dice, now_ms: &mut u64) -> String {
    if journey.turns.is_empty() {
        journey.turns = turns(dice).into();
    }
    match dice.roll(40) {
        0 => {
            let (columns, rows) = (20 + dice.roll(200), 4 + dice.roll(60));
            journey.resize(columns as u16, rows as u16);
            format!("{columns}x{rows}")
        }
        1 => {
            *now_ms += 100 + dice.roll(3_000) as u64;
            journey.tell(Msg::Ticked { now_ms: *now_ms });
            format!("tick {now_ms}")
        }
        2 => {
            let text = (*dice.pick(NASTY)).repeat(1 + dice.roll(40));
            journey.put(&Input::Paste(text.clone()));
            format!("paste {text:?}")
        }
        3..=6 => {
            use MouseAction::{Drag, Press, Release, ScrollDown, ScrollUp};
            let action = *dice.pick(&[Press, Press, Drag, Release, ScrollUp, ScrollDown]);
            let (column, row) =
                (dice.roll(journey.app.columns.into()) as u16, dice.roll(journey.app.rows.into()) as u16);
            journey.put(&Input::Mouse { action, column, row });
            format!("{action:?} {column},{row}")
        }
        7 => {
            let path = *dice.pick(&["shop/files.py", "shop/models.py", "odd/\u{202e}name\u{7}.py"]);
            let text = format!("def process_file():\n    '''{}'''\n", dice.pick(NASTY));
            journey.project.files.insert(ProjectPath::new(path).unwrap(), text);
            journey.publish();
            format!("{path} is saved")
        }
        8 if journey.thinking.is_some() => {
            journey.answer();
            "the model answers".to_owned()
        }
        9 => {
            journey.write_fails = (dice.roll(2) == 0).then_some("the disk is full");
            format!("writing fails: {:?}", journey.write_fails)
        }
        10..=22 => {
            let key = *dice.pick(NAMED);
            journey.press(&format!("<{key}>"));
            format!("<{key}>")
        }
        23 => {
            journey.press("<Esc>iParse rows<Enter>");
            "a task".to_owned()
        }
        _ => {
            let key = char::from(33 + dice.roll(94) as u8);
            journey.put(&Input::Key(parse_key(&key.to_string()).unwrap()));
            key.to_string()
        }
    }
}

/// A cell holds one grapheme that takes the room it says, and nothing that a terminal obeys.
fn faulty_cell(journey: &Journey) -> Option<String> {
    let buffer = journey.screen.backend().buffer();
    let is_harmful =
        |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
    let faulty = |cell: &ratatui::buffer::Cell| {
        cell.symbol().chars().any(is_harmful) || unicode_width::UnicodeWidthStr::width(cell.symbol()) > 2
    };
    buffer
        .content
        .iter()
        .position(faulty)
        .map(|at| format!("{:?} at {:?}", buffer.content[at].symbol(), buffer.pos_of(at)))
}

#[test]
fn nothing_that_a_person_does_brings_flux_down() {
    let count = std::env::var("FLUX_CHANCES").ok().and_then(|count| count.parse().ok()).unwrap_or(4);
    for seed in 0..count {
        let mut dice = Dice::new(seed);
        let mut journey = Journey::open(80 + 20 * dice.roll(6) as u16, 24 + 6 * dice.roll(6) as u16, SHOP, Vec::new());
        let (mut history, mut now_ms): (Vec<String>, u64) = (Vec::new(), 0);
        for _ in 0..500 {
            let went = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                history.push(happens(&mut journey, &mut dice, &mut now_ms));
                journey.screen.draw(&journey.app).unwrap();
            }));
            let fault = if went.is_err() { Some("it panics".to_owned()) } else { faulty_cell(&journey) };
            if let Some(fault) = fault {
                panic!("{fault} in case {seed} after {:#?}", &history[history.len().saturating_sub(40)..]);
            }
        }
    }
}
