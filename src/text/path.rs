//! Paths inside a project.

use std::fmt;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// A path relative to the project root: `/` between parts, no `.`, no `..`, never absolute.
///
/// Whoever holds one knows that it cannot name a place outside the root, symbolic links
/// aside: those are resolved and judged where the disk is touched.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ProjectPath(Arc<str>);

/// Why a text is no [`ProjectPath`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    #[error("the path is empty")]
    Empty,
    #[error("'{0}' leaves the project root")]
    Outside(String),
    #[error("'{0}' is absolute; give it relative to the project root")]
    Absolute(String),
    #[error("'{0}' holds a character that no path has")]
    BadCharacter(String),
}

impl ProjectPath {
    /// Normalises `raw` (`./a//b` becomes `a/b`) and refuses whatever could leave the root.
    pub fn new(raw: &str) -> Result<Self, PathError> {
        if raw.contains('\0') || raw.contains('\n') {
            return Err(PathError::BadCharacter(raw.escape_debug().to_string()));
        }
        let unified = raw.trim().replace('\\', "/");
        if unified.starts_with('/') || unified.as_bytes().get(1) == Some(&b':') {
            return Err(PathError::Absolute(raw.to_owned()));
        }
        let mut parts: Vec<&str> = Vec::new();
        for part in unified.split('/') {
            match part {
                "" | "." => {}
                ".." => {
                    if parts.pop().is_none() {
                        return Err(PathError::Outside(raw.to_owned()));
                    }
                }
                part => parts.push(part),
            }
        }
        if parts.is_empty() {
            return Err(PathError::Empty);
        }
        Ok(Self(parts.join("/").into()))
    }

    /// The path of `file` below `root`, or nothing when it is not below it or is no UTF-8.
    pub fn below(root: &Path, file: &Path) -> Option<Self> {
        let relative = file.strip_prefix(root).ok()?;
        let mut parts = Vec::new();
        for component in relative.components() {
            match component {
                Component::Normal(part) => parts.push(part.to_str()?),
                Component::CurDir => {}
                Component::Prefix(_) | Component::RootDir | Component::ParentDir => return None,
            }
        }
        (!parts.is_empty()).then(|| Self(parts.join("/").into()))
    }

    /// The path of what `folder` (`None` for the root) holds under `name`, or nothing when that is no name.
    pub fn inside(folder: Option<&Self>, name: &str) -> Option<Self> {
        if name.is_empty() || name == "." || name == ".." || name.contains('/') {
            return None;
        }
        Some(Self(folder.map_or_else(|| name.into(), |folder| [folder.as_str(), name].join("/").into())))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The place on disk under `root`.
    pub fn on_disk(&self, root: &Path) -> PathBuf {
        let mut place = root.to_path_buf();
        place.extend(self.0.split('/'));
        place
    }

    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }

    /// The folder above, `""` for a file in the root.
    pub fn folder(&self) -> &str {
        self.0.rsplit_once('/').map_or("", |(folder, _)| folder)
    }

    /// Whether this is `folder`, or lies in it.
    pub fn is_in(&self, folder: &Self) -> bool {
        self.0.strip_prefix(&*folder.0).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    pub fn extension(&self) -> &str {
        self.file_name().rsplit_once('.').map_or("", |(_, extension)| extension)
    }

    /// Python source or a stub.
    pub fn is_python(&self) -> bool {
        matches!(self.extension(), "py" | "pyi")
    }

    /// A notebook of Jupyter, and none of the copies that it keeps for itself.
    pub fn is_notebook(&self) -> bool {
        self.extension() == "ipynb" && !self.0.split('/').any(|part| part == ".ipynb_checkpoints")
    }

    /// What the index and the gate understand.
    pub fn holds_code(&self) -> bool {
        self.is_python() || self.is_notebook()
    }
}

impl fmt::Display for ProjectPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ProjectPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

impl TryFrom<String> for ProjectPath {
    type Error = PathError;

    fn try_from(raw: String) -> Result<Self, PathError> {
        Self::new(&raw)
    }
}

impl From<ProjectPath> for String {
    fn from(path: ProjectPath) -> Self {
        path.0.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normalises_and_refuses() {
        assert_eq!(ProjectPath::new("./a//b/../c.py").map(|p| p.to_string()), Ok("a/c.py".into()));
        assert_eq!(ProjectPath::new("a\\b.py").map(|p| p.to_string()), Ok("a/b.py".into()));
        assert_eq!(ProjectPath::new("../x"), Err(PathError::Outside("../x".into())));
        assert_eq!(ProjectPath::new("a/../../x"), Err(PathError::Outside("a/../../x".into())));
        assert_eq!(ProjectPath::new("/etc/passwd"), Err(PathError::Absolute("/etc/passwd".into())));
        assert_eq!(ProjectPath::new("C:/x"), Err(PathError::Absolute("C:/x".into())));
        assert_eq!(ProjectPath::new("."), Err(PathError::Empty));
        assert!(matches!(ProjectPath::new("a\0b"), Err(PathError::BadCharacter(_))));
    }

    #[test]
    fn names_its_parts() {
        let path = ProjectPath::new("shop/files.py").unwrap();
        assert_eq!((path.folder(), path.file_name(), path.extension()), ("shop", "files.py", "py"));
        assert!(path.is_python() && path.holds_code());
        let holds = |path: &str| ProjectPath::new(path).unwrap().holds_code();
        assert_eq!(["a.ipynb", ".ipynb_checkpoints/a.ipynb", "a.md"].map(holds), [true, false, false]);
        assert_eq!(path.on_disk(Path::new("/root")), Path::new("/root/shop/files.py"));
        assert_eq!(ProjectPath::below(Path::new("/root"), Path::new("/root/shop/files.py")), Some(path));
        assert_eq!(ProjectPath::below(Path::new("/root"), Path::new("/other/x.py")), None);
        let inside = |folder: Option<&str>, name| {
            ProjectPath::inside(folder.map(|folder| ProjectPath::new(folder).unwrap()).as_ref(), name)
        };
        assert_eq!(inside(None, "a.py"), ProjectPath::new("a.py").ok());
        assert_eq!(inside(Some("b/c"), "a.py"), ProjectPath::new("b/c/a.py").ok());
        assert_eq!(["", ".", "..", "a/b"].map(|name| inside(None, name)), [None, None, None, None]);
    }
}
