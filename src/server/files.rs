//! The files that the reader of configurations asks for, in a [`Vfs`].

use crate::conf::{self, FileKind};
use crate::filepath;
use crate::vfs::{Cred, Kind, Vfs, resolve};
use bstr::BString;
use std::sync::Arc;

/// The file system as the reader of configurations sees it: as root, who starts httpd.
pub(crate) struct VfsFiles<'v> {
    /// The files.
    pub vfs: &'v dyn Vfs,
    /// What relative Includes find besides.
    pub beside: Option<&'v Beside>,
}

impl conf::Files for VfsFiles<'_> {
    fn read(&self, path: &[u8]) -> Result<Vec<u8>, String> {
        resolve::read(self.vfs, &Cred::root(), path).map(|t| t.to_vec()).map_err(|e| e.to_string())
    }
    fn list(&self, path: &[u8]) -> Result<Vec<BString>, String> {
        resolve::list(self.vfs, &Cred::root(), path).map_err(|e| e.to_string())
    }
    fn kind(&self, path: &[u8], follow: bool) -> Option<FileKind> {
        let root = Cred::root();
        let found = if follow { resolve::stat(self.vfs, &root, path) } else { resolve::lstat(self.vfs, &root, path) };
        Some(match found.ok()?.kind {
            Kind::Regular => FileKind::File,
            Kind::Directory => FileKind::Dir,
            _ => FileKind::Other,
        })
    }
    fn beside(&self) -> Option<&dyn conf::Files> {
        self.beside.map(|beside| beside as &dyn conf::Files)
    }
}

/// The directory that a scenario's configuration file is in.
#[derive(Clone)]
pub(crate) struct Beside {
    /// Its files.
    pub vfs: Arc<dyn Vfs>,
    /// What places call it.
    pub name: BString,
}

impl Beside {
    /// The path of one of its files by the file's name.
    pub(crate) fn path(&self, name: &str) -> BString {
        let path = name.as_bytes().strip_prefix(self.name.as_slice()).unwrap_or_default();
        filepath::join(b"/", path.strip_prefix(b"/").unwrap_or(path))
    }

    fn files(&self) -> VfsFiles<'_> {
        VfsFiles { vfs: &*self.vfs, beside: None }
    }
}

impl conf::Files for Beside {
    fn read(&self, path: &[u8]) -> Result<Vec<u8>, String> {
        self.files().read(path)
    }
    fn list(&self, path: &[u8]) -> Result<Vec<BString>, String> {
        self.files().list(path)
    }
    fn kind(&self, path: &[u8], follow: bool) -> Option<FileKind> {
        self.files().kind(path, follow)
    }
    fn name(&self, path: &[u8]) -> BString {
        let path = path.strip_prefix(b"/").unwrap_or(path);
        filepath::join(&self.name, path)
    }
}
