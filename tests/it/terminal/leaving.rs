//! Leaving the screen to an editor or to the shell, and coming back.

use super::*;

/// Says where it was opened, waits for a line, and leaves that line at the end of the file.
const EDITOR: &str = r#"#!/bin/sh
stty size > "$FLUX_TEST_OUT.size"
printf 'EDITOR %s %s\n' "$1" "$2"
IFS= read -r line
printf '%s\n' "$line" >> "$2"
"#;

fn with_editor(script: &str) -> Run {
    let folder = tempfile::tempdir().unwrap();
    Fixture::parse(SHOP).write(&folder.path().join("project"));
    let editor = folder.path().join("my editor.sh");
    std::fs::write(&editor, script).unwrap();
    let out = folder.path().join("out");
    let command = format!("sh '{}'", editor.display());
    let variables = [("EDITOR", &*command), ("FLUX_TEST_OUT", out.to_str().unwrap())];
    Run::start_in(folder, 120, 36, &[], &variables)
}

/// Chooses `Cart.total` and opens the editor there.
fn open_editor(run: &mut Run) {
    run.until("● live");
    run.send("/Cart.total\r");
    run.until("def total(self)");
    run.send("E");
}

#[test]
fn the_editor_has_the_terminal_and_its_keys_until_it_is_closed() {
    let mut run = with_editor(EDITOR);
    open_editor(&mut run);
    run.until("EDITOR +2 shop/cart.py");
    let screen = run.screen.screen();
    assert!(!screen.alternate_screen() && !screen.hide_cursor() && !screen.bracketed_paste());
    assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None);
    // Keys that mean something to flux: it takes none of them.
    run.send("# qqq jjq said in the editor\r");
    run.until("● live");
    run.until("Structure");
    assert!(run.screen.screen().alternate_screen() && run.screen.screen().bracketed_paste());
    assert!(run.text_of("project/shop/cart.py").ends_with("# qqq jjq said in the editor\n"));
    // The picture is whole and keys are flux's again.
    run.until("said in the editor");
    run.send("?");
    run.until("Keys");
    run.send("?q");
    assert_eq!(run.end(), 0);
    // The keys are told apart on flux's screen alone.
    let raw = String::from_utf8_lossy(&run.raw).into_owned();
    assert_eq!((raw.matches("\u{1b}[>1u").count(), raw.matches("\u{1b}[<1u").count()), (2, 2));
}

#[test]
fn the_answer_about_the_ground_is_no_key_and_chooses_the_theme() {
    let mut run = Run::start(120, 36, &[], &[("COLORFGBG", "")]);
    run.until("● live");
    // Any of these would be a key of its own.
    run.send("\u{1b}]11;rgb:ffff/ffff/fafa\u{1b}\\");
    run.send("T");
    run.until("▶ paper");
    // The first closes the list.
    run.send("qq");
    assert_eq!(run.end(), 0);
    assert!(String::from_utf8_lossy(&run.raw).contains("\u{1b}]11;?"));
}

#[test]
fn a_terminal_that_changed_its_size_under_the_editor_is_drawn_in_its_new_size() {
    let mut run = with_editor(EDITOR);
    open_editor(&mut run);
    run.until("EDITOR +2");
    run.master.resize(PtySize { rows: 24, cols: 80, pixel_width: 0, pixel_height: 0 }).unwrap();
    run.screen.screen_mut().set_size(non_zero(24), non_zero(80));
    run.send("x = 1\r");
    // Below 90 columns the panes are tabs.
    run.until("1 Structure");
    run.send("q");
    assert_eq!(run.end(), 0);
}

#[test]
fn an_interrupt_and_a_key_too_many_do_not_end_flux_behind_its_editor() {
    let mut run = with_editor("trap 'echo CAUGHT' INT; echo EDITOR waits; read a; read b; exit 3\n");
    open_editor(&mut run);
    run.until("EDITOR waits");
    run.send("\u{3}");
    run.until("CAUGHT");
    run.send("\r\r\r");
    run.until("failed (exit status: 3)");
    run.send("q");
    assert_eq!(run.end(), 0);
}

#[test]
fn an_editor_that_is_not_there_is_said() {
    let folder = tempfile::tempdir().unwrap();
    Fixture::parse(SHOP).write(&folder.path().join("project"));
    let mut run = Run::start_in(folder, 120, 36, &[], &[("VISUAL", "/does/not/exist --x")]);
    open_editor(&mut run);
    run.until("'/does/not/exist' cannot be started");
    run.until("set VISUAL or EDITOR");
    run.send("q");
    assert_eq!(run.end(), 0);
}

#[test]
fn a_signal_while_the_editor_is_open_ends_flux() {
    let mut run = with_editor("echo \"EDITOR waits as $$.\"; read a\n");
    open_editor(&mut run);
    run.until("EDITOR waits as");
    let shot = run.screen.screen().contents();
    let id = shot.split("waits as ").nth(1).and_then(|rest| rest.split('.').next()).unwrap().trim().to_owned();
    run.signal("-TERM");
    assert_eq!(run.child.wait().unwrap().exit_code(), 143);
    assert!(!Path::new("/proc").join(id).exists(), "the editor is left behind");
    run.send("\r");
    assert_eq!(run.end(), 143);
}

#[test]
fn flux_is_suspended_and_brought_back_by_the_shell_that_started_it() {
    let folder = tempfile::tempdir().unwrap();
    Fixture::parse(SHOP).write(&folder.path().join("project"));
    let mut command = CommandBuilder::new("sh");
    command.args(["-i", "-m"]);
    let flux = env!("CARGO_BIN_EXE_flux");
    let mut run = Run::spawn(folder, 120, 36, command, &[("PS1", "READY> "), ("ENV", "/dev/null")]);
    run.until("READY>");
    run.send(&format!("'{flux}'\r"));
    // What is sent before the shell reads would be lost: flux may still have the terminal.
    let is_shell_ready = |screen: &vt100::Screen| {
        let (row, columns) = (screen.cursor_position().0, screen.size().1);
        let line = screen.rows(0, columns.get()).nth(row.into()).unwrap_or_default();
        !screen.alternate_screen() && line.starts_with("READY>")
    };
    for (turn, suspended) in ["\u{1a}", "i\u{1a}"].into_iter().enumerate() {
        run.until("● live");
        run.send(suspended);
        run.until_it_is("the shell that stopped flux", |screen| {
            screen.contents().matches("Stopped").count() > turn && is_shell_ready(screen)
        });
        let screen = run.screen.screen();
        assert!(!screen.alternate_screen() && !screen.hide_cursor() && !screen.bracketed_paste());
        run.send(&format!("echo BACK FOR TURN $(({turn} + 40))\r"));
        run.until(&format!("BACK FOR TURN {}", turn + 40));
        run.send("fg\r");
        run.until("● live");
        assert!(run.screen.screen().alternate_screen() && run.screen.screen().hide_cursor());
    }
    // The prompt has the focus.
    run.send("\u{1b}");
    run.until("quit");
    run.send("q");
    run.until_it_is("the shell", is_shell_ready);
    run.send("exit\r");
    assert_eq!(run.end(), 0);
}

#[test]
fn without_a_shell_nothing_stops_for_ever() {
    let mut run = Run::start(120, 36, &[], &[]);
    run.until("● live");
    run.send("\u{1a}");
    run.until("no shell that could bring flux back");
    run.signal("-TSTP");
    run.send("?");
    run.until("Keys");
    run.send("?q");
    assert_eq!(run.end(), 0);
}

#[test]
fn no_escape_sequence_of_a_file_or_a_name_reaches_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let project = folder.path().join("project");
    Fixture::parse(SHOP).write(&project);
    let text = "x = '\u{1b}]0;PWNED\u{7}\u{1b}[31mRED\u{9b}35mC1\u{202e}RTL'\n";
    std::fs::write(project.join("a\u{1b}[35mNAME.py"), text).unwrap();
    let mut run = Run::start_in(folder, 120, 36, &[], &[]);
    run.until("● live");
    run.send("/NAME\r\r");
    run.until("PWNED");
    run.send("q");
    assert_eq!(run.end(), 0);
    let raw = String::from_utf8_lossy(&run.raw).into_owned();
    for sequence in ["\u{1b}]0;", "\u{1b}[31mRED", "\u{1b}[35mNAME", "\u{9b}", "\u{7}", "\u{202e}"] {
        assert!(!raw.contains(sequence), "{sequence:?} reached the terminal");
    }
}
