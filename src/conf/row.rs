//! What the reader of a configuration goes by: a directive's name, how it takes arguments, and where it may stand.

/// How a directive takes its arguments: httpd's `enum cmd_how`.
///
/// ```
/// use routesim::directives::{self, Args};
///
/// let args = |name: &str| directives::all().find(|row| row.name() == name).map(|row| row.args());
/// assert_eq!((args("ServerName"), args("RewriteEngine")), (Some(Args::Take1), Some(Args::Flag)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Args {
    /// The rest of the line, unparsed.
    Raw,
    /// None.
    No,
    /// One.
    Take1,
    /// Two.
    Take2,
    /// Three.
    Take3,
    /// One or two.
    Take12,
    /// One or three.
    Take13,
    /// Two or three.
    Take23,
    /// One, two or three.
    Take123,
    /// One or more, the setter called for each.
    Iterate,
    /// One, then one or more, the setter called for each of the latter.
    Iterate2,
    /// `On` or `Off`.
    Flag,
    /// Any number, the setter called once.
    Argv,
}

/// Where a directive may stand: httpd's `req_override` bits (include/http_config.h).
pub(crate) mod allowed {
    /// .htaccess under `AllowOverride Limit`, and sections.
    pub(crate) const OR_LIMIT: u32 = 1;
    /// .htaccess under `AllowOverride Options`, and sections.
    pub(crate) const OR_OPTIONS: u32 = 2;
    /// Everywhere, .htaccess under `AllowOverride FileInfo` included.
    pub(crate) const OR_FILEINFO: u32 = 4;
    /// .htaccess under `AllowOverride AuthConfig`, and sections.
    pub(crate) const OR_AUTHCFG: u32 = 8;
    /// Everywhere, .htaccess under `AllowOverride Indexes` included.
    pub(crate) const OR_INDEXES: u32 = 16;
    /// `AllowOverride` was not said.
    pub(crate) const OR_UNSET: u32 = 32;
    /// Sections that hold per-directory settings.
    pub(crate) const ACCESS_CONF: u32 = 64;
    /// The server's own level and virtual hosts.
    pub(crate) const RSRC_CONF: u32 = 128;
    /// Carried out while the file is being read.
    pub(crate) const EXEC_ON_READ: u32 = 256;
    /// `AllowOverride Nonfatal=Override`.
    pub(crate) const NONFATAL_OVERRIDE: u32 = 512;
    /// `AllowOverride Nonfatal=Unknown`.
    pub(crate) const NONFATAL_UNKNOWN: u32 = 1024;
    /// `<Proxy>` sections.
    pub(crate) const PROXY_CONF: u32 = 2048;
    /// `AllowOverride Nonfatal=All`.
    pub(crate) const NONFATAL_ALL: u32 = NONFATAL_OVERRIDE | NONFATAL_UNKNOWN;
    /// Anywhere an override may stand.
    pub(crate) const OR_ALL: u32 = OR_LIMIT | OR_OPTIONS | OR_FILEINFO | OR_AUTHCFG | OR_INDEXES;
    /// Nowhere.
    pub(crate) const OR_NONE: u32 = 0;
}

/// What is to be known of a directive to read it: what httpd's `command_rec` (include/http_config.h) says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    /// Its name; a section's begins with `<`.
    pub name: &'static str,
    /// How it takes arguments.
    pub args: Args,
    /// Where it may stand ([`allowed`]).
    pub allowed: u32,
    /// httpd's help, which its messages end in.
    pub usage: &'static str,
}

impl Row {
    /// Where it may stand: `server`, `virtual host`, `section`, `proxy section`, `.htaccess`.
    pub(crate) fn context(&self) -> Vec<&'static str> {
        let bits = self.allowed;
        let mut places = Vec::new();
        // a server's own level takes what is for it, and what has a class but those of access
        let level = allowed::RSRC_CONF | allowed::OR_OPTIONS | allowed::OR_FILEINFO | allowed::OR_INDEXES;
        if bits & level != 0 {
            places.extend(["server", "virtual host"]);
        }
        if bits & (allowed::ACCESS_CONF | allowed::OR_ALL) != 0 {
            places.push("section");
        }
        if bits & allowed::PROXY_CONF != 0 {
            places.push("proxy section");
        }
        if bits & allowed::OR_ALL != 0 {
            places.push(".htaccess");
        }
        places
    }

    /// The class of AllowOverride that lets it stand in .htaccess; `any class` where each does.
    pub(crate) fn class(&self) -> Option<&'static str> {
        let classes = [
            (allowed::OR_LIMIT, "Limit"),
            (allowed::OR_OPTIONS, "Options"),
            (allowed::OR_FILEINFO, "FileInfo"),
            (allowed::OR_AUTHCFG, "AuthConfig"),
            (allowed::OR_INDEXES, "Indexes"),
        ];
        match self.allowed & allowed::OR_ALL {
            0 => None,
            allowed::OR_ALL => Some("any class"),
            bits => classes.iter().find(|(class, _)| bits & class != 0).map(|c| c.1),
        }
    }
}
