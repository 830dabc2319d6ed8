//! A second thread that asks ahead: what it has inferred, the first one finds in the database.
//!
//! Knows nothing of what an answer means, and throws each away. Invariant: it writes nothing, and ends by itself when
//! the texts change or someone cancels it.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, OnceLock};

use ruff_db::files::system_path_to_file;
use ruff_db::parsed::parsed_module;
use ruff_db::system::SystemPathBuf;
use ruff_python_ast::{Expr, Stmt};
use salsa::{CancellationToken, Database as _};
use ty_python_semantic::{Db as _, HasType, SemanticModel};

use super::database::{Database, found_in};
use crate::gate::tree::functions;

/// The second thread.
pub(super) struct Ahead {
    pub(super) token: CancellationToken,
    users: Arc<OnceLock<Vec<SystemPathBuf>>>,
}

impl Ahead {
    /// Asks for `edited` files function by function, from the last one to the first, since whoever checks a file comes
    /// from the other end. Where there is no second thread to be had, the first one does it all.
    pub(super) fn start(db: Database, edited: Vec<SystemPathBuf>, stack_bytes: usize) -> Option<Self> {
        let token = db.cancellation_token();
        let users: Arc<OnceLock<Vec<SystemPathBuf>>> = Arc::default();
        let asked = AssertUnwindSafe((db, edited, users.clone()));
        let asking = move || {
            // What fails here fails for the first thread too, and is told there.
            let _ = ruff_db::panic::catch_unwind(move || {
                let AssertUnwindSafe((db, edited, users)) = { asked };
                edited.iter().rev().for_each(|path| infer_functions(&db, path));
                let users = users.get().into_iter().flatten().rev();
                for file in users.filter_map(|path| system_path_to_file(&db, path).ok()) {
                    found_in(&db, file);
                }
            });
        };
        std::thread::Builder::new().name("ahead".into()).stack_size(stack_bytes).spawn(asking).ok()?;
        Some(Self { token, users })
    }

    /// Has it ask for what is wrong in `users` as well, from the last file to the first. Counts once.
    pub(super) fn go_on(&self, users: Vec<SystemPathBuf>) {
        let _ = self.users.set(users);
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
