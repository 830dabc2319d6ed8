//! A second thread that asks ahead: what it has inferred, the first one finds in the database.
//!
//! Knows nothing of what an answer means, and throws each away. Invariant: it writes nothing, and stops asking when the
//! texts change or someone cancels it.

use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, OnceLock};

use ruff_db::files::system_path_to_file;
use ruff_db::parsed::parsed_module;
use ruff_db::system::SystemPathBuf;
use ruff_python_ast::{Expr, Stmt};
use salsa::{CancellationToken, Database as _};
use ty_python_semantic::{Db as _, HasType, SemanticModel};

use super::concern::Concern;
use super::database::{Database, found_in};
use crate::gate::tree::functions;

/// The second thread. It is one for all judgements: a new one would begin on the first one's core.
pub(super) struct Ahead {
    tasks: Sender<Task>,
    under_way: Option<UnderWay>,
}

struct Task {
    db: Database,
    edited: Vec<SystemPathBuf>,
    laid: BTreeSet<SystemPathBuf>,
    users: Users,
}

/// The files to ask for when those that are edited are done, once they are known, and what it takes to ask for one.
type Users = Arc<OnceLock<(Vec<SystemPathBuf>, Option<Concern>)>>;

struct UnderWay {
    token: CancellationToken,
    users: Users,
}

impl Ahead {
    /// Where there is no such thread to be had, the first one does it all.
    pub(super) fn start(stack_bytes: usize) -> Option<Self> {
        let (tasks, asked) = channel();
        let working = move || work(&asked);
        std::thread::Builder::new().name("ahead".into()).stack_size(stack_bytes).spawn(working).ok()?;
        Some(Self { tasks, under_way: None })
    }

    /// Asks for `edited` files function by function, from the last one to the first, since whoever checks a file comes
    /// from the other end. What ends it is the token.
    pub(super) fn ask(
        &mut self,
        db: Database,
        edited: Vec<SystemPathBuf>,
        laid: BTreeSet<SystemPathBuf>,
    ) -> CancellationToken {
        self.rest();
        let (token, users) = (db.cancellation_token(), Users::default());
        // Without a thread to take it, the task is dropped.
        let _ = self.tasks.send(Task { db, edited, laid, users: users.clone() });
        self.under_way = Some(UnderWay { token: token.clone(), users });
        token
    }

    /// Has it ask for all that is wrong in those of `users` that are concerned, from the last one to the first. Counts once.
    pub(super) fn go_on(&self, users: Vec<SystemPathBuf>, concern: Option<Concern>) {
        if let Some(under_way) = &self.under_way {
            let _ = under_way.users.set((users, concern));
        }
    }

    /// Ends what it asks.
    pub(super) fn rest(&self) {
        if let Some(under_way) = &self.under_way {
            under_way.token.cancel();
        }
    }
}

fn work(tasks: &Receiver<Task>) {
    for task in tasks {
        let task = AssertUnwindSafe(task);
        // What fails here fails for the first thread too, and is told there.
        let _ = ruff_db::panic::catch_unwind(move || {
            let AssertUnwindSafe(Task { db, edited, laid, users }) = { task };
            edited.iter().rev().for_each(|path| infer_functions(&db, path));
            let Some((users, concern)) = users.get() else { return };
            for path in users.iter().rev() {
                if concern.as_ref().is_some_and(|concern| !concern.is_of(&db, path, &laid)) {
                    continue;
                }
                // Where the first thread is at this very file, its functions are halved; else all of it is done here.
                infer_functions(&db, path);
                let file = system_path_to_file(&db, path);
                let _ = file.map(|file| found_in(&db, file));
            }
        });
    }
}

fn infer_functions(db: &Database, path: &SystemPathBuf) {
    let Ok(file) = system_path_to_file(db, path) else { return };
    let program_file = db.program_file(file);
    let module = parsed_module(db, program_file.python_file(db)).load(db);
    let model = SemanticModel::new(db, program_file);
    let functions = functions(&module.syntax().body);
    // To ask for one expression is to ask for all of the function that it stands in.
    for expression in functions.iter().rev().filter_map(|function| function.body.iter().find_map(own_expression)) {
        let _ = expression.inferred_type(&model);
    }
}

/// An expression of a statement that is evaluated in the scope where the statement stands.
fn own_expression(statement: &Stmt) -> Option<&Expr> {
    match statement {
        Stmt::Expr(statement) => Some(&statement.value),
        Stmt::Assign(statement) => Some(&statement.value),
        Stmt::AugAssign(statement) => Some(&statement.value),
        Stmt::AnnAssign(statement) => statement.value.as_deref(),
        Stmt::Return(statement) => statement.value.as_deref(),
        Stmt::If(statement) => Some(&statement.test),
        Stmt::While(statement) => Some(&statement.test),
        Stmt::For(statement) => Some(&statement.iter),
        Stmt::With(statement) => statement.items.first().map(|item| &item.context_expr),
        Stmt::Raise(statement) => statement.exc.as_deref(),
        Stmt::Assert(statement) => Some(&statement.test),
        Stmt::Delete(statement) => statement.targets.first(),
        Stmt::Match(statement) => Some(&statement.subject),
        Stmt::Try(statement) => statement.body.iter().find_map(own_expression),
        _ => None,
    }
}
