//! Text that wants to break the screen: in files, in their names, in what a model says and in what tools answer.

use flux::app::Area;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::*;

const NASTY: &[&str] = &[
    "\u{1b}[31mred\u{1b}[0m",
    "\u{1b}]0;title\u{7}",
    "\u{1b}[2J\u{1b}[H",
    "\u{9b}2J",
    "\u{90}q\u{9c}",
    "\u{7}",
    "\u{8}\u{8}",
    "\u{7f}",
    "\t",
    "\ta\t",
    "\r",
    "\u{b}",
    "\u{c}",
    "\u{0}",
    "\u{202e}drawkcab\u{202c}",
    "\u{2066}isolated\u{2069}",
    "\u{200e}\u{200f}",
    "שלום עולם",
    "مرحبا بالعالم",
    "文字幅テスト",
    "한국어",
    "e\u{301}\u{302}\u{303}",
    "\u{301}",
    "Z\u{336}\u{337}\u{338}\u{335}\u{334}\u{333}\u{332}\u{331}\u{330}\u{32f}\u{32e}\u{32d}\u{32c}\u{32b}\u{32a}",
    "👨\u{200d}👩\u{200d}👧",
    "❤\u{fe0f}",
    "🇩🇪🇫",
    "\u{200b}\u{200c}\u{200d}\u{2060}",
    "\u{feff}",
    "\u{ad}",
    "\u{2028}\u{2029}",
    "\u{115f}\u{3164}",
    "﷽",
    "\u{e0041}\u{e007f}",
    "\u{fff9}a\u{fffa}b\u{fffb}",
    "क्षि",
    "x = 1\n",
    "def f(a):\n    return a\n",
    "class K:\n",
    "'",
    "\"\"\"",
    "#",
    "(",
    "\\",
    " ",
    "plain",
];

fn nasty() -> impl Strategy<Value = String> {
    let piece = prop_oneof![4 => proptest::sample::select(NASTY).prop_map(str::to_owned), 1 => any::<String>()];
    proptest::collection::vec(piece, 0..14).prop_map(|pieces| pieces.concat())
}

fn is_border(symbol: &str) -> bool {
    symbol.chars().all(|c| ('\u{2500}'..='\u{257f}').contains(&c)) && !symbol.is_empty()
}

/// Every cell holds one grapheme that a terminal shows in as many columns as it takes here, and the panes stand.
fn check_cells(journey: &mut Journey) {
    journey.screen.draw(&journey.app).unwrap();
    let has_overlay = journey.app.overlay.is_some() || journey.app.toast.is_some();
    let layout = journey.app.layout();
    let prompt = layout.area(Pane::Prompt);
    let buffer = journey.screen.backend().buffer();
    for y in 0..buffer.area.height {
        let mut x = 0;
        while x < buffer.area.width {
            let symbol = buffer[(x, y)].symbol();
            let wide = symbol.width() as u16;
            // What a person types stands there as they typed it.
            let most = if prompt.is_some_and(|area| area.contains(x, y)) { 3 } else { 2 };
            assert!((1..=most).contains(&wide), "{symbol:?} takes {wide} columns at {x},{y}");
            assert!(x + wide <= buffer.area.width, "{symbol:?} leaves the screen at {x},{y}");
            assert_eq!(symbol.graphemes(true).count(), 1, "{symbol:?} at {x},{y}");
            let is_bad = |c: char| {
                c.is_control()
                    || matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}')
            };
            assert!(!symbol.contains(is_bad), "{symbol:?} at {x},{y}");
            x += wide;
        }
    }
    if has_overlay {
        return;
    }
    for (pane, area) in &layout.panes {
        let Area { x, y, width, height } = *area;
        for row in y + 1..y + height - 1 {
            for column in [x, x + width - 1] {
                let symbol = buffer[(column, row)].symbol();
                assert!(is_border(symbol), "{symbol:?} stands in the border of {pane:?} at {column},{row}");
            }
        }
    }
}

/// Walks through what shows texts of the project, of the model and of tools.
fn check(columns: u16, rows: u16, name: &str, text: &str, said: &str) {
    let mut project = Fixture::parse("#- plain.py\nx = 1\n");
    let name: String = name.chars().filter(|c| !matches!(c, '/' | '\0' | '\\')).take(60).collect();
    let path = ProjectPath::new(&format!("pkg/{name}.py")).unwrap_or_else(|_| ProjectPath::new("pkg/a.py").unwrap());
    project.files.insert(path.clone(), text.to_owned());
    let said: &'static str = Box::leak(said.to_owned().into_boxed_str());
    let turns = vec![
        Turn(said, vec![("read_file", json!({"path": path.as_str()})), ("search", json!({"pattern": said}))]),
        Turn(said, vec![("write_file", json!({"path": "pkg/new.py", "content": format!("x = 1\n{text}")}))]),
        Turn(said, vec![("finish", json!({"summary": said}))]),
    ];
    let mut journey = Journey::open(columns, rows, "#- plain.py\nx = 1\n", turns);
    journey.project = project;
    journey.publish();
    check_cells(&mut journey);
    for keys in [
        "Z", "Z", "j", "j", "j", "<Enter>", "j", "w", ")", "l", "l", "<Esc>", "/", "e", "<Enter>", "<Esc>", "p", "a",
        "<Esc>", "1",
    ] {
        journey.press(keys);
        check_cells(&mut journey);
    }
    journey.press("i");
    journey.put(&Input::Paste(said.to_owned()));
    check_cells(&mut journey);
    journey.press("go<Enter>");
    check_cells(&mut journey);
    for keys in ["5", "k", "<Enter>", "2", "j", "j", "4", "<Enter>", "3"] {
        journey.press(keys);
        check_cells(&mut journey);
    }
}

fn cases() -> u32 {
    std::env::var("FLUX_CASES").ok().and_then(|count| count.parse().ok()).unwrap_or(24)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, rng_seed: RngSeed::Fixed(1), ..ProptestConfig::default() })]

    #[test]
    fn no_text_leaves_its_cells(name in nasty(), text in nasty(), said in nasty(), is_wide in any::<bool>()) {
        let (columns, rows) = if is_wide { (200, 60) } else { (80, 24) };
        check(columns, rows, &name, &text, &said);
    }
}

#[test]
fn each_nasty_text_alone_stays_in_its_cells() {
    for text in NASTY {
        check(120, 36, text, &format!("{text}{text}\n    {text}\ndef f{text}(): pass\n"), text);
    }
}

#[test]
fn a_line_of_a_megabyte_and_a_file_of_no_lines_are_shown() {
    let long = format!("x = '{}'\ny = 2\n", "文 \t\u{1b}[31m".repeat(100_000));
    for text in [&*long, "", "\u{feff}", "\n\n\n"] {
        check(120, 36, "long", text, "ok");
    }
}
