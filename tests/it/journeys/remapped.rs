//! Keys that a person has given anew.

use flux::app::KeySetting;

use super::*;

fn with_keys(columns: u16, rows: u16, settings: &[(&str, &[&str])]) -> Journey {
    let mut journey = Journey::open(columns, rows, SHOP, three_hunks());
    let setting = |(at, (name, keys)): (usize, &(&str, &[&str]))| KeySetting {
        name: (*name).to_owned(),
        keys: keys.iter().map(|key| (*key).to_owned()).collect(),
        origin: format!("config.toml line {}", at + 2),
    };
    let settings: Vec<KeySetting> = settings.iter().enumerate().map(setting).collect();
    let (keymap, faults) = Keymap::with(&settings);
    let theme = Theme::built_in("dusk", ColorDepth::True).unwrap();
    journey.app.keys = keymap.names().clone();
    journey.screen = Screen::new(TestBackend::new(columns, rows), theme, keymap).unwrap();
    for why in faults {
        journey.tell(Msg::Failed { what: "reading the configuration", why });
    }
    journey
}

#[test]
fn a_key_is_given_anew_and_all_that_names_it_says_so() {
    for (columns, rows) in [(80, 24), (200, 60)] {
        let mut journey =
            with_keys(columns, rows, &[("prompt", &["t", "F4"]), ("accept", &["Enter"]), ("hepl", &["h"])]);
        journey.check_shows(&["config.toml line 4", "'hepl'", "'help'?", "t task"]);
        journey.press("i");
        assert_ne!(journey.app.focus, Pane::Prompt, "the old key means nothing");
        journey.press(":write a task");
        journey.check_shows(&["t  F4"]);
        journey.press("<Esc>?");
        if rows == 60 {
            journey.check_shows(&["t  F4"]);
        }
        journey.press("<Esc>tParse rows in one place<Enter>");
        journey.check_shows(&["hunk 1/3", "Enter accept"]);
        insta::assert_snapshot!(format!("remapped_{columns}x{rows}"), journey.shot());
        journey.press("<Enter><Enter><Enter>w");
        assert!(journey.text_of("shop/files.py").contains("def parse_row"), "{}", journey.shot());
    }
}

#[test]
fn what_is_said_names_the_keys_that_were_given() {
    let keys: &[(&str, &[&str])] = &[("undo", &["F9"]), ("write", &["F10"]), ("prompt", &["t"])];
    let mut journey = with_keys(120, 36, keys);
    journey.check_shows(&["t writes a task"]);
    journey.press("tParse rows in one place<Enter>A");
    journey.check_shows(&["F10 writes the 3 accepted"]);
    journey.press("<F10>");
    journey.check_shows(&["F9 takes it back"]);
    journey.press("<F9>");
    journey.check_shows(&["Took back"]);
    let mut journey = with_keys(120, 36, &[("undo", &[])]);
    journey.press("iParse rows in one place<Enter>Aw");
    journey.check_shows(&["'undo' in the palette takes it back"]);
}

#[test]
fn in_the_vim_preset_two_keys_go_to_the_top_and_the_palette_writes_and_quits() {
    let mut journey = with_keys(80, 24, &[("preset", &["vim"])]);
    journey.press("Gg");
    assert_eq!(journey.app.structure.selected, 5);
    journey.check_shows(&["g g top"]);
    journey.press("g");
    assert_eq!((journey.app.structure.selected, journey.app.begun), (0, None));
    journey.press("gj");
    assert_eq!(journey.app.structure.selected, 1, "what does not follow stands for itself");
    journey.press("iParse rows in one place<Enter>A:w<Enter>");
    assert!(journey.text_of("shop/files.py").contains("def parse_row"), "{}", journey.shot());
    journey.press(":q<Enter>");
    assert!(journey.has_ended);
}

#[test]
fn a_press_on_a_hint_does_what_its_key_does() {
    let mut journey = Journey::open(100, 30, SHOP, Vec::new());
    let last = journey.shot().lines().last().unwrap().to_owned();
    let column = last.chars().collect::<String>().split("go to").next().unwrap().chars().count() as u16;
    journey.put(&Input::Mouse { action: flux::app::MouseAction::Press, column, row: 29 });
    journey.check_shows(&["Go to file or symbol"]);
}
