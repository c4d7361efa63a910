//! `[texts]`

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::Problem;

/// Words of the operator's own.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Texts {
    /// A folder with Fluent files, as in `pt.ftl`; empty for none.
    pub folder: String,
}

impl Texts {
    /// The folder, where one is given.
    pub fn folder(&self) -> Option<&Path> {
        (!self.folder.is_empty()).then(|| Path::new(&self.folder))
    }

    /// The files, by their names.
    pub fn files(&self) -> std::io::Result<Vec<PathBuf>> {
        let Some(folder) = self.folder() else {
            return Ok(Vec::new());
        };
        let entries = std::fs::read_dir(folder)?;
        let paths = entries.map(|entry| Ok(entry?.path()));
        let mut files: Vec<PathBuf> = paths.collect::<std::io::Result<_>>()?;
        files.retain(|path| path.extension().is_some_and(|e| e == "ftl"));
        files.sort();
        Ok(files)
    }

    pub(super) fn check(&self, problems: &mut Vec<Problem>) {
        if let Err(error) = self.files() {
            let text = format!("{:?} cannot be read: {error}", self.folder);
            problems.push(Problem::new("texts.folder", text));
        }
    }
}
