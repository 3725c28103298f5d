//! Sections: `<Directory>`, `<Location>`, `<Files>`, `<If>` and their kin, compiled.

use super::index::{self, Beginning};
use super::settings::Merged;
use crate::expr::Expr;
use crate::pattern::{self, Regex};
use crate::source::Span;
use bstr::BString;
use std::sync::Arc;

/// What a section looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `<Directory>` and `<DirectoryMatch>`.
    Directory,
    /// `<Location>` and `<LocationMatch>`.
    Location,
    /// `<Files>` and `<FilesMatch>`.
    Files,
    /// `<If>`.
    If,
    /// `<ElseIf>`.
    ElseIf,
    /// `<Else>`.
    Else,
    /// `<Proxy>` and `<ProxyMatch>`.
    Proxy,
}

/// One section: what it matches, and the settings within.
pub(crate) struct Section {
    /// The opening line.
    pub span: Span,
    /// What it looks at.
    pub kind: Kind,
    /// The path or pattern: httpd's `conf->d`.
    pub path: BString,
    /// Whether `path` has wildcards.
    pub is_fnmatch: bool,
    /// A regular expression in place of the path.
    pub regex: Option<Regex>,
    /// The condition of `<If>` and `<ElseIf>`.
    pub condition: Option<Expr>,
    /// How many components a directory's path has: the sort key of `ap_core_reorder_directories`.
    pub components: usize,
    /// The settings.
    pub settings: Arc<Merged>,
}

impl Section {
    /// A section on `path`, or on the expression of that text.
    pub(crate) fn new(span: Span, kind: Kind, path: BString, regex: Option<Regex>, settings: Arc<Merged>) -> Section {
        let is_fnmatch = pattern::is_fnmatch(&path);
        let components = if path == "/" { 0 } else { path.iter().filter(|b| **b == b'/').count() };
        Section { span, kind, path, is_fnmatch, regex, condition: None, components, settings }
    }
}

impl Beginning for Section {
    fn beginning(&self) -> Vec<u8> {
        match &self.regex {
            Some(regex) => regex.beginning().into(),
            // a folder without a slash is everywhere
            None if self.kind == Kind::Directory && self.components == 0 => Vec::new(),
            None if self.is_fnmatch => index::before_wildcards(&self.path).into(),
            None => self.path.to_vec(),
        }
    }
}

impl std::fmt::Debug for Section {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} {:?}", self.kind, self.path)
    }
}
