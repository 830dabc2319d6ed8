//! A terminal's screen as SVG.
//!
//! Knows nothing of flux. Invariant: every character stands in its cell, whatever font it is shown with.

use std::collections::BTreeMap;
use std::fmt::Write;

use vt100::{Cell, Color, Screen};

/// The room of one cell, in pixels.
const CELL: (usize, usize) = (8, 17);
/// Where the letters stand in it, from its top.
const BASE_LINE: usize = 13;
/// What a terminal without colours of its own would show.
const GROUND: &str = "#1c1c1c";
const INK: &str = "#d0d0d0";
const SIXTEEN: [&str; 16] = [
    "#1c1c1c", "#cc5555", "#55aa55", "#c9a13b", "#5588dd", "#b065c0", "#3fa7a7", "#cfcfcf", "#707070", "#ff7777",
    "#7fdd7f", "#f0d060", "#88aaff", "#dd99ee", "#77dddd", "#ffffff",
];

/// How a run of cells looks.
#[derive(PartialEq, Eq, Clone)]
struct Look {
    ink: String,
    ground: String,
    bold: bool,
    italic: bool,
    underline: bool,
}

/// The screen as one SVG file.
pub fn svg(screen: &Screen) -> String {
    let (rows, columns): (u16, u16) = (screen.size().0.into(), screen.size().1.into());
    let (width, height) = (usize::from(columns) * CELL.0, usize::from(rows) * CELL.1);
    let corner = screen.cell(0, 0).map_or_else(|| GROUND.to_owned(), |cell| look(cell).ground);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
         font-family=\"ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace\" font-size=\"13\" xml:space=\"preserve\">\n\
         <rect width=\"{width}\" height=\"{height}\" rx=\"6\" fill=\"{corner}\"/>\n"
    );
    let mut lines: BTreeMap<String, String> = BTreeMap::new();
    let mut letters = String::new();
    for row in 0..rows {
        for (first, cells, look) in runs(screen, row, columns) {
            let (x, y) = (usize::from(first) * CELL.0, usize::from(row) * CELL.1);
            let wide: usize = cells.iter().map(|cell| if cell.is_wide() { 2 } else { 1 }).sum::<usize>() * CELL.0;
            if look.ground != corner {
                let (height, ground) = (CELL.1, &look.ground);
                writeln!(svg, "<rect x=\"{x}\" y=\"{y}\" width=\"{wide}\" height=\"{height}\" fill=\"{ground}\"/>")
                    .unwrap();
            }
            for (at, cell) in cells.iter().enumerate() {
                if let Some(arms) = arms(cell.contents()) {
                    draw_arms(lines.entry(look.ink.clone()).or_default(), x + at * CELL.0, y, arms);
                }
            }
            write_letters(&mut letters, &cells, x, y + BASE_LINE, &look);
        }
    }
    for (ink, path) in lines {
        writeln!(svg, "<path stroke=\"{ink}\" fill=\"none\" d=\"{path}\"/>").unwrap();
    }
    svg + &letters + "</svg>\n"
}

/// The runs of one row that look the same, each with its first column.
fn runs(screen: &Screen, row: u16, columns: u16) -> Vec<(u16, Vec<&Cell>, Look)> {
    let mut runs: Vec<(u16, Vec<&Cell>, Look)> = Vec::new();
    for column in 0..columns {
        let Some(cell) = screen.cell(row, column).filter(|cell| !cell.is_wide_continuation()) else { continue };
        let look = look(cell);
        match runs.last_mut() {
            Some((_, cells, last)) if *last == look => cells.push(cell),
            _ => runs.push((column, vec![cell], look)),
        }
    }
    runs
}

fn look(cell: &Cell) -> Look {
    let (ink, ground) = (colour(cell.fgcolor(), INK), colour(cell.bgcolor(), GROUND));
    let (ink, ground) = if cell.inverse() { (ground, ink) } else { (ink, ground) };
    Look { ink, ground, bold: cell.bold(), italic: cell.italic(), underline: cell.underline() }
}

fn colour(colour: Color, default: &str) -> String {
    match colour {
        Color::Default => default.to_owned(),
        Color::Idx(at @ 0..16) => SIXTEEN[usize::from(at)].to_owned(),
        Color::Idx(at @ 232..) => format!("#{0:02x}{0:02x}{0:02x}", 8 + 10 * (at - 232)),
        Color::Idx(at) => {
            let level = |part: u8| if part == 0 { 0 } else { 55 + 40 * part };
            let at = at - 16;
            format!("#{:02x}{:02x}{:02x}", level(at / 36), level(at / 6 % 6), level(at % 6))
        }
        Color::Rgb(red, green, blue) => format!("#{red:02x}{green:02x}{blue:02x}"),
    }
}

/// Which sides a line-drawing character reaches: up, down, left, right.
fn arms(character: &str) -> Option<[bool; 4]> {
    Some(match character {
        "─" => [false, false, true, true],
        "│" => [true, true, false, false],
        "┌" | "╭" => [false, true, false, true],
        "┐" | "╮" => [false, true, true, false],
        "└" | "╰" => [true, false, false, true],
        "┘" | "╯" => [true, false, true, false],
        "├" => [true, true, false, true],
        "┤" => [true, true, true, false],
        "┬" => [false, true, true, true],
        "┴" => [true, false, true, true],
        "┼" => [true, true, true, true],
        _ => return None,
    })
}

fn draw_arms(path: &mut String, x: usize, y: usize, [up, down, left, right]: [bool; 4]) {
    let (middle_x, middle_y) = (x as f32 + CELL.0 as f32 / 2.0, y as f32 + CELL.1 as f32 / 2.0);
    if left || right {
        let (from, to) = (if left { x as f32 } else { middle_x }, if right { (x + CELL.0) as f32 } else { middle_x });
        write!(path, "M{from} {middle_y}H{to}").unwrap();
    }
    if up || down {
        let (from, to) = (if up { y as f32 } else { middle_y }, if down { (y + CELL.1) as f32 } else { middle_y });
        write!(path, "M{middle_x} {from}V{to}").unwrap();
    }
}

/// The words of a run, each at its own place; longer gaps are not left to the font.
fn write_letters(letters: &mut String, cells: &[&Cell], x: usize, y: usize, look: &Look) {
    let (mut at, mut word, mut begin) = (0, String::new(), 0);
    let mut end_word = |word: &mut String, begin: usize, end: usize| {
        if !word.is_empty() {
            let weight = if look.bold { " font-weight=\"bold\"" } else { "" };
            let style = if look.italic { " font-style=\"italic\"" } else { "" };
            let line = if look.underline { " text-decoration=\"underline\"" } else { "" };
            let (from, length, ink) = (x + begin * CELL.0, (end - begin) * CELL.0, &look.ink);
            writeln!(
                letters,
                "<text x=\"{from}\" y=\"{y}\" textLength=\"{length}\" fill=\"{ink}\"{weight}{style}{line}>{word}</text>"
            )
            .unwrap();
        }
        word.clear();
    };
    for cell in cells {
        let contents = cell.contents();
        let is_drawn = !contents.is_empty() && contents != " " && arms(contents).is_none();
        if is_drawn {
            if word.is_empty() {
                begin = at;
            }
            word.push_str(&contents.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"));
        } else {
            end_word(&mut word, begin, at);
        }
        at += if cell.is_wide() { 2 } else { 1 };
    }
    end_word(&mut word, begin, at);
}

#[test]
fn a_screen_becomes_letters_grounds_and_lines() {
    let mut terminal = vt100::Parser::new(2.try_into().unwrap(), 12.try_into().unwrap(), 0);
    terminal.process("\u{1b}[1;38;2;1;2;3ma<b\u{1b}[0m ┌─ 世x\r\n\u{1b}[48;5;196m&".as_bytes());
    let drawn = svg(terminal.screen());
    assert!(
        drawn.contains("<text x=\"0\" y=\"13\" textLength=\"24\" fill=\"#010203\" font-weight=\"bold\">a&lt;b</text>"),
        "{drawn}"
    );
    assert!(drawn.contains("textLength=\"24\" fill=\"#d0d0d0\">世x</text>"), "{drawn}");
    assert!(drawn.contains("d=\"M36 8.5H40M36 8.5V17M40 8.5H48\""), "{drawn}");
    assert!(drawn.contains("<rect x=\"0\" y=\"17\" width=\"8\" height=\"17\" fill=\"#ff0000\"/>"), "{drawn}");
}
