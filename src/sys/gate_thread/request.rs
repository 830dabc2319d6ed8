//! What the gate thread is asked, and what it answers when it cannot.

use std::sync::mpsc::Sender;

use super::tell;
use crate::agent::{Event, JobId, PlacesQuestion};
use crate::app::{Msg, Reach, SymbolUse, UseKind, line_text};
use crate::gate::{ReadLog, Report, SymbolPlaces};
use crate::index::View;
use crate::text::{ChangeSet, Hunk, LineIndex, ProjectPath};

/// Who asks. Each has one request running and one wanted; its newest wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sys) enum Asker {
    Review,
    Agent,
    /// The person, about the code.
    Person,
}

/// One change set to judge.
pub(in crate::sys) struct Request {
    pub(in crate::sys) asker: Asker,
    pub(in crate::sys) id: JobId,
    pub(in crate::sys) change_set: ChangeSet,
    pub(in crate::sys) question: Question,
}

/// A search for which hunk needs which.
pub(in crate::sys) struct Seek {
    pub(in crate::sys) id: JobId,
    pub(in crate::sys) change_set: ChangeSet,
    pub(in crate::sys) hunks: Vec<Hunk>,
}

/// What is asked of a change set.
pub(in crate::sys) enum Question {
    /// What is wrong with it, for somebody who has seen these files.
    Judge(ReadLog),
    /// Where a symbol is meant, with it laid over the disk.
    Places(PlacesQuestion),
    /// Where a symbol is used, told line by line.
    Uses(PlacesQuestion),
    /// What these symbols of a file reach.
    Reach(ProjectPath, Vec<String>),
}

/// What a request is answered with.
pub(super) enum Found {
    Report(Report),
    Places(SymbolPlaces),
    Uses(Result<Vec<SymbolUse>, String>),
    Reach(Reach),
}

impl Request {
    /// The answer where there is none, since it was ended.
    pub(super) fn ended(&self) -> Found {
        match &self.question {
            Question::Judge(_) => Found::Report(Report { cancelled: true, ..Report::new(Vec::new(), [None; 6]) }),
            Question::Places(_) | Question::Uses(_) | Question::Reach(..) => self.excused("it was stopped"),
        }
    }

    /// The answer where there is none, and why.
    pub(super) fn excused(&self, why: &str) -> Found {
        match &self.question {
            Question::Judge(_) => Found::Report(Report::not_judged(&self.change_set, why)),
            Question::Uses(asked) => {
                Found::Uses(Err(format!("where {} is used could not be found out: {why}", asked.symbol)))
            }
            Question::Reach(..) => Found::Reach(Reach::default()),
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
            (_, Found::Uses(uses)) => Msg::UsesFound(id, uses),
            (Asker::Person, Found::Report(_)) => return,
            (_, Found::Reach(reach)) => Msg::ReachFound(id, reach),
            (_, Found::Places(places_found)) => Msg::Agent(Event::PlacesFound(id, places_found)),
        },
    );
}

/// Tells what is known of a change set while the judgement goes on.
pub(super) fn answer_so_far(msgs: &Sender<Msg>, (asker, id): (Asker, JobId), report: Report) {
    match (asker, report.progress) {
        (Asker::Review, _) => tell(msgs, Msg::JudgedSoFar(id, report)),
        (Asker::Agent, Some(progress)) => tell(msgs, Msg::Agent(Event::CheckProgressed(id, progress))),
        (Asker::Agent, None) | (Asker::Person, _) => {}
    }
}

/// What was found, line by line: first what is certain; or why nothing is known.
pub(super) fn uses_of(view: &View<'_>, places: SymbolPlaces) -> Result<Vec<SymbolUse>, String> {
    if let (true, Some(obstacle)) = (places.is_unknown, places.obstacles.first()) {
        return Err(obstacle.why.clone());
    }
    let text_of = |path: &ProjectPath| view.text(path).map(|text| (LineIndex::new(&text), text)).ok();
    let mut uses = Vec::new();
    for (path, spans) in &places.places {
        let Some(file) = text_of(path) else { continue };
        let mut found: Vec<u32> = spans.iter().map(|span| file.0.line(span.start as usize)).collect();
        found.dedup();
        let one = |line| SymbolUse {
            kind: UseKind::Meant,
            path: path.clone(),
            line,
            text: line_text(&file.1, &file.0, line),
        };
        uses.extend(found.into_iter().map(one));
    }
    for obstacle in places.obstacles {
        let kind = UseKind::MayBe;
        uses.push(SymbolUse { kind, path: obstacle.path, line: obstacle.line, text: obstacle.why });
    }
    for mentions in places.mentions.chunk_by(|(one, _), (next, _)| one == next) {
        let file = text_of(&mentions[0].0);
        uses.extend(mentions.iter().map(|(path, line)| {
            let text = file.as_ref().map(|(lines, text)| line_text(text, lines, *line)).unwrap_or_default();
            SymbolUse { kind: UseKind::Mentioned, path: path.clone(), line: *line, text }
        }));
    }
    Ok(uses)
}
