//! Which hunk of a change set needs which other: what would break if one of them alone were left out.
//!
//! Knows nothing of the engine: it says which combinations are to be judged, one after the other, and reads the reports. Who can
//! notice that a hunk is missing is told by the names that hunks bind and mention, so that most are never judged.
//!
//! Invariant: hunk B needs hunk A when the change set without A is blocked by an issue that it does not have as a whole, and
//! that issue is gone without B as well.

mod touched;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::report::IssueKey;
use super::{Issue, Layer, Report};
use crate::index::{FileStructure, Notebook, SymbolKind};
use crate::text::{ChangeSet, Hunk, HunkId, ProjectPath, hunk_at_line, select};
use touched::{Touched, words};

/// One hunk cannot be taken without another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HunkNeed {
    pub hunk: HunkId,
    pub needs: HunkId,
    /// What is wrong where `needs` is left out.
    pub issue: Issue,
}

/// The way to all needs of a change set: [`Self::question`] gives a combination to be judged, [`Self::take`] its report.
///
/// Judgements are for whoever owns the gate, so that more urgent ones can come between.
pub struct NeedsSearch {
    change_set: ChangeSet,
    hunks: Vec<Hunk>,
    /// What the whole is blocked by anyway; `None` before it was judged.
    known: Option<HashMap<IssueKey, u32>>,
    touched: Vec<Touched>,
    /// Hunks whose absence somebody can notice, the first last.
    wanted: Vec<usize>,
    /// What is wrong without one hunk, and the other hunks that may be the cause.
    open: Option<Open>,
    needs: Vec<HunkNeed>,
}

/// The judgement of the change set without one hunk, and what is still to be found out of it.
struct Open {
    without: usize,
    issues: Vec<Issue>,
    counts: HashMap<IssueKey, u32>,
    /// The issues that each hunk may cause, by their place in `issues`.
    suspects: BTreeMap<usize, Vec<usize>>,
}

fn counted<'i>(issues: impl Iterator<Item = &'i Issue>) -> HashMap<IssueKey, u32> {
    let mut counts = HashMap::new();
    for issue in issues {
        *counts.entry(issue.key()).or_default() += 1;
    }
    counts
}

impl NeedsSearch {
    /// `hunks` is what the change set is cut into, numbered in their order.
    pub fn new(change_set: &ChangeSet, hunks: &[Hunk]) -> Self {
        let mut search = Self {
            change_set: change_set.clone(),
            hunks: hunks.to_vec(),
            known: None,
            touched: touched::touched(change_set, hunks),
            wanted: Vec::new(),
            open: None,
            needs: Vec::new(),
        };
        search.wanted = (0..hunks.len()).rev().filter(|at| search.is_noticed(*at)).collect();
        search
    }

    /// Whether anybody could notice that a hunk is missing.
    fn is_noticed(&self, at: usize) -> bool {
        let own = &self.touched[at];
        let others = || self.touched.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, touched)| touched);
        others().next().is_some() && (others().any(|other| own.is_noticed_by(other)) || !self.parses_without(&[at], at))
    }

    /// Whether the file of hunk `of` still parses without those hunks, where it does with all.
    fn parses_without(&self, left_out: &[usize], of: usize) -> bool {
        let path = &self.hunks[of].path;
        let faults = |change_set: &ChangeSet| {
            let text = change_set.get(path).filter(|_| path.holds_code()).map_or("", |change| change.new_text());
            if !path.is_notebook() {
                return FileStructure::parse(path, text).faults.len();
            }
            let notebook = Notebook::read(text);
            usize::from(notebook.fault.is_some()) + FileStructure::parse(path, notebook.code()).faults.len()
        };
        faults(&self.without(left_out)) <= faults(&self.change_set)
    }

    fn without(&self, left_out: &[usize]) -> ChangeSet {
        select(&self.change_set, &self.hunks, |id| !left_out.contains(&(id.0 as usize)))
    }

    /// The next combination to be judged; `None` when all is known.
    pub fn question(&self) -> Option<ChangeSet> {
        if let Some(open) = &self.open
            && let Some(suspect) = open.suspects.keys().next()
        {
            return Some(self.without(&[open.without, *suspect]));
        }
        let last = self.wanted.last()?;
        Some(if self.known.is_none() { self.change_set.clone() } else { self.without(&[*last]) })
    }

    /// Takes in the report of the combination that was asked for last.
    pub fn take(&mut self, report: &Report) {
        if self.known.is_none() {
            self.known = Some(counted(report.blocking()));
            return;
        }
        let suspect = self.open.as_mut().and_then(|open| open.suspects.pop_first());
        if let (Some((suspect, at)), Some(open)) = (suspect, &self.open) {
            let counts = counted(report.blocking());
            let left = |issue: &Issue| counts.get(&issue.key()).copied().unwrap_or_default();
            // In a file that does not parse nothing else is seen, so nothing is known to be gone.
            let does_not_parse =
                |path: &ProjectPath| report.blocking().any(|issue| issue.layer == Layer::Syntax && issue.path == *path);
            let is_gone = |issue: &&Issue| {
                (issue.layer == Layer::Syntax || !does_not_parse(&issue.path))
                    && left(issue) < open.counts[&issue.key()]
            };
            let gone = at.iter().map(|at| &open.issues[*at]).find(is_gone);
            if let Some(issue) = gone.cloned() {
                self.needs.push(need(suspect, open.without, issue));
            }
        } else if let Some(without) = self.wanted.pop() {
            self.without_one(without, report);
        }
        if self.open.as_ref().is_some_and(|open| open.suspects.is_empty()) {
            self.open = None;
        }
    }

    /// All that was found, in the order of the hunks. Complete once [`Self::question`] has no more.
    pub fn needs(mut self) -> Vec<HunkNeed> {
        self.needs.sort_by_key(|need| (need.hunk, need.needs));
        self.needs
    }

    /// Reads the report of the change set without one hunk.
    fn without_one(&mut self, without: usize, report: &Report) {
        let mut known = self.known.clone().unwrap_or_default();
        let issues: Vec<Issue> = report
            .blocking()
            .filter(|issue| match known.get_mut(&issue.key()) {
                Some(count) if *count > 0 => {
                    *count -= 1;
                    false
                }
                _ => true,
            })
            .cloned()
            .collect();
        let mut sure: BTreeMap<usize, usize> = BTreeMap::new();
        let mut suspects: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (at, issue) in issues.iter().enumerate() {
            let cause = self.cause(without, issue);
            if let Some(hunk) = cause.sure {
                sure.entry(hunk).or_insert(at);
            }
            for hunk in cause.suspects {
                suspects.entry(hunk).or_default().push(at);
            }
        }
        suspects.retain(|hunk, _| !sure.contains_key(hunk));
        self.needs.extend(sure.into_iter().map(|(hunk, at)| need(hunk, without, issues[at].clone())));
        let counts = counted(report.blocking());
        self.open = Some(Open { without, issues, counts, suspects });
    }

    /// Which hunks can be the cause of an issue that is there without one.
    fn cause(&self, without: usize, issue: &Issue) -> Cause {
        let taken = |id: HunkId| id.0 as usize != without;
        let stands_in = hunk_at_line(&self.hunks, taken, &issue.path, issue.line).map(|id| id.0 as usize);
        let others = || (0..self.hunks.len()).filter(|at| *at != without);
        if issue.layer == Layer::Syntax && !self.parses_without(&[without], without) {
            // Parsing tells without a judgement.
            let mends = |at: &usize| self.hunks[*at].path == issue.path && self.parses_without(&[without, *at], *at);
            let all: Vec<usize> = others().filter(mends).collect();
            return match all.as_slice() {
                [only] => Cause { sure: Some(*only), suspects: BTreeSet::new() },
                _ => Cause { sure: None, suspects: all.into_iter().collect() },
            };
        }
        let change = self.without(&[without]);
        let text = change.get(&issue.path).map_or("", |change| change.new_text());
        let subject = Subject::of(issue, text);
        let mut suspects: BTreeSet<usize> = others()
            .filter(|at| {
                let touched = &self.touched[*at];
                subject.names.iter().any(|name| touched.bound_once(name))
                    || (stands_in.is_none() && touched.brings_any())
            })
            .collect();
        // What is wrong in itself or with the statements around it is no matter of names.
        if subject.names.is_empty() || issue.layer == Layer::Syntax {
            suspects.extend(others().filter(|at| self.hunks[*at].path == issue.path));
        }
        match stands_in {
            // Without the hunk that wrote it, the name is not there.
            Some(hunk) if subject.is_new_in(&self.touched[hunk]) => {
                suspects.retain(|at| *at != hunk && subject.words.iter().any(|name| self.touched[*at].gives_up(name)));
                Cause { sure: Some(hunk), suspects }
            }
            Some(hunk) => {
                suspects.insert(hunk);
                Cause { sure: None, suspects }
            }
            None => {
                suspects.extend(self.beside(without, issue, text));
                suspects.remove(&without);
                Cause { sure: None, suspects }
            }
        }
    }

    /// The hunks that wrote in the function of an issue, or beside it where it stands in none.
    fn beside(&self, without: usize, issue: &Issue, text: &str) -> BTreeSet<usize> {
        let structure = FileStructure::parse(&issue.path, text);
        let lines = match structure.symbol_at(issue.line).map(|id| structure.symbol(id)) {
            Some(symbol) if symbol.kind != SymbolKind::Class => symbol.line..symbol.end_line + 1,
            _ => issue.line.saturating_sub(BESIDE_LINES)..issue.line + BESIDE_LINES,
        };
        let taken = |id: HunkId| id.0 as usize != without;
        let written = lines.filter_map(|line| hunk_at_line(&self.hunks, taken, &issue.path, line));
        written.map(|id| id.0 as usize).collect()
    }
}

/// So many lines around an issue may belong to its statement.
const BESIDE_LINES: u32 = 8;

fn need(hunk: usize, needs: usize, issue: Issue) -> HunkNeed {
    HunkNeed { hunk: HunkId(hunk as u32), needs: HunkId(needs as u32), issue }
}

struct Cause {
    /// Certainly one.
    sure: Option<usize>,
    /// To be tried.
    suspects: BTreeSet<usize>,
}

/// What an issue is about, by name.
struct Subject {
    /// The words at its very place.
    words: Vec<String>,
    /// Those, what the message names, and what the place hangs on: `cart` of `cart.total`.
    names: BTreeSet<String>,
}

impl Subject {
    fn of(issue: &Issue, text: &str) -> Self {
        let quoted = issue.first_sentence().split('\'').skip(1).step_by(2);
        let mut names: BTreeSet<String> = quoted.flat_map(words).map(str::to_owned).collect();
        let mut at_place = Vec::new();
        if let Some(span) = issue.span
            && let Some(code) = text.get(span.range())
        {
            at_place = words(code).take(8).map(str::to_owned).collect();
            let before = &text[..span.range().start];
            let chain = before.rsplit(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '.' | '(' | ')'))).next();
            names.extend(chain.into_iter().flat_map(words).map(str::to_owned));
        }
        names.extend(at_place.iter().cloned());
        Self { words: at_place, names }
    }

    /// Whether the hunk that wrote the place brought what is wrong there: its old lines speak of nothing like it.
    fn is_new_in(&self, hunk: &Touched) -> bool {
        !self.words.is_empty() && self.words.iter().all(|word| !hunk.mentioned_before(word))
    }
}
