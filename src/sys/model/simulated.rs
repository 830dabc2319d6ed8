//! A model that knows the solution, makes mistakes on the way, and corrects them by what the refusal says.
//!
//! It plays a recorded conversation. At a given rate a call goes wrong, by one of the classes of `mistakes`; then
//! [`follow::Refused`] reads the answer. Knows nothing of the gate. Invariant: the same seed gives the same mistakes, so
//! long as the answers are the same.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use super::recorded::turns_of;
use super::turn::{Say, estimated_usage};
use crate::agent::{ChatMessage, ModelEvent, ModelRequest, Role, ToolCall};
use call::Call;
use dice::Dice;
use follow::Refused;
use mistakes::{CLASSES, Scene, Slip};

mod call;
mod code;
mod dice;
mod follow;
mod mistakes;

/// Classes that are made by leaving a call of the recording out.
const UNREAD: &str = "edit without reading";
const MISSING_IMPORT: &str = "missing import";
/// The one class that a plan can hold.
const PLAN_TOOL: &str = "update_plan";
const PLAN: &str = "plan adds what is there";
const CALLER_LEFT: &str = "caller left behind";
/// So many further turns are spent on one mistake; then the intended call is made.
const TURNS_MAX: u32 = 6;

/// What is simulated.
#[derive(Debug, Clone)]
pub struct Simulation {
    /// A conversation that solves the task, as [`super::Recorded`] plays it.
    pub recording: String,
    /// How likely a call goes wrong, from 0 to 1.
    pub rate: f64,
    pub seed: u64,
    /// The project, whose files somebody else changes now and then: [`STALE_MARK`] becomes their first line.
    pub root: PathBuf,
    /// What was made so far, by this simulation and by others: the class with the fewest is made next.
    pub mistakes: Arc<Mutex<Vec<Mistake>>>,
}

/// What somebody else writes at the head of a file.
pub const STALE_MARK: &str = "# somebody else was here";

/// One mistake, and what became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Mistake {
    pub class: &'static str,
    /// The call as it was sent.
    pub sent: String,
    /// What was answered, and then to each correction.
    pub answers: Vec<String>,
    pub fate: Fate,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// The answer is not there yet, or never came.
    Waiting,
    /// flux put it right by itself.
    Mended,
    /// Accepted as it was.
    LetThrough,
    /// The intended call was accepted after so many further turns.
    Corrected { turns: u32 },
    /// Not within the turns that were tried.
    Never,
}

/// All classes of mistake.
pub fn mistake_classes() -> Vec<&'static str> {
    let left_out = [UNREAD, MISSING_IMPORT, CALLER_LEFT];
    CLASSES.iter().map(|(class, _)| *class).chain(left_out).collect()
}

/// The model.
pub(in crate::sys) struct Simulated {
    simulation: Simulation,
    player: Mutex<Player>,
}

/// What comes next in the recording: looks together, everything else alone.
enum Act {
    Looks(Vec<Call>),
    Call(Call),
    Words(String),
}

/// What is being tried.
struct Doing {
    meant: Call,
    sent: Call,
    /// What is still to be sent for it.
    queue: VecDeque<Call>,
    /// Its place among the mistakes.
    mistake: Option<usize>,
    turns: u32,
    /// Something else came in between: what was meant is still to be done.
    is_extra: bool,
}

struct Player {
    script: VecDeque<Act>,
    dice: Dice,
    doing: Option<Doing>,
    seen: BTreeMap<String, String>,
    /// See [`Scene::optional`].
    optional: BTreeSet<String>,
    /// Files that were not looked at.
    unread: Vec<String>,
    /// Edits that were left out, or accepted otherwise than meant.
    owed: Vec<Call>,
    call_count: u32,
    fault: Option<String>,
}

impl Simulated {
    pub(in crate::sys) fn new(simulation: Simulation) -> Self {
        let (script, fault) = match turns_of(&simulation.recording) {
            Ok(turns) => (script_of(turns), None),
            Err(why) => (VecDeque::new(), Some(why)),
        };
        let optional = with_defaults(&script);
        let player = Player {
            script,
            dice: Dice::new(simulation.seed),
            doing: None,
            seen: BTreeMap::new(),
            optional,
            unread: Vec::new(),
            owed: Vec::new(),
            call_count: 0,
            fault,
        };
        Self { simulation, player: Mutex::new(player) }
    }

    pub(in crate::sys) fn turn(&self, request: &ModelRequest, say: &Say) -> ModelEvent {
        let mut player = self.player.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(why) = player.fault.clone() {
            return ModelEvent::Failed { why };
        }
        let (text, tool_calls) = player.next(&self.simulation, request);
        for call in &tool_calls {
            say(ModelEvent::CallStarted { name: call.name.clone() });
        }
        let usage = estimated_usage(request, &text, &tool_calls);
        ModelEvent::Finished { text, tool_calls, usage }
    }
}

fn script_of(turns: Vec<(String, Vec<ToolCall>)>) -> VecDeque<Act> {
    let mut script = VecDeque::new();
    for (text, calls) in turns {
        if calls.is_empty() {
            script.push_back(Act::Words(text));
            continue;
        }
        for call in calls.iter().map(Call::of) {
            match script.back_mut() {
                Some(Act::Looks(looks)) if call.is_look() => looks.push(call),
                _ if call.is_look() => script.push_back(Act::Looks(vec![call])),
                _ => script.push_back(Act::Call(call)),
            }
        }
    }
    script
}

/// The functions of the script's code that give a parameter a default.
fn with_defaults(script: &VecDeque<Act>) -> BTreeSet<String> {
    let calls = script.iter().filter_map(|act| match act {
        Act::Call(call) => call.code(),
        _ => None,
    });
    let heads = calls.flat_map(|(_, code)| code.lines()).filter_map(|line| line.trim_start().split_once("def "));
    heads
        .filter(|(_, head)| head.contains('='))
        .filter_map(|(_, head)| Some(head.split('(').next()?.to_owned()))
        .collect()
}

/// What was answered to the last turn: the answers to its calls, or what was said to its words.
fn answer_to_last(messages: &[ChatMessage]) -> String {
    let last = messages.iter().rposition(|message| message.role == Role::Assistant);
    let answers = messages[last.map_or(messages.len(), |at| at + 1)..].iter().map(|message| message.content.as_str());
    answers.collect::<Vec<_>>().join("\n")
}

/// The files that were read whole, without their line numbers.
fn files_seen(messages: &[ChatMessage]) -> BTreeMap<String, String> {
    let mut seen = BTreeMap::new();
    for message in messages.iter().filter(|message| message.role == Role::Tool) {
        let Some((head, body)) = message.content.split_once('\n') else { continue };
        let Some((path, lines)) = head.split_once(", lines 1–") else { continue };
        let is_whole = lines.split_once(" of ").is_some_and(|(last, count)| last == count);
        let bare: Vec<&str> = body.lines().filter_map(|line| line.split_once('\t')).map(|(_, text)| text).collect();
        if is_whole {
            seen.insert(path.to_owned(), format!("{}\n", bare.join("\n")));
        }
    }
    seen
}

impl Player {
    fn next(&mut self, simulation: &Simulation, request: &ModelRequest) -> (String, Vec<ToolCall>) {
        let answer = answer_to_last(&request.messages);
        self.seen = files_seen(&request.messages);
        if let Some(doing) = self.doing.take() {
            let tools: Vec<&'static str> = request.tools.iter().map(|tool| tool.name).collect();
            if let Some(call) = self.go_on(doing, &answer, &tools, simulation) {
                return (String::new(), vec![self.numbered(&call.name, call_arguments(&call))]);
            }
        }
        self.begin(simulation, answer.contains("\nopen:"))
    }

    /// The next call for what is being tried; nothing when that is over.
    fn go_on(
        &mut self,
        mut doing: Doing,
        answer: &str,
        tools: &[&'static str],
        simulation: &Simulation,
    ) -> Option<Call> {
        let is_refused = answer.starts_with("Error: ") || answer.starts_with("Not finished: ");
        if is_refused && doing.mistake.is_none() && !self.owed.is_empty() {
            self.note(CALLER_LEFT, &doing.sent.name, simulation);
            doing.mistake = last_of(simulation);
        }
        if !is_refused {
            self.settled(&doing.sent);
        }
        let mut log = simulation.mistakes.lock().unwrap_or_else(PoisonError::into_inner);
        let mut mistake = doing.mistake.and_then(|at| log.get_mut(at));
        if let Some(mistake) = &mut mistake {
            mistake.answers.push(answer.to_owned());
        }
        let open = answer.split_once("\nopen:").or_else(|| answer.split_once("\nin doubt:")).map(|(_, open)| open);
        let is_slip = doing.sent != doing.meant;
        let mut follow_up: Option<Vec<Call>> = None;
        if is_refused {
            let refused = Refused { answer, sent: &doing.sent, meant: &doing.meant, owed: &self.owed, tools };
            follow_up = Some(refused.calls());
        } else if let Some(open) = open.filter(|_| doing.queue.is_empty()) {
            // What is left open by a slip is set right at once; what belongs to the way is settled by the next calls.
            let refused = Refused { answer: open, sent: &doing.sent, meant: &doing.meant, owed: &self.owed, tools };
            follow_up =
                Some(refused.mending_calls()).filter(|calls| !calls.is_empty() && (is_slip || doing.mistake.is_some()));
        }
        if let Some(calls) = follow_up {
            doing.queue = calls.into();
            doing.turns += 1;
            if doing.turns > TURNS_MAX {
                if let Some(mistake) = &mut mistake {
                    mistake.fate = Fate::Never;
                }
                // The rest of the task can still be done.
                doing.mistake = None;
                doing.queue = VecDeque::from([doing.meant.clone()]);
                if doing.turns > TURNS_MAX + 1 {
                    return None;
                }
            }
        } else if doing.queue.is_empty() {
            let is_mended = answer.contains("flux mended:") || answer.contains(" taken off.");
            if let Some(mistake) = &mut mistake {
                mistake.fate = match doing.turns {
                    0 if is_mended => Fate::Mended,
                    0 => Fate::LetThrough,
                    turns => Fate::Corrected { turns },
                };
            }
            drop(log);
            if doing.is_extra && doing.sent != doing.meant {
                self.script.push_front(Act::Call(doing.meant));
            }
            return None;
        } else {
            doing.turns += 1;
        }
        let call = doing.queue.pop_front()?;
        doing.sent = call.clone();
        self.doing = Some(doing);
        Some(call)
    }

    /// What was owed is done.
    fn settled(&mut self, call: &Call) {
        self.owed.retain(|owed| owed != call);
    }

    /// Begins the next act of the script, perhaps wrongly.
    fn begin(&mut self, simulation: &Simulation, is_open: bool) -> (String, Vec<ToolCall>) {
        match self.script.pop_front() {
            None => ("Nothing is left to be done.".to_owned(), Vec::new()),
            Some(Act::Words(text)) => (text, Vec::new()),
            Some(Act::Looks(looks)) => {
                let looks = self.looks(looks, simulation);
                if looks.is_empty() {
                    return self.begin(simulation, is_open);
                }
                let calls = looks.iter().map(|look| self.numbered(&look.name, call_arguments(look))).collect();
                (String::new(), calls)
            }
            Some(Act::Call(call)) => self.act(call, simulation, is_open),
        }
    }

    /// Leaves out a file that will be edited, now and then.
    fn looks(&mut self, mut looks: Vec<Call>, simulation: &Simulation) -> Vec<Call> {
        if !self.dice.happens(simulation.rate) {
            return looks;
        }
        let edited: Vec<&str> = self
            .script
            .iter()
            .filter_map(|act| match act {
                Act::Call(call) if call.is_edit() => call.path(),
                _ => None,
            })
            .collect();
        let needed: Vec<usize> = (0..looks.len())
            .filter(|at| {
                looks[*at].name.starts_with("read_") && looks[*at].path().is_some_and(|path| edited.contains(&path))
            })
            .collect();
        if let Some(at) = self.dice.pick(&needed) {
            let look = looks.remove(*at);
            self.unread.extend(look.path().map(str::to_owned));
        }
        looks
    }

    fn act(&mut self, call: Call, simulation: &Simulation, is_open: bool) -> (String, Vec<ToolCall>) {
        let path = call.path().unwrap_or_default().to_owned();
        if call.is_edit() && self.unread.contains(&path) {
            self.unread.retain(|other| *other != path);
            return self.send(call.clone(), call, Some(UNREAD), simulation);
        }
        if call.name == "finish" && !self.owed.is_empty() {
            let meant = self.owed[0].clone();
            self.script.push_front(Act::Call(call.clone()));
            return self.send(call, meant, Some(CALLER_LEFT), simulation);
        }
        // One thing at a time: what is owed comes out first.
        let may_slip = self.owed.is_empty() && call.is_edit() || call.name == PLAN_TOOL;
        if !may_slip || !self.dice.happens(simulation.rate) {
            return self.send(call.clone(), call, None, simulation);
        }
        if let Some(acted) = self.leave_out(&call, simulation, is_open) {
            return acted;
        }
        let (seen, optional, dice) = (&self.seen, &self.optional, &mut self.dice);
        let scene = Scene { seen, optional, is_open };
        let mut slips: Vec<(&'static str, Slip)> =
            CLASSES.iter().filter_map(|(class, spoil)| Some((*class, spoil(&call, &scene, dice)?))).collect();
        if !call.is_edit() {
            slips.retain(|(class, _)| *class == PLAN);
        }
        let counts = counts(simulation);
        slips.sort_by_key(|(class, _)| counts.get(class).copied().unwrap_or(0));
        let Some((class, slip)) = slips.into_iter().next() else {
            return self.send(call.clone(), call, None, simulation);
        };
        match slip {
            Slip::Call(wrong) => self.send(wrong, call, Some(class), simulation),
            Slip::Extra(other) => {
                let sent = self.send(other, call, Some(class), simulation);
                if let Some(doing) = &mut self.doing {
                    doing.is_extra = true;
                }
                sent
            }
            Slip::Stale(same) => {
                touch(simulation, &path);
                self.send(same, call, Some(class), simulation)
            }
            Slip::Garbled { name, arguments } => {
                let sent = Call::new(&name, &[]);
                self.note(class, &format!("{name} {arguments}"), simulation);
                self.doing = Some(self.trying(sent, call, simulation));
                (String::new(), vec![self.numbered(&name, arguments)])
            }
            Slip::Words(text) => {
                self.note(class, &text, simulation);
                self.doing = Some(self.trying(Call::new("", &[]), call, simulation));
                (text, Vec::new())
            }
        }
    }

    /// Goes on without an import that the next edit needs, or without an edit that settles something open.
    fn leave_out(&mut self, call: &Call, simulation: &Simulation, is_open: bool) -> Option<(String, Vec<ToolCall>)> {
        let counts = counts(simulation);
        let most = counts.values().copied().max().unwrap_or(0);
        let is_due = |class: &str| counts.get(class).copied().unwrap_or(0) <= most;
        if call.name == "add_import" && is_due(MISSING_IMPORT) {
            let name = call.text("code")?.trim().rsplit([' ', ',']).next()?.to_owned();
            let Some(Act::Call(next)) = self.script.front() else { return None };
            let uses = next.path() == call.path() && next.code().is_some_and(|(_, code)| code.contains(&name));
            if uses && let Some(Act::Call(next)) = self.script.pop_front() {
                return Some(self.send(next.clone(), next, Some(MISSING_IMPORT), simulation));
            }
        }
        if is_open && call.is_edit() && self.owed.is_empty() && is_due(CALLER_LEFT) && self.dice.roll(2) == 0 {
            self.owed.push(call.clone());
            return Some(self.begin(simulation, is_open));
        }
        None
    }

    fn send(
        &mut self,
        sent: Call,
        meant: Call,
        class: Option<&'static str>,
        simulation: &Simulation,
    ) -> (String, Vec<ToolCall>) {
        let call = self.numbered(&sent.name, call_arguments(&sent));
        let mut doing =
            Doing { meant, sent: sent.clone(), queue: VecDeque::new(), mistake: None, turns: 0, is_extra: false };
        if let Some(class) = class {
            self.note(class, &format!("{} {}", call.name, call.arguments), simulation);
            doing = Doing { mistake: last_of(simulation), ..doing };
        }
        self.doing = Some(doing);
        (String::new(), vec![call])
    }

    fn trying(&self, sent: Call, meant: Call, simulation: &Simulation) -> Doing {
        Doing { meant, sent, queue: VecDeque::new(), mistake: last_of(simulation), turns: 0, is_extra: false }
    }

    fn note(&self, class: &'static str, sent: &str, simulation: &Simulation) {
        let mistake = Mistake { class, sent: sent.to_owned(), answers: Vec::new(), fate: Fate::Waiting };
        simulation.mistakes.lock().unwrap_or_else(PoisonError::into_inner).push(mistake);
    }

    fn numbered(&mut self, name: &str, arguments: String) -> ToolCall {
        self.call_count += 1;
        ToolCall { id: format!("call_{}", self.call_count), name: name.to_owned(), arguments }
    }
}

fn call_arguments(call: &Call) -> String {
    serde_json::Value::Object(call.arguments.clone()).to_string()
}

fn counts(simulation: &Simulation) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    for mistake in simulation.mistakes.lock().unwrap_or_else(PoisonError::into_inner).iter() {
        *counts.entry(mistake.class).or_default() += 1;
    }
    counts
}

fn last_of(simulation: &Simulation) -> Option<usize> {
    simulation.mistakes.lock().unwrap_or_else(PoisonError::into_inner).len().checked_sub(1)
}

/// Somebody else writes a line at the head of a file.
fn touch(simulation: &Simulation, path: &str) {
    let place = simulation.root.join(path);
    let written =
        std::fs::read_to_string(&place).and_then(|text| std::fs::write(&place, format!("{STALE_MARK}\n{text}")));
    if let Err(error) = written {
        tracing::warn!("the simulation cannot change {}: {error}", place.display());
    }
}
