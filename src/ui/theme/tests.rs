//! Themes: every role set, every text legible, every fault said.

use super::color::{CONTRAST_MIN, contrast, rgb};
use super::*;

const GROUNDS: [Role; 5] = [Role::Surface, Role::Selection, Role::SelectionQuiet, Role::FileHeading, Role::HunkHeading];
const CODE_GROUNDS: [Role; 4] = [Role::Added, Role::AddedWord, Role::Removed, Role::RemovedWord];
/// What stands on the lines of a diff.
const CODE: [Role; 18] = [
    Role::Text,
    Role::Good,
    Role::Bad,
    Role::Warn,
    Role::HunkCurrent,
    Role::Keyword,
    Role::Function,
    Role::Class,
    Role::Decorator,
    Role::String,
    Role::Escape,
    Role::Number,
    Role::Comment,
    Role::Constant,
    Role::Builtin,
    Role::Parameter,
    Role::Operator,
    Role::Attribute,
];
/// Lines and fillings: nobody reads them.
const DRAWN: [Role; 3] = [Role::Border, Role::BorderFocus, Role::Filler];

fn names() -> Vec<String> {
    Themes::built_in(ColorDepth::True).labels().into_iter().map(|label| label.name).collect()
}

/// A text of a role on the ground of another; the colours of the sixteen as xterm shows them.
fn contrast_of(theme: &Theme, text: Role, ground: Role) -> f64 {
    let known = |color: Color| {
        rgb(color).unwrap_or_else(|| match color {
            Color::Black => [0; 3],
            Color::Green => [0, 205, 0],
            Color::Yellow => [205, 205, 0],
            Color::Cyan => [0, 205, 205],
            Color::Gray => [229; 3],
            Color::DarkGray => [127; 3],
            Color::LightRed => [255, 0, 0],
            Color::LightGreen => [0, 255, 0],
            Color::LightYellow => [255, 255, 0],
            Color::LightMagenta => [255, 0, 255],
            Color::LightCyan => [0, 255, 255],
            other => panic!("{other:?} is not legible on black"),
        })
    };
    let surface = theme.style(Role::Surface);
    let below = theme.style(ground).bg.or(surface.bg).expect("a theme has a ground");
    let above = theme.style(text).fg.or(theme.style(ground).fg).or(surface.fg).expect("a theme has an ink");
    let above = legible(above, below);
    contrast(known(above), known(below))
}

use ratatui::style::Color;

#[test]
fn there_are_two_light_themes_a_high_contrast_one_and_one_of_sixteen_colours() {
    let themes = Themes::built_in(ColorDepth::True);
    let names = names();
    assert!(names.len() >= 5, "{names:?}");
    let ground = |name: &String| rgb(themes.theme(name).unwrap().style(Role::Surface).bg.unwrap());
    let light = names.iter().filter(|name| ground(name).is_some_and(|ground| contrast(ground, [0; 3]) > 10.0)).count();
    assert!(light >= 2);
    assert!(names.iter().any(|name| ground(name).is_none()), "one of sixteen colours");
    let contrast = themes.theme("contrast").unwrap();
    assert!(contrast_of(&contrast, Role::Faint, Role::Selection) >= 7.0);
}

#[test]
fn every_theme_sets_every_role_at_every_depth() {
    for depth in [ColorDepth::None, ColorDepth::Ansi16, ColorDepth::Indexed256, ColorDepth::True] {
        for name in names() {
            let theme = Theme::built_in(&name, depth).unwrap();
            let coloured = Role::ALL.iter().any(|role| theme.style(*role).fg.is_some());
            assert_eq!(coloured, depth != ColorDepth::None, "{name} at {depth:?}");
        }
    }
}

#[test]
fn every_text_has_a_contrast_of_four_and_a_half_to_every_ground_it_can_stand_on() {
    for depth in [ColorDepth::True, ColorDepth::Indexed256, ColorDepth::Ansi16] {
        for name in names() {
            let theme = Theme::built_in(&name, depth).unwrap();
            let texts = Role::ALL.iter().filter(|role| !DRAWN.contains(role) && theme.style(**role).bg.is_none());
            let on_plain = texts.flat_map(|text| GROUNDS.map(|ground| (*text, ground)));
            let on_code = CODE.into_iter().flat_map(|text| CODE_GROUNDS.map(|ground| (text, ground)));
            let numbers = [Role::Added, Role::Removed].map(|ground| (Role::LineNumber, ground));
            let badge = [(Role::Badge, Role::Badge), (Role::FileHeading, Role::FileHeading)];
            for (text, ground) in on_plain.chain(on_code).chain(numbers).chain(badge) {
                let reached = contrast_of(&theme, text, ground);
                let (text, ground) = (text.name(), ground.name());
                assert!(reached >= CONTRAST_MIN, "{name} at {depth:?}: {text} on {ground} has {reached:.2}");
            }
        }
    }
}

/// What flux brings needs no mending where all colours are there.
#[test]
fn the_themes_are_legible_as_they_are_written() {
    for name in names().iter().filter(|name| *name != "ansi") {
        let theme = Theme::built_in(name, ColorDepth::True).unwrap();
        for text in Role::ALL.iter().filter(|role| !DRAWN.contains(role) && theme.style(**role).bg.is_none()) {
            for ground in GROUNDS.map(|ground| theme.style(ground).bg).into_iter().flatten() {
                let Some(color) = theme.style(*text).fg else { continue };
                assert_eq!(legible(color, ground), color, "{name}: {} on {ground:?}", text.name());
            }
        }
    }
}

fn own(files: &[(&str, &str)]) -> Themes {
    let file = |(name, text): &(&str, &str)| ThemeFile {
        path: ["/home/ada/.config/flux/themes", name].iter().collect(),
        text: Ok((*text).to_owned()),
    };
    Themes::with(ColorDepth::True, files.iter().map(file).collect())
}

#[test]
fn an_own_theme_is_based_on_another_and_recolours_it() {
    let themes = own(&[(
        "mine.toml",
        "# Mine.\nbase = \"dusk\"\n[palette]\nblue = \"#00ffee\"\n[roles]\nbad = { fg = \"blue\" }",
    )]);
    let (mine, dusk) = (themes.theme("mine").unwrap(), themes.theme("dusk").unwrap());
    assert_eq!(mine.style(Role::Bad).fg, Some(Color::Rgb(0, 255, 0xee)));
    assert_eq!(mine.style(Role::Accent).fg, mine.style(Role::Bad).fg, "what the base makes of its palette");
    assert_eq!(mine.style(Role::Text), dusk.style(Role::Text));
    let first = &themes.labels()[0];
    assert_eq!((&*first.name, &*first.about, first.is_own, &first.fault), ("mine", "Mine", true, &None));
}

#[test]
fn a_wrong_theme_is_said_with_file_and_line() {
    let fault = |text: &str| own(&[("mine.toml", text)]).theme("mine").unwrap_err().to_string();
    let file = "/home/ada/.config/flux/themes/mine.toml";
    assert_eq!(
        fault("[roles]\n"),
        format!("{file}: the role 'surface' is not set; base = \"dusk\" takes what is missing from there")
    );
    assert_eq!(
        fault("base = \"dusk\"\n[roles]\nsurfaces = {}"),
        format!("{file} line 3: there is no role 'surfaces'; did you mean 'surface'?")
    );
    assert_eq!(fault("base = \"dusc\""), format!("{file} line 1: there is no theme 'dusc'; did you mean 'dusk'?"));
    assert_eq!(fault("base = \"mine\""), format!("{file} line 1: 'mine' is based on this theme itself"));
    assert!(
        fault("base = \"dusk\"\n\n[roles]\nbad = { fg = \"bluu\" }")
            .starts_with(&format!("{file} line 4: 'bluu' is neither"))
    );
    assert!(fault("base = \"dusk\"\n[roles\n").starts_with(&format!("{file} line ")));
    assert!(fault("base = \"dusk\"\ncode = \"x.tmTheme\"").contains("line 2: there is no file 'x.tmTheme' beside it"));
    assert!(Theme::built_in("x", ColorDepth::True).unwrap_err().to_string().contains("there are: dusk, ember"));
}

#[test]
fn the_colours_of_code_come_from_a_tm_theme() {
    let tm = r#"<?xml version="1.0" encoding="UTF-8"?><plist version="1.0"><dict><key>name</key><string>T</string>
        <key>settings</key><array><dict><key>settings</key><dict><key>foreground</key><string>#eeeeee</string></dict></dict>
        <dict><key>scope</key><string>keyword</string><key>settings</key><dict><key>foreground</key><string>#ff8800</string>
        <key>fontStyle</key><string>bold</string></dict></dict></array></dict></plist>"#;
    let themes = own(&[("mine.toml", "base = \"dusk\"\ncode = \"t.tmTheme\""), ("t.tmTheme", tm)]);
    let mine = themes.theme("mine").unwrap();
    assert_eq!(mine.style(Role::Keyword).fg, Some(Color::Rgb(0xff, 0x88, 0)));
    assert_eq!(mine.style(Role::String).fg, Some(Color::Rgb(0xee, 0xee, 0xee)));
    assert_eq!(mine.style(Role::Accent), themes.theme("dusk").unwrap().style(Role::Accent));
    assert_eq!(themes.labels().len(), 7, "a .tmTheme is no theme of its own");
    let fault = own(&[("mine.toml", "base = \"dusk\"\ncode = \"t.tmTheme\""), ("t.tmTheme", "no")]).theme("mine");
    assert!(fault.unwrap_err().to_string().contains("line 2: 't.tmTheme' is no .tmTheme"));
}
