//! The one table of signs: what stands before and behind names, in the gutter and in the status line, and what each means.
//!
//! Knows nothing of colours. Invariant: a sign is drawn by its name here, so that the help tells of what is drawn.

/// One sign of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sign {
    pub glyph: &'static str,
    pub help: &'static str,
    /// Where it stands.
    pub place: SignPlace,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignPlace {
    Structure,
    Code,
    Proposal,
    Checks,
    Activity,
    Status,
}

impl SignPlace {
    pub fn title(self) -> &'static str {
        match self {
            Self::Structure => "Signs: structure",
            Self::Code => "Signs: code",
            Self::Proposal => "Signs: proposal",
            Self::Checks => "Signs: checks",
            Self::Activity => "Signs: activity",
            Self::Status => "Signs: status line",
        }
    }
}

macro_rules! signs {
    ($($name:ident: $place:ident $glyph:literal $help:literal;)*) => {
        impl Sign {
            $(pub const $name: Self = Self { glyph: $glyph, help: $help, place: SignPlace::$place };)*
        }

        /// Every sign of flux.
        pub static SIGNS: &[Sign] = &[$(Sign::$name),*];
    };
}

signs! {
    CLASS: Structure "C" "A class.";
    FUNCTION: Structure "ƒ" "A function or a method.";
    VARIABLE: Structure "=" "A variable.";
    OPEN: Structure "▾" "Unfolded.";
    CLOSED: Structure "▸" "Folded.";
    READ: Structure "◦" "Read by the agent for this task.";
    GIT_MODIFIED: Structure "~" "The file is not as it was committed.";
    GIT_NEW: Structure "+" "The file was never committed; in green, at a symbol: the proposal adds it.";
    CHANGED: Structure "●" "The proposal changes the symbol.";
    REMOVED: Structure "−" "The proposal removes the symbol.";
    HUNKS: Structure "±" "How many hunks the proposal has in the file.";
    FAULT: Structure "✘" "Something is wrong there: a fault of syntax, or an issue that blocks.";
    DOUBT: Structure "!" "Something may be wrong there, or the file was not read as Python.";
    MARKED: Code "▎" "Lines of what is selected in the structure.";
    LINE_ADDED: Code "+" "Behind this line the proposal adds others.";
    LINE_CHANGED: Code "~" "The proposal changes the line.";
    LINE_REMOVED: Code "-" "The proposal removes the line.";
    UNDECIDED: Proposal "?" "Open hunks; with a number, how many of the file.";
    ACCEPTED: Proposal "✔" "Accepted hunks.";
    REJECTED: Proposal "✘" "Rejected hunks.";
    CURRENT: Proposal "▌" "The hunk that keys decide on.";
    PASSED: Checks "✔" "The gate has nothing against it.";
    BLOCKED: Checks "✘" "It blocks: nothing is written as long as it stands.";
    UNKNOWN: Checks "?" "Nothing blocks, but not all of it could be known.";
    NOT_RUN: Checks "–" "It has not run.";
    RUNNING: Checks "◐" "It is under way.";
    FOLLOWS: Activity "↓ G follows" "There is more below; G shows what comes as it comes.";
    LIVE: Status "●" "Live: what changes on disk shows at once.";
    POLLING: Status "◐" "The disk is looked at every few seconds: nobody tells of its changes.";
    NOT_LIVE: Status "○" "What changes on disk does not show, or not yet.";
    ESTIMATED: Status "~" "Tokens that the session took so far; ~ where the server does not count them.";
}
