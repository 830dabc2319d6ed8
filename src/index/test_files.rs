//! Which files hold tests, as pytest and unittest find them.

use crate::text::ProjectPath;

/// Whether a file holds tests, or what tests alone use.
pub fn is_test_file(path: &ProjectPath) -> bool {
    let name = path.file_name();
    name.starts_with("test_")
        || name.ends_with("_test.py")
        || name == "conftest.py"
        || path.folder().split('/').any(|folder| matches!(folder, "tests" | "test"))
}
