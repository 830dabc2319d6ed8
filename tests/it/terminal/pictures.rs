//! Pictures of the true screen: the built program plays a script in a pseudo-terminal.
//!
//! `FLUX_PICTURES=readme cargo test --test it pictures` draws README's anew, `FLUX_PICTURES=states` every state at three sizes
//! in two themes below `target/pictures`; `FLUX_PICTURE_STATES=start,code` only these.

use super::*;

mod svg;

/// One thing that the script of a picture does.
enum Step {
    Keys(&'static str),
    Until(&'static str),
}

use Step::{Keys, Until};

/// A state of the screen, reached from the start of `flux demo`.
struct State {
    name: &'static str,
    before: &'static [Step],
    steps: &'static [Step],
}

/// A proposal of five hunks waits.
const PROPOSED: &[Step] = &[Until("recorded"), Until("● live"), Keys("\r"), Until("hunk 1/")];

/// What README shows: a state, a size, a theme.
const README: &[(&str, u16, u16, &str)] = &[("refused", 150, 42, "dusk"), ("blocked", 150, 42, "paper")];

/// The gate has something against what is accepted of it.
const BLOCKED: &[Step] = &[
    Until("recorded"),
    Until("● live"),
    Keys("\r"),
    Until("hunk 1/"),
    Keys("]"),
    Until("hunk 2/"),
    Keys("nyy"),
    Until("2 open"),
];

/// The prompt is left: the panes have the keys.
const BROWSING: &[Step] = &[Until("recorded"), Until("● live"), Keys("\u{1b}"), Until("i task")];

const STATES: &[State] = &[
    State { name: "prompt", before: &[Until("recorded"), Until("● live")], steps: &[] },
    State { name: "start", before: BROWSING, steps: &[] },
    State {
        name: "code",
        before: BROWSING,
        steps: &[Keys("/process_f"), Until("process_file"), Keys("\r\r"), Until("def process_file")],
    },
    State {
        name: "code-search",
        before: BROWSING,
        steps: &[Keys("pprocess_file"), Keys("\r"), Until("def process_file"), Keys("2/row"), Keys("\r")],
    },
    State {
        name: "uses",
        before: BROWSING,
        steps: &[Keys("pprocess_file"), Keys("\r"), Until("def process_file"), Keys("W"), Until("test_files.py")],
    },
    State {
        name: "imports",
        before: BROWSING,
        steps: &[Keys("pprocess_file"), Keys("\r"), Until("def process_file"), Keys("b")],
    },
    State { name: "completion", before: BROWSING, steps: &[Keys("i @pro")] },
    State { name: "command", before: BROWSING, steps: &[Keys("i"), Until("Enter"), Keys("\u{15}/")] },
    State { name: "filter", before: BROWSING, steps: &[Keys("/order")] },
    State { name: "filter-empty", before: BROWSING, steps: &[Keys("/zzzz")] },
    State { name: "go-to", before: BROWSING, steps: &[Keys("pproc")] },
    State { name: "palette", before: BROWSING, steps: &[Keys(":")] },
    State { name: "palette-typed", before: BROWSING, steps: &[Keys(":und")] },
    State { name: "help", before: BROWSING, steps: &[Keys("?")] },
    State { name: "writes-empty", before: BROWSING, steps: &[Keys("H")] },
    State { name: "proposal", before: PROPOSED, steps: &[] },
    State { name: "proposal-unified", before: PROPOSED, steps: &[Keys("v")] },
    State { name: "plan", before: PROPOSED, steps: &[Keys("3")] },
    State { name: "checks", before: PROPOSED, steps: &[Keys("4")] },
    State { name: "activity", before: PROPOSED, steps: &[Keys("5")] },
    State { name: "unfolded", before: PROPOSED, steps: &[Keys("5kkkkkkkkkkkk\r")] },
    State {
        name: "refused",
        before: PROPOSED,
        steps: &[Keys("5/exists"), Keys("\r"), Keys("\u{1b}"), Until("unfold"), Keys("+++++++")],
    },
    State { name: "activity-search", before: PROPOSED, steps: &[Keys("5/exists"), Keys("\r")] },
    State { name: "reaches", before: PROPOSED, steps: &[Keys("L")] },
    State { name: "whole-symbol", before: PROPOSED, steps: &[Keys("o")] },
    State { name: "zoom", before: PROPOSED, steps: &[Keys("z")] },
    State { name: "edit", before: PROPOSED, steps: &[Keys("e")] },
    State { name: "themes", before: BROWSING, steps: &[Keys("T"), Until("ember")] },
    State { name: "lines", before: BROWSING, steps: &[Keys("iFirst line\nsecond line\nthird line")] },
    State { name: "comment", before: PROPOSED, steps: &[Keys("c")] },
    State { name: "leaving", before: PROPOSED, steps: &[Keys("q")] },
    State { name: "blocked", before: BLOCKED, steps: &[] },
    State { name: "issue", before: BLOCKED, steps: &[Keys("4"), Until("needs hunk 2"), Keys("\r")] },
    State { name: "override", before: BLOCKED, steps: &[Keys("4"), Until("needs hunk 2"), Keys("o")] },
    State { name: "approved", before: PROPOSED, steps: &[Keys("A"), Until("all decided")] },
    State { name: "written", before: PROPOSED, steps: &[Keys("A"), Until("all decided"), Keys("w"), Until("Wrote")] },
    State {
        name: "writes",
        before: PROPOSED,
        steps: &[Keys("A"), Until("all decided"), Keys("w"), Until("Wrote"), Keys("H"), Until("take back")],
    },
];

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 36), (200, 60)];
const THEMES: [&str; 2] = ["dusk", "paper"];

fn draw(state: &State, columns: u16, rows: u16, theme: &str, place: &Path) {
    std::fs::create_dir_all(place.parent().unwrap()).unwrap();
    std::fs::write(place, play(columns, rows, theme, state)).unwrap();
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn pictures() {
    match std::env::var("FLUX_PICTURES").as_deref() {
        Ok("readme") => readme(),
        Ok("states") => states(),
        _ => eprintln!("skipped: FLUX_PICTURES says neither readme nor states"),
    }
}

fn readme() {
    for (name, columns, rows, theme) in README {
        let state = STATES.iter().find(|state| state.name == *name).unwrap();
        draw(state, *columns, *rows, theme, &root().join(format!("assets/pictures/{name}.svg")));
    }
}

fn states() {
    let only = std::env::var("FLUX_PICTURE_STATES").unwrap_or_default();
    let mut wanted = Vec::new();
    for state in STATES.iter().filter(|state| only.is_empty() || only.split(',').any(|name| name == state.name)) {
        for theme in THEMES {
            wanted.extend(SIZES.map(|size| (state, theme, size)));
        }
    }
    let wanted = std::sync::Mutex::new(wanted);
    let draw_next = || {
        while let Some((state, theme, (columns, rows))) = { wanted.lock().unwrap().pop() } {
            let name = format!("target/pictures/{}-{theme}-{columns}x{rows}.svg", state.name);
            draw(state, columns, rows, theme, &root().join(name));
        }
    };
    // Most of the time is spent waiting for the recorded model.
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(draw_next);
        }
    });
}

/// Plays the script and gives the screen.
fn play(columns: u16, rows: u16, theme: &str, state: &State) -> String {
    let folder = tempfile::tempdir().unwrap();
    Fixture::parse("#- flux/config.toml\n").write(&folder.path().join("config"));
    let settings = folder.path().join("config/flux/config.toml");
    std::fs::write(settings, format!("theme = \"{theme}\"\n")).unwrap();
    std::fs::create_dir(folder.path().join("project")).unwrap();
    let copy = folder.path().join("shop");
    let arguments = ["demo", "--dir", copy.to_str().unwrap()];
    let mut run = Run::start_in(folder, columns, rows, &arguments, &[("COLORTERM", "truecolor")]);
    for step in state.before.iter().chain(state.steps) {
        match step {
            Keys(keys) => run.send(keys),
            Until(text) => run.until(text),
        }
    }
    run.settled();
    let picture = svg::svg(run.screen.screen());
    run.signal("-KILL");
    run.child.wait().unwrap();
    picture
}

impl Run {
    /// Takes in what comes until nothing has come for as long as a person takes to notice.
    fn settled(&mut self) {
        while let Ok(bytes) = self.bytes.recv_timeout(Duration::from_millis(400)) {
            self.take(&bytes);
        }
    }
}
