//! What the gate thread is asked, and what it answers when it cannot.

use std::sync::mpsc::Sender;

use super::tell;
use crate::agent::{Event, JobId, PlacesQuestion};
use crate::app::Msg;
use crate::gate::{ReadLog, Report, SymbolPlaces};
use crate::text::ChangeSet;

/// Who asks. Each has one request running and one wanted; its newest wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sys) enum Asker {
    Review,
    Agent,
}

/// One change set to judge.
pub(in crate::sys) struct Request {
    pub(in crate::sys) asker: Asker,
    pub(in crate::sys) id: JobId,
    pub(in crate::sys) change_set: ChangeSet,
    pub(in crate::sys) question: Question,
}

/// What is asked of a change set.
pub(in crate::sys) enum Question {
    /// What is wrong with it, for somebody who has seen these files.
    Judge(ReadLog),
    /// Where a symbol is meant, with it laid over the disk.
    Places(PlacesQuestion),
}

/// What a request is answered with.
pub(super) enum Found {
    Report(Report),
    Places(SymbolPlaces),
}

impl Request {
    /// The answer where there is none, since it was ended.
    pub(super) fn ended(&self) -> Found {
        match &self.question {
            Question::Judge(_) => Found::Report(Report { cancelled: true, ..Report::new(Vec::new(), [None; 6]) }),
            Question::Places(_) => self.excused("it was stopped"),
        }
    }

    /// The answer where there is none, and why.
    pub(super) fn excused(&self, why: &str) -> Found {
        match &self.question {
            Question::Judge(_) => Found::Report(Report::not_judged(&self.change_set, why)),
            Question::Places(asked) => Found::Places(SymbolPlaces::unknown(&asked.path, &asked.symbol, why)),
        }
    }
}

pub(super) fn answer(msgs: &Sender<Msg>, request: &Request, found: Found) {
    let id = request.id;
    tell(
        msgs,
        match (request.asker, found) {
            (Asker::Review, Found::Report(report)) => Msg::Judged(id, report),
            (Asker::Agent, Found::Report(report)) => Msg::Agent(Event::Checked(id, report)),
            (_, Found::Places(places_found)) => Msg::Agent(Event::PlacesFound(id, places_found)),
        },
    );
}
