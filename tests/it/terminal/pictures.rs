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
    /// Somebody else writes the second text where the first one stands in a file of the project.
    Replace(&'static str, &'static str, &'static str),
    /// What is shown now is drawn, before it goes on.
    Now,
}

use Step::{Keys, Now, Replace, Until};

/// A state of the screen, reached from the start of `flux demo`, or of flux on a project of its own.
struct State {
    name: &'static str,
    before: &'static [Step],
    steps: &'static [Step],
    alone: Option<Alone>,
}

/// A project in the fixture language, and lines of the configuration.
#[derive(Clone, Copy)]
struct Alone {
    project: &'static str,
    settings: &'static str,
}

const fn state(name: &'static str, before: &'static [Step], steps: &'static [Step]) -> State {
    State { name, before, steps, alone: None }
}

const fn alone(name: &'static str, project: &'static str, settings: &'static str, steps: &'static [Step]) -> State {
    State { name, before: &[], steps, alone: Some(Alone { project, settings }) }
}

/// A proposal of five hunks waits, and was read: its hunks say what they stand in.
const PROPOSED: &[Step] = &[Until("recorded"), Until("● live"), Keys("\r"), Until("hunk 1/"), Until("in main")];

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

/// Nothing listens there.
const GONE: &str = "[model]\nbase_url = \"http://127.0.0.1:9/v1\"\nname = \"local\"\n";

const STATES: &[State] = &[
    alone("no-model", SHOP, "", &[Until("● live")]),
    alone("empty-folder", "", "", &[Until("● live")]),
    alone("model-gone", SHOP, GONE, &[Until("● live"), Keys("iAdd a discount to Cart\r"), Until("can be reached")]),
    state("prompt", &[Until("recorded"), Until("● live")], &[]),
    state("start", BROWSING, &[]),
    state("code", BROWSING, &[Keys("/process_f"), Until("process_file"), Keys("\r\r"), Until("def process_file")]),
    state(
        "code-search",
        BROWSING,
        &[Keys("pprocess_file"), Keys("\r"), Until("def process_file"), Keys("2/row"), Keys("\r")],
    ),
    state(
        "uses",
        BROWSING,
        &[Keys("pprocess_file"), Keys("\r"), Until("def process_file"), Keys("W"), Until("Uses of")],
    ),
    state("imports", BROWSING, &[Keys("pprocess_file"), Keys("\r"), Until("def process_file"), Keys("b")]),
    state("completion", BROWSING, &[Keys("i @pro")]),
    state("command", BROWSING, &[Keys("i"), Until("Enter"), Keys("\u{15}/")]),
    state("filter", BROWSING, &[Keys("/order")]),
    state("filter-empty", BROWSING, &[Keys("/zzzz")]),
    state("go-to", BROWSING, &[Keys("pproc")]),
    state("palette", BROWSING, &[Keys(":")]),
    state("palette-typed", BROWSING, &[Keys(":und")]),
    state("help", BROWSING, &[Keys("?")]),
    state("signs", BROWSING, &[Keys("?sign")]),
    state("writes-empty", BROWSING, &[Keys("H")]),
    state("proposal", PROPOSED, &[]),
    state("proposal-unified", PROPOSED, &[Keys("v")]),
    state("plan", PROPOSED, &[Keys("3")]),
    state("checks", PROPOSED, &[Keys("4")]),
    state("activity", PROPOSED, &[Keys("5")]),
    state(
        "unfolded",
        PROPOSED,
        &[Keys("5/modify_function"), Keys("\r"), Until("search"), Keys("\u{1b}"), Until("Enter unfold"), Keys("\r")],
    ),
    state("refused", PROPOSED, &[Keys("5/exists"), Keys("\r"), Keys("\u{1b}"), Until("unfold"), Keys("+++++++")]),
    state("activity-search", PROPOSED, &[Keys("5/exists"), Keys("\r")]),
    state("reaches", PROPOSED, &[Keys("L"), Until("tested by")]),
    state("whole-symbol", PROPOSED, &[Keys("o")]),
    state("zoom", PROPOSED, &[Keys("z")]),
    state("edit", PROPOSED, &[Keys("e")]),
    state("themes", BROWSING, &[Keys("T"), Until("ember")]),
    state("lines", BROWSING, &[Keys("i"), Until("Enter"), Keys("\u{15}First line\nsecond line\nthird line")]),
    state("comment", PROPOSED, &[Keys("c")]),
    state("leaving", PROPOSED, &[Keys("q")]),
    state("blocked", BLOCKED, &[]),
    state("issue", BLOCKED, &[Keys("4"), Until("needs hunk 2"), Keys("\r")]),
    state("override", BLOCKED, &[Keys("4"), Until("needs hunk 2"), Keys("o")]),
    state("approved", PROPOSED, &[Keys("A"), Until("all decided")]),
    state("written", PROPOSED, &[Keys("A"), Until("all decided"), Keys("w"), Until("Wrote")]),
    state("thinking", &[Until("recorded"), Until("● live"), Keys("\r"), Until("thinking")], &[Now]),
    state(
        "stopped",
        &[Until("recorded"), Until("● live"), Keys("\r"), Until("thinking")],
        &[Keys("\u{1b}\u{1b}"), Until("topped")],
    ),
    state("rejected", PROPOSED, &[Keys("n["), Until("hunk 1/")]),
    state("split", PROPOSED, &[Keys("]"), Until("hunk 2/"), Keys("]"), Until("hunk 3/"), Keys("s")]),
    state("edited", PROPOSED, &[Keys("e# Read here.\r\u{13}"), Until("as you typed it")]),
    state(
        "conflict",
        PROPOSED,
        &[
            Replace(
                "shop/files.py",
                "    reader = Reader(path)\n    orders",
                "    reader = Reader(path, 1)\n    orders",
            ),
            Until("changed on disk"),
            Keys("]]]"),
            Until(", in conflict"),
        ],
    ),
    state("discarded", PROPOSED, &[Keys("xx"), Until("iscarded")]),
    state(
        "undone",
        PROPOSED,
        &[Keys("A"), Until("all decided"), Keys("w"), Until("Wrote"), Keys("u"), Until("ook back")],
    ),
    alone(
        "sessions",
        SHOP,
        GONE,
        &[
            Until("● live"),
            Keys("iAdd a discount to Cart\r"),
            Until("can be reached"),
            Keys("\u{1b}"),
            Until("i task"),
            Keys(":new conv"),
            Until("Begin a new"),
            Keys("\r"),
            Until("What the model reads"),
            Keys("S"),
            Until("go on"),
        ],
    ),
    state("message", PROPOSED, &[Keys("iPlease also log it.")]),
    state("steps", PROPOSED, &[Keys("3o")]),
    state(
        "rewrite",
        BROWSING,
        &[Keys("pprocess_file"), Keys("\r"), Until("def process_file"), Keys("1e"), Until("def process_file")],
    ),
    state("rename", BROWSING, &[Keys("pprocess_file"), Keys("\r"), Until("def process_file"), Keys("1\u{1b}OQ")]),
    state("selected", BROWSING, &[Keys("pprocess_file"), Keys("\r"), Until("def process_file"), Keys("2))))")]),
    state(
        "broken",
        BROWSING,
        &[
            Replace("shop/files.py", "def write_rows(", "def later(:\n    return 1\n\n\ndef write_rows("),
            Keys("pfiles.py"),
            Keys("\r"),
            Until("class Reader"),
            Keys("2G"),
            Until("def later"),
        ],
    ),
    state(
        "writes",
        PROPOSED,
        &[Keys("A"), Until("all decided"), Keys("w"), Until("Wrote"), Keys("H"), Until("take back")],
    ),
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
    let missing = std::sync::Mutex::new(Vec::new());
    let draw_next = || {
        while let Some((state, theme, (columns, rows))) = { wanted.lock().unwrap().pop() } {
            let name = format!("target/pictures/{}-{theme}-{columns}x{rows}.svg", state.name);
            // One state that is not reached does not keep the others from being drawn.
            let drawn = std::panic::catch_unwind(|| draw(state, columns, rows, theme, &root().join(&name)));
            if drawn.is_err() {
                missing.lock().unwrap().push(name);
            }
        }
    };
    // Most of the time is spent waiting for the recorded model.
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(draw_next);
        }
    });
    assert_eq!(*missing.lock().unwrap(), Vec::<String>::new());
}

/// Plays the script and gives the screen.
fn play(columns: u16, rows: u16, theme: &str, state: &State) -> String {
    let folder = tempfile::tempdir().unwrap();
    Fixture::parse("#- flux/config.toml\n").write(&folder.path().join("config"));
    let settings = folder.path().join("config/flux/config.toml");
    let more = state.alone.map_or("", |alone| alone.settings);
    std::fs::write(settings, format!("theme = \"{theme}\"\n{more}")).unwrap();
    let here = folder.path().join("project");
    std::fs::create_dir(&here).unwrap();
    let copy = folder.path().join("shop");
    let (project, arguments) = match state.alone {
        Some(alone) => {
            Fixture::parse(alone.project).write(&here);
            (here, Vec::new())
        }
        None => (copy.clone(), vec!["demo", "--dir", copy.to_str().unwrap()]),
    };
    let mut run = Run::start_in(folder, columns, rows, &arguments, &[("COLORTERM", "truecolor")]);
    for step in state.before.iter().chain(state.steps) {
        match step {
            Keys(keys) => run.send(keys),
            Until(text) => run.until(text),
            Replace(path, old, new) => {
                let file = project.join(path);
                let text = std::fs::read_to_string(&file).unwrap();
                assert!(text.contains(old), "{path} does not hold {old}");
                std::fs::write(&file, text.replace(old, new)).unwrap();
            }
            Now => {
                run.frame();
                return svg::svg(run.screen.screen());
            }
        }
    }
    run.settled();
    let picture = svg::svg(run.screen.screen());
    run.signal("-KILL");
    run.child.wait().unwrap();
    picture
}

impl Run {
    /// Takes in what is left of a frame that has come in part.
    fn frame(&mut self) {
        while !self.raw.ends_with(b"\x1b[?2026l") {
            let bytes = self.bytes.recv_timeout(PATIENCE).unwrap();
            self.take(&bytes);
        }
    }

    /// Takes in what comes until nothing has come for as long as a person takes to notice.
    fn settled(&mut self) {
        while let Ok(bytes) = self.bytes.recv_timeout(Duration::from_millis(400)) {
            self.take(&bytes);
        }
    }
}
