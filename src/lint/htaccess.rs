//! The .htaccess files that requests came by.

use super::facts::{Facts, is_named};
use crate::conf::Node;
use crate::run::Run;
use crate::site::{Directive, Site};
use crate::source::FileId;
use bstr::BString;

/// An .htaccess file that was read.
pub(crate) struct Htaccess {
    pub file: FileId,
    /// Its directory, with the slash.
    pub directory: BString,
    nodes: Vec<Node>,
}

impl Htaccess {
    /// Those that the requests of a run came by, in the order of their names.
    pub(crate) fn read_by(run: &Run, site: &Site) -> Vec<Htaccess> {
        let files = run.sources().files_from(0);
        let mut found: Vec<(String, Htaccess)> = Vec::new();
        for (number, text) in files.into_iter().enumerate() {
            let file = FileId(number as u32);
            let Some(at) = text.name.rfind('/').filter(|_| text.name.starts_with('/') && site.is_htaccess(file)) else {
                continue;
            };
            let directory = text.name[..=at].into();
            found.push((text.name.clone(), Htaccess { file, directory, nodes: run.htaccess_nodes(file) }));
        }
        found.sort_by(|a, b| a.0.cmp(&b.0));
        found.into_iter().map(|(_, file)| file).collect()
    }

    /// Its directives, sections included.
    pub(crate) fn directives(&self) -> impl Iterator<Item = Directive<'_>> {
        Directive::of(&self.nodes)
    }
}

impl Facts<'_> {
    /// All directives, those of .htaccess files last, each with the directory of its file.
    pub(crate) fn everywhere(&self) -> impl Iterator<Item = (Directive<'_>, Option<&BString>)> {
        let own = self.directives.iter().map(|line| (line.clone(), None));
        own.chain(self.htaccess.iter().flat_map(|text| text.directives().map(|line| (line, Some(&text.directory)))))
    }

    /// The same, of these names.
    pub(crate) fn anywhere<'f>(
        &'f self,
        names: &'f [&str],
    ) -> impl Iterator<Item = (Directive<'f>, Option<&'f BString>)> {
        self.everywhere().filter(|(line, _)| is_named(line, names))
    }
}
