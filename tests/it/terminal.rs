//! The built program in a real pseudo-terminal.

use std::io::{Read, Write};
use std::num::NonZero;
use std::path::Path;
use std::process::Command;
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use crate::fixture::Fixture;

mod killed;
mod leaving;
mod pictures;
mod settings;

const PATIENCE: Duration = Duration::from_secs(180);

const SHOP: &str = "
#- shop/cart.py
class Cart:
    def total(self):
        return 0
#- README.md
A shop.
";

fn non_zero(number: u16) -> NonZero<u16> {
    NonZero::new(number).unwrap()
}

/// One run of the program on a terminal of its own.
struct Run {
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    writer: Box<dyn Write + Send>,
    bytes: Receiver<Vec<u8>>,
    screen: vt100::Parser,
    /// Everything that came, for what the screen does not tell.
    raw: Vec<u8>,
    folder: tempfile::TempDir,
}

impl Run {
    fn start(columns: u16, rows: u16, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Fixture::parse(SHOP).write(&folder.path().join("project"));
        Self::start_in(folder, columns, rows, arguments, variables)
    }

    /// In a folder that holds the project already.
    fn start_in(
        folder: tempfile::TempDir,
        columns: u16,
        rows: u16,
        arguments: &[&str],
        variables: &[(&str, &str)],
    ) -> Self {
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_flux"));
        command.args(arguments);
        Self::spawn(folder, columns, rows, command, variables)
    }

    /// Any program, as flux is started.
    fn spawn(
        folder: tempfile::TempDir,
        columns: u16,
        rows: u16,
        mut command: CommandBuilder,
        variables: &[(&str, &str)],
    ) -> Self {
        let project = folder.path().join("project");
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        command.cwd(&project);
        command.env("TERM", "xterm-256color");
        command.env("XDG_CONFIG_HOME", folder.path().join("config"));
        command.env("XDG_STATE_HOME", folder.path().join("state"));
        for variable in ["OPENAI_BASE_URL", "OPENAI_API_KEY", "FLUX_MODEL", "VIRTUAL_ENV", "NO_COLOR", "COLORTERM"] {
            command.env_remove(variable);
        }
        for (name, value) in variables {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().unwrap();
        let (sender, bytes) = mpsc::channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 65_536];
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                if sender.send(buffer[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        let writer = pair.master.take_writer().unwrap();
        let screen = vt100::Parser::new(non_zero(rows), non_zero(columns), 0);
        Self { child, master: pair.master, writer, bytes, screen, raw: Vec::new(), folder }
    }

    fn take(&mut self, bytes: &[u8]) {
        self.screen.process(bytes);
        self.raw.extend_from_slice(bytes);
    }

    /// Waits until the screen shows `text`.
    fn until(&mut self, text: &str) {
        self.until_it_is(&format!("'{text}'"), |screen| screen.contents().contains(text));
    }

    /// Waits until the screen is as wanted.
    fn until_it_is(&mut self, what: &str, is_there: impl Fn(&vt100::Screen) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !is_there(self.screen.screen()) {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.bytes.recv_timeout(left) {
                Ok(bytes) => self.take(&bytes),
                Err(why) => panic!("{what} does not come ({why}):\n{}", self.screen.screen().contents()),
            }
        }
    }

    fn send(&mut self, keys: &str) {
        self.writer.write_all(keys.as_bytes()).unwrap();
        self.writer.flush().unwrap();
    }

    /// Waits for the end and gives the exit status; checks that the terminal was given back.
    fn end(&mut self) -> u32 {
        let deadline = Instant::now() + PATIENCE;
        while let Ok(bytes) = self.bytes.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            self.take(&bytes);
        }
        let status = self.child.wait().unwrap();
        let screen = self.screen.screen();
        assert!(!screen.alternate_screen(), "the alternate screen is still on");
        assert!(!screen.hide_cursor(), "the cursor is still hidden");
        assert!(!screen.bracketed_paste(), "bracketed paste is still on");
        assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None);
        status.exit_code()
    }

    fn signal(&self, name: &str) {
        let pid = self.child.process_id().unwrap().to_string();
        assert!(Command::new("kill").args([name, &pid]).status().unwrap().success());
    }

    fn text_of(&self, path: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(path)).unwrap()
    }
}

#[test]
fn the_demo_goes_from_enter_to_the_written_file() {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("demo");
    let mut run = Run::start(160, 45, &["demo", "--dir", copy.to_str().unwrap()], &[]);
    run.until("Add error handling to process_file");
    run.until("recorded");
    run.until("● live");
    run.send("\r");
    run.until("hunk 1/");
    run.send("A");
    run.until("✔ Approval");
    run.send("w");
    run.until("Wrote");
    let read = |path: &str| std::fs::read_to_string(copy.join(path)).unwrap();
    assert!(read("shop/files.py").contains("except OSError"), "{}", read("shop/files.py"));
    run.send("q");
    assert_eq!(run.end(), 0);
}

#[test]
fn a_signal_gives_the_terminal_back() {
    for (name, status) in [("-TERM", 143), ("-INT", 130), ("-HUP", 129)] {
        let mut run = Run::start(120, 36, &[], &[]);
        run.until("● live");
        run.signal(name);
        assert_eq!(run.end(), status, "{name}");
    }
}

#[test]
fn a_signal_in_the_middle_of_an_answer_gives_the_terminal_back() {
    let mut run = Run::start(120, 36, &["demo"], &[]);
    run.until("● live");
    run.send("\r");
    run.until("thinking");
    run.signal("-TERM");
    assert_eq!(run.end(), 143);
}

#[test]
fn a_panic_gives_the_terminal_back_before_it_speaks() {
    let mut run = Run::start(120, 36, &[], &[("FLUX_TEST_PANIC", "1")]);
    assert_eq!(run.end(), 101);
    let raw = String::from_utf8_lossy(&run.raw).into_owned();
    let (left, spoke) = (raw.rfind("\u{1b}[?1049l").unwrap(), raw.find("FLUX_TEST_PANIC").unwrap());
    assert!(left < spoke, "the message is written before the alternate screen is left");
}

#[test]
fn a_terminal_of_20_by_5_gets_a_sentence_and_a_larger_one_the_screen() {
    let mut run = Run::start(20, 5, &[], &[]);
    run.until("flux needs 60×15");
    run.master.resize(PtySize { rows: 30, cols: 100, pixel_width: 0, pixel_height: 0 }).unwrap();
    run.screen.screen_mut().set_size(non_zero(30), non_zero(100));
    run.until("cart.py");
    run.send("q");
    assert_eq!(run.end(), 0);
}

#[test]
fn a_file_saved_from_outside_appears_without_a_key() {
    let mut run = Run::start(120, 36, &[], &[]);
    run.until("● live");
    let place = run.folder.path().join("project/shop/late.py");
    std::fs::write(place, "def late(): pass\n").unwrap();
    run.until("late.py");
    run.send("q");
    assert_eq!(run.end(), 0);
    assert!(run.text_of("project/shop/late.py").contains("late"));
}

#[test]
fn a_burst_of_keys_arrives_whole() {
    let mut run = Run::start(120, 36, &[], &[]);
    run.until("● live");
    let words: String = (0..600).map(|at| format!("word{at} ")).collect();
    run.send(&format!("i{words}THE-END"));
    run.until("THE-END");
    run.send("\u{1b}");
    run.until("quit");
    run.send("q");
    assert_eq!(run.end(), 0);
}

#[test]
fn without_colours_the_states_are_still_told() {
    let mut run = Run::start(120, 36, &[], &[("NO_COLOR", "1")]);
    run.until("● live");
    let raw = String::from_utf8_lossy(&run.raw).into_owned();
    assert!(!raw.contains("38;5;") && !raw.contains("38;2;") && !raw.contains("48;5;"), "colours came all the same");
    run.send("q");
    assert_eq!(run.end(), 0);
}

#[test]
fn what_is_no_project_is_said_in_a_sentence() {
    let flux = |arguments: &[&str]| Command::new(env!("CARGO_BIN_EXE_flux")).args(arguments).output().unwrap();
    let missing = flux(&["/does/not/exist"]);
    assert_eq!(missing.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&missing.stderr).contains("'/does/not/exist' cannot be opened"));
    let folder = tempfile::tempdir().unwrap();
    let piped = flux(&[Path::new(folder.path()).to_str().unwrap()]);
    assert_eq!(piped.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&piped.stderr).contains("no terminal"));
}
