//! Python's own parser and compiler, asked in one process.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::thread::JoinHandle;

use super::Page;

const SCRIPT: &str = include_str!("oracle.py");

/// A running Python that looks at texts and tells what is wrong with them.
pub(super) struct Oracle {
    child: Child,
    questions: Option<ChildStdin>,
    answers: JoinHandle<Vec<String>>,
    page: String,
    restored: usize,
}

impl Oracle {
    pub(super) fn start() -> Self {
        let mut command = Command::new("python3");
        command.args(["-W", "ignore", "-c", SCRIPT]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("python3 is there");
        let questions = child.stdin.take();
        let out = BufReader::new(child.stdout.take().unwrap());
        let answers = std::thread::spawn(move || out.lines().map_while(Result::ok).collect());
        Self { child, questions, answers, page: String::new(), restored: 0 }
    }

    /// Whether `new` compiles and has a probe more in the class of that number (an import more without one), and
    /// nothing else.
    pub(super) fn ask(&mut self, page: &Page, what: &str, class: Option<usize>, new: &[u8]) {
        self.send(page, serde_json::json!({"what": what, "class": class, "new": latin1(new)}));
    }

    /// Whether `new` compiles and has the same statements in that class (the module without one) in some order, and
    /// all else in the same. One of sixteen is asked.
    pub(super) fn ask_restored(&mut self, page: &Page, what: &str, class: Option<usize>, new: &[u8]) {
        self.restored += 1;
        // Python takes its time.
        if new != page.bytes && self.restored.is_multiple_of(16) {
            self.send(page, serde_json::json!({"what": what, "class": class, "new": latin1(new), "restored": true}));
        }
    }

    fn send(&mut self, page: &Page, mut question: serde_json::Value) {
        if self.page != page.name {
            self.page.clone_from(&page.name);
            question["page"] = page.name.clone().into();
            question["old"] = latin1(&page.bytes).into();
        }
        let line = format!("{question}\n");
        self.questions.as_mut().unwrap().write_all(line.as_bytes()).expect("python3 listens");
    }

    /// How many texts it saw and how many are wrong, and why.
    pub(super) fn finish(mut self) -> ([usize; 2], Vec<String>) {
        drop(self.questions.take());
        let mut lines = self.answers.join().unwrap();
        assert!(self.child.wait().unwrap().success());
        let figures = lines.pop().unwrap();
        let mut figures = figures.split(' ').map(|figure| figure.parse().unwrap());
        ([figures.next().unwrap(), figures.next().unwrap()], lines)
    }
}

/// Bytes as a text that has one character for each.
fn latin1(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}
