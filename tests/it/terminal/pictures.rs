//! Pictures of the true screen: the built program plays a script in a pseudo-terminal.
//!
//! `FLUX_PICTURES=readme cargo test --test it pictures` draws README's anew, `FLUX_PICTURES=states` every state at three sizes
//! in two themes below `target/pictures`.

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
const README: &[(&str, u16, u16, &str)] = &[("proposal", 150, 42, "dusk"), ("blocked", 150, 42, "paper")];

const STATES: &[State] = &[
    State { name: "start", before: &[Until("recorded"), Until("● live"), Keys("\u{1b}")], steps: &[] },
    State { name: "proposal", before: PROPOSED, steps: &[] },
    State {
        name: "blocked",
        before: PROPOSED,
        steps: &[Keys("]"), Until("hunk 2/"), Keys("nyy"), Until("needs hunk 2")],
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
    for state in STATES {
        for theme in THEMES {
            for (columns, rows) in SIZES {
                let name = format!("target/pictures/{}-{theme}-{columns}x{rows}.svg", state.name);
                draw(state, columns, rows, theme, &root().join(name));
            }
        }
    }
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
