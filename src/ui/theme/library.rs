//! All themes that there are: those that flux brings, and a person's own, which may be based on others.
//!
//! Reads no disk: whoever has read the files hands them in. Invariant: a theme that is wrong is said with file and line,
//! and costs itself alone.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::code::take_code_colors;
use super::{ColorDepth, Merged, Role, Theme, ThemeError, ThemeSource};
use crate::app::ThemeLabel;
use crate::index::nearest;

/// The themes that flux brings, in the order in which they are listed.
const BUILT_IN: [(&str, &str); 6] = [
    ("dusk", include_str!("../../../themes/dusk.toml")),
    ("ember", include_str!("../../../themes/ember.toml")),
    ("paper", include_str!("../../../themes/paper.toml")),
    ("frost", include_str!("../../../themes/frost.toml")),
    ("contrast", include_str!("../../../themes/contrast.toml")),
    ("ansi", include_str!("../../../themes/ansi.toml")),
];

/// So many themes may be based one on the other.
const BASES_MAX: usize = 8;

/// A file of the person's folder of themes: a `.toml` or a `.tmTheme`, or why it cannot be read.
#[derive(Debug, Clone)]
pub struct ThemeFile {
    pub path: PathBuf,
    pub text: Result<String, String>,
}

#[derive(Debug, Clone)]
pub struct Themes {
    depth: ColorDepth,
    own: Vec<ThemeFile>,
}

impl Themes {
    pub fn built_in(depth: ColorDepth) -> Self {
        Self { depth, own: Vec::new() }
    }

    /// With the person's own, which come before those of the same name.
    pub fn with(depth: ColorDepth, own: Vec<ThemeFile>) -> Self {
        Self { depth, own }
    }

    /// What there is to choose from.
    pub fn labels(&self) -> Vec<ThemeLabel> {
        let about = |text: &str| {
            let first = text.lines().next().and_then(|line| line.strip_prefix('#'));
            first.unwrap_or_default().trim().trim_end_matches('.').to_owned()
        };
        let mut labels: Vec<ThemeLabel> = Vec::new();
        for file in self.own.iter().filter(|file| is_theme(&file.path)) {
            let fault = self.theme(name_of(&file.path)).err().map(|error| error.to_string());
            let about = file.text.as_deref().map(about).unwrap_or_default();
            labels.push(ThemeLabel { name: name_of(&file.path).to_owned(), about, is_own: true, fault });
        }
        for (name, text) in BUILT_IN {
            if !labels.iter().any(|label| label.name == name) {
                labels.push(ThemeLabel { name: name.to_owned(), about: about(text), is_own: false, fault: None });
            }
        }
        labels
    }

    /// A theme, as well as the terminal can show it.
    pub fn theme(&self, name: &str) -> Result<Theme, ThemeError> {
        // On sixteen colours only a theme made of them is legible.
        let is_own = self.own.iter().any(|file| is_theme(&file.path) && name_of(&file.path) == name);
        let is_poor = matches!(self.depth, ColorDepth::Ansi16 | ColorDepth::None);
        let known = if is_poor && !is_own && self.source(name).is_some() { "ansi" } else { name };
        let mut code = None;
        let merged = self.merged(known, &mut Vec::new(), &mut code)?;
        let origin = self.source(known).map_or_else(|| format!("theme '{name}'"), |(origin, _)| origin);
        let mut styles = merged.styles(&origin, self.depth)?;
        if let Some((origin, file)) = code {
            self.take_code(&origin, &file, &mut styles)?;
        }
        Ok(Theme { styles })
    }

    fn take_code(&self, origin: &str, file: &str, styles: &mut [ratatui::style::Style]) -> Result<(), ThemeError> {
        let error = |why: String| ThemeError { origin: origin.to_owned(), why };
        let beside = self.own.iter().find(|own| own.path.file_name().is_some_and(|name| name == file));
        let beside = beside.ok_or_else(|| error(format!("there is no file '{file}' beside it")))?;
        let text = beside.text.as_ref().map_err(|why| error(format!("'{file}' cannot be read: {why}")))?;
        take_code_colors(text, self.depth, styles).map_err(|why| error(format!("'{file}' is no .tmTheme: {why}")))
    }

    /// Where a theme is written, and its text.
    fn source(&self, name: &str) -> Option<(String, Result<&str, &str>)> {
        let own = self.own.iter().find(|file| is_theme(&file.path) && name_of(&file.path) == name);
        if let Some(file) = own {
            return Some((file.path.display().to_string(), file.text.as_deref().map_err(String::as_str)));
        }
        let (name, text) = BUILT_IN.iter().find(|(known, _)| *known == name)?;
        Some((format!("theme '{name}'"), Ok(text)))
    }

    fn unknown(&self, name: &str) -> String {
        let own = self.own.iter().filter(|file| is_theme(&file.path)).map(|file| name_of(&file.path));
        let known: Vec<&str> = own.chain(BUILT_IN.map(|(name, _)| name)).collect();
        match nearest(name, known.iter().copied(), 1).first() {
            Some(near) => format!("there is no theme '{name}'; did you mean '{near}'?"),
            None => format!("there is no theme '{name}'; there are: {}", known.join(", ")),
        }
    }

    /// A theme over what it is based on. `below`: those that are based on it; `code`: where a `.tmTheme` is named.
    fn merged(
        &self,
        name: &str,
        below: &mut Vec<String>,
        code: &mut Option<(String, String)>,
    ) -> Result<Merged, ThemeError> {
        let Some((origin, text)) = self.source(name) else {
            return Err(ThemeError { origin: "theme".to_owned(), why: self.unknown(name) });
        };
        let error = |origin: String, why: String| ThemeError { origin, why };
        let text = text.map_err(|why| error(origin.clone(), why.to_owned()))?;
        let at = |start: usize| format!("{origin} line {}", text[..start.min(text.len())].matches('\n').count() + 1);
        let source: ThemeSource = toml::from_str(text).map_err(|fault| {
            error(fault.span().map_or_else(|| origin.clone(), |span| at(span.start)), fault.message().to_owned())
        })?;
        below.push(name.to_owned());
        let mut merged = match &source.base {
            None => Merged { palette: BTreeMap::new(), roles: BTreeMap::new() },
            Some(base) => {
                let origin = at(base.span().start);
                let base = base.get_ref();
                if self.source(base).is_none() {
                    return Err(error(origin, self.unknown(base)));
                }
                if below.contains(base) || below.len() > BASES_MAX {
                    return Err(error(origin, format!("'{base}' is based on this theme itself")));
                }
                self.merged(base, below, code)?
            }
        };
        merged.palette.extend(source.palette);
        for (role, style) in source.roles {
            let origin = at(role.span().start);
            let name = role.into_inner();
            if !Role::ALL.iter().any(|known| known.name() == name) {
                let near = nearest(&name, Role::ALL.iter().map(|role| role.name()), 1).first().copied();
                let near = near.map_or_else(String::new, |near| format!("; did you mean '{near}'?"));
                return Err(error(origin, format!("there is no role '{name}'{near}")));
            }
            merged.roles.insert(name, (origin, style));
        }
        if let Some(file) = source.code {
            *code = Some((at(file.span().start), file.into_inner()));
        }
        Ok(merged)
    }
}

fn is_theme(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "toml")
}

fn name_of(path: &Path) -> &str {
    path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default()
}
