//! What the real program keeps, and what it asks of the terminal besides showing cells.

use super::*;

fn with_configuration(config: &str, themes: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    Fixture::parse(SHOP).write(&folder.path().join("project"));
    let place = folder.path().join("config/flux");
    std::fs::create_dir_all(place.join("themes")).unwrap();
    std::fs::write(place.join("config.toml"), config).unwrap();
    for (name, text) in themes {
        std::fs::write(place.join("themes").join(name), text).unwrap();
    }
    folder
}

#[test]
fn a_theme_is_kept_in_the_configuration_whose_other_lines_stay() {
    let config = "# Mine.\ntheme = \"dusk\" # at night\n\n[keys]\nquit = \"Q\"\nfly = \"x\"\n";
    let themes = [
        ("mine.toml", "# My own.\nbase = \"paper\"\n[palette]\nblue = \"#004488\"\n"),
        ("wrong.toml", "base = \"paper\"\n[roles]\nbluu = {}\n"),
    ];
    let mut run = Run::start_in(with_configuration(config, &themes), 120, 36, &[], &[]);
    run.until("● live");
    run.until("'fly'");
    run.send("T");
    run.until("My own");
    run.until("has a fault");
    // Beginning at the one that is shown: the own ones stand first.
    run.send("g\r");
    run.until("The theme is mine from now on.");
    assert_eq!(run.text_of("config/flux/config.toml"), config.replace("\"dusk\"", "\"mine\""));
    run.send("T");
    run.until("My own");
    run.send("j\r");
    run.until("there is no role 'bluu'");
    run.send("\x1b");
    run.until_it_is("the list goes", |screen| !screen.contents().contains("My own"));
    run.send("Q");
    assert_eq!(run.end(), 0);
}

#[test]
fn what_is_copied_goes_to_the_clipboard_and_through_tmux() {
    let mut run = Run::start(120, 36, &[], &[("TMUX", "/tmp/tmux-1/default,1,0")]);
    run.until("● live");
    run.send("Y");
    run.until("Copied, where the terminal allows it");
    run.send("q");
    assert_eq!(run.end(), 0);
    let raw = String::from_utf8_lossy(&run.raw).into_owned();
    // `shop`, by itself and wrapped for the terminal around tmux.
    assert!(raw.contains("\x1b]52;c;c2hvcA==") && raw.contains("\x1bPtmux;\x1b\x1b]52;c;c2hvcA=="));
}

#[test]
fn who_looks_elsewhere_is_called_once_and_focus_is_told_no_more_at_the_end() {
    let folder = with_configuration("notify = \"osc9\"\n", &[]);
    let copy = folder.path().join("demo");
    let mut run = Run::start_in(folder, 120, 36, &["demo", "--dir", copy.to_str().unwrap()], &[("TMUX", "")]);
    run.until("● live");
    run.send("\x1b[O\r");
    run.until("hunk 1/");
    run.send("q");
    run.until("Leave flux?");
    run.send("y");
    assert_eq!(run.end(), 0);
    let raw = String::from_utf8_lossy(&run.raw).into_owned();
    assert_eq!(raw.matches("\x1b]9;demo: a proposal of ").count(), 1);
    assert!(raw.contains("\x1b[?1004h") && raw.rfind("\x1b[?1004l") > raw.rfind("\x1b[?1004h"));
}
