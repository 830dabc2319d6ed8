//! Whole files: written, moved, deleted.

use super::kept::{Same, keeping};
use super::snippet::{without_fence, without_line_numbers};
use super::target::{Target, missing_file, refuse_faults, refuse_unwritable};
use super::{Applied, Refusal};
use crate::index::View;
use crate::text::{FileText, Origin, ProjectPath, ReadError, differ_in_case_alone};

mod dotted;
mod follow;

pub(super) use dotted::{absolute, package_of, spelled};
use follow::follow;
pub(super) use follow::led;

/// Creates a file, or replaces all that is in it.
pub(super) fn write(view: View<'_>, path: &ProjectPath, content: &str) -> Result<Applied, Refusal> {
    let mut notes = Vec::new();
    let mut content = content;
    if let Some(inner) = without_fence(content).filter(|_| path.is_python()) {
        notes.push("A markdown fence around the content was taken off.".to_owned());
        content = inner;
    }
    // A byte order mark belongs to a file's spelling, not to its text.
    content = content.strip_prefix('\u{feff}').unwrap_or(content);
    let unnumbered = without_line_numbers(content).filter(|_| path.is_python());
    if let Some(bare) = &unnumbered {
        notes.push("Line numbers before the content were taken off.".to_owned());
        content = bare;
    }
    let old = match Target::open(view, path) {
        Ok(target) => Some(target),
        Err(Refusal::NotFound(_)) => None,
        Err(refusal) => return Err(refusal),
    };
    if let Some(mut old) = old {
        old.notes = notes;
        let new = keeping(&old.text, &old.ending.unify(content), Same::Exact);
        return old.finish(new);
    }
    if let Some(folder) = folder_that_is_a_file(view, path) {
        return Err(Refusal::NotAllowed(format!("'{folder}' is a file, so '{path}' cannot be created in it.")));
    }
    refuse_other_case(view, path, None)?;
    let mut new = content.to_owned();
    if path.is_python() {
        if !new.is_empty() && !new.ends_with('\n') {
            new.push('\n');
        }
        refuse_faults(path, &new)?;
    }
    // What its own first lines declare is how it will be written.
    let spelled = FileText::decode(new.as_bytes()).map_err(|why| ReadError::NotText { path: path.clone(), why })?;
    refuse_unwritable(path, &spelled, &new)?;
    let mut change_set = view.pending.clone();
    change_set.put(path.clone(), view.base(path)?, Some(new.into()));
    Ok(Applied { change_set, notes })
}

/// Moves the content, and leads what imports a module to its new place.
pub(super) fn move_to(view: View<'_>, source: &ProjectPath, destination: &ProjectPath) -> Result<Applied, Refusal> {
    let text = match view.text(source) {
        Ok(text) => text,
        Err(ReadError::Missing(_)) => return Err(missing_file(view, source)),
        Err(error) => return Err(error.into()),
    };
    match view.text(destination) {
        Err(ReadError::Missing(_)) => {}
        Ok(_) | Err(_) => {
            return Err(Refusal::NotAllowed(format!(
                "'{destination}' is there already. Choose another destination, or delete it first."
            )));
        }
    }
    if let Some(folder) = folder_that_is_a_file(view, destination) {
        return Err(Refusal::NotAllowed(format!("'{folder}' is a file, so '{destination}' cannot be created in it.")));
    }
    refuse_other_case(view, destination, Some(source))?;
    let following = follow(view, source, destination, &text);
    let mut change_set = view.pending.clone();
    for (path, new) in following.others {
        let base = view.base(&path)?;
        change_set.put(path, base, Some(new.into()));
    }
    let origin = origin_of(view, source)?;
    change_set.put(source.clone(), view.base(source)?, None);
    change_set.put(destination.clone(), view.base(destination)?, Some(following.text.into()));
    change_set.set_origin(destination, origin);
    Ok(Applied { change_set, notes: following.notes })
}

/// The file on disk that `source` was made from: it may have been moved there before.
fn origin_of(view: View<'_>, source: &ProjectPath) -> Result<Option<Origin>, ReadError> {
    match view.pending.get(source).and_then(|change| change.origin.clone()) {
        Some(origin) => Ok(Some(origin)),
        None => Ok(view.base(source)?.map(|file| Origin { path: source.clone(), file })),
    }
}

pub(super) fn delete(view: View<'_>, path: &ProjectPath) -> Result<Applied, Refusal> {
    // Also a file that is no text can go, but not unseen: it could not be shown nor taken back as a text.
    match view.text(path) {
        Ok(_) => {}
        Err(ReadError::Missing(_)) => return Err(missing_file(view, path)),
        Err(error) => return Err(error.into()),
    }
    let mut change_set = view.pending.clone();
    change_set.put(path.clone(), view.base(path)?, None);
    Ok(Applied { change_set, notes: Vec::new() })
}

/// Refuses a new name beside which another stands that differs in upper and lower case alone, unless that one goes.
fn refuse_other_case(view: View<'_>, path: &ProjectPath, goes: Option<&ProjectPath>) -> Result<(), Refusal> {
    let is_gone =
        |there: &ProjectPath| goes == Some(there) || view.pending.get(there).is_some_and(|change| change.new.is_none());
    let mut coming = view.pending.iter().filter(|(_, change)| change.new.is_some()).map(|(path, _)| path);
    let pending = coming.find(|other| differ_in_case_alone(other.as_str(), path.as_str())).cloned();
    match view.source.same_but_case(path).or(pending).filter(|there| !is_gone(there)) {
        Some(there) => Err(Refusal::NotAllowed(format!(
            "'{path}' differs from '{there}' in upper and lower case alone: on many systems the two are one. Use '{there}', \
             or quite another name."
        ))),
        None => Ok(()),
    }
}

/// The part of the path above `path` that is a file, if one is.
fn folder_that_is_a_file(view: View<'_>, path: &ProjectPath) -> Option<ProjectPath> {
    let parts: Vec<&str> = path.folder().split('/').collect();
    (1..=parts.len())
        .filter_map(|count| ProjectPath::new(&parts[..count].join("/")).ok())
        .find(|folder| view.text(folder).is_ok())
}
