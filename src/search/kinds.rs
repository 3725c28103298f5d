//! What kind of file a name stands for, where it is of a kind that is seldom meant for visitors.

use super::shown::How;
use bstr::ByteSlice;

/// A kind of file that a reviewer should look at. The order is that of reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Sensitive {
    Source,
    Vcs,
    Backup,
    Database,
    Key,
    Config,
    Dependency,
    Log,
}

impl Sensitive {
    /// As results have it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Sensitive::Source => "source",
            Sensitive::Vcs => "vcs",
            Sensitive::Backup => "backup",
            Sensitive::Database => "database",
            Sensitive::Key => "key",
            Sensitive::Config => "config",
            Sensitive::Dependency => "dependency",
            Sensitive::Log => "log",
        }
    }

    /// For people.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Sensitive::Source => "source code, sent as text",
            Sensitive::Vcs => "version control",
            Sensitive::Backup => "backups and leftovers",
            Sensitive::Database => "databases",
            Sensitive::Key => "keys and passwords",
            Sensitive::Config => "configuration",
            Sensitive::Dependency => "dependencies",
            Sensitive::Log => "logs",
        }
    }
}

const SOURCE: &str = "py pyw wsgi php php3 php4 php5 php7 php8 phtml phps phar inc rb erb pl pm cgi fcgi sh bash zsh ksh bat ps1 psm1 lua \
                      tcl asp aspx ascx ashx jsp jspx java class war jar scala kt c h cc cpp hpp go rs swift cs vb tsx jsx vue twig blade \
                      tpl ejs jinja j2 haml slim r ipynb sas";
const VCS_FOLDERS: &str = ".git .svn .hg .bzr _darcs .fossil";
/// What CVS keeps in its folders, which are in capitals.
const CVS_FILES: &str = "entries entries.log entries.static entries.old root repository tag template baserev notify";
const VCS_FILES: &str = ".gitignore .gitattributes .gitmodules .gitkeep .hgignore .hgtags .cvsignore .bzrignore .mailmap .fslckout _fossil_";
const BACKUP: &str = "bak backup old orig save sav swp swo swn tmp temp bkp bck back copy dist-old rej";
const ARCHIVES: &str = "tar tgz gz bz2 xz zst zip 7z rar tbz2 txz lz4 iso";
const DATABASE: &str =
    "sqlite sqlite3 sqlite2 db db3 s3db sdb mdb accdb sql dump dmp rdb frm ibd myd myi dbf kdb ldif pgdump sqlitedb";
const KEYS: &str = "pem key p12 pfx jks keystore ppk kdbx gpg pgp asc-key der p8 ovpn pkcs12 htpasswd keytab jceks";
const KEY_FILES: &str = "id_rsa id_dsa id_ecdsa id_ed25519 .htpasswd .htdigest .netrc .pgpass .my.cnf authorized_keys known_hosts passwd shadow \
                         credentials.json secrets.json secret.key .dockercfg .git-credentials .boto .s3cfg .secret secrets.yml \
                         secrets.yaml master.key .vault_pass";
const KEY_FOLDERS: &str = ".ssh .gnupg .aws";
const CONFIG: &str = "ini conf cfg cnf config env properties toml tfvars tfstate yml yaml htaccess plist reg service";
const CONFIG_FILES: &str = ".htaccess .user.ini .npmrc .yarnrc .pypirc .editorconfig .eslintrc .eslintrc.json .prettierrc .babelrc dockerfile \
                            docker-compose.yml makefile rakefile gruntfile.js gulpfile.js webpack.config.js vagrantfile jenkinsfile procfile \
                            web.config tsconfig.json phpunit.xml config.json settings.json appsettings.json local.xml .ftpconfig \
                            sftp-config.json .ftpquota .ds_store .env .flaskenv .dockerignore tox.ini setup.cfg";
const CONFIG_FOLDERS: &str = ".vscode .idea .settings .circleci .github .docker .config";
const DEPENDENCY_FOLDERS: &str =
    "node_modules vendor bower_components __pycache__ site-packages .venv venv virtualenv .bundle .npm .cargo";
const DEPENDENCY_FILES: &str = "composer.json composer.lock package.json package-lock.json npm-shrinkwrap.json yarn.lock pnpm-lock.yaml bower.json \
                                gemfile gemfile.lock requirements.txt pipfile pipfile.lock poetry.lock pyproject.toml setup.py go.mod go.sum \
                                cargo.toml cargo.lock installed.json .package-lock.json pom.xml build.gradle mix.lock bun.lockb";
const LOG_FILES: &str = "error_log access_log error.log access.log debug.log nohup.out .bash_history .zsh_history .sh_history .mysql_history \
                         .psql_history .python_history .viminfo .lesshst .wget-hsts core php_errorlog php_errors";
const LOG_FOLDERS: &str = "log logs";
/// What pages are made of: it is served wherever it lies.
const ASSETS: &str = "js mjs css map png jpg jpeg gif svg webp avif ico bmp woff woff2 ttf otf eot html htm xhtml mp3 mp4 webm ogg wav wasm \
                      less scss swf pdf";

fn has(list: &str, word: &[u8]) -> bool {
    list.split_ascii_whitespace().any(|own| own.as_bytes() == word)
}

/// The kind of a file that is given to visitors so.
pub(crate) fn sensitive(path: &[u8], how: How) -> Option<Sensitive> {
    let lower = path.trim_end_with(|c| c == '/').to_ascii_lowercase();
    let mut segments: Vec<&[u8]> = lower.split_str("/").filter(|s| !s.is_empty()).collect();
    let name = if how == How::Listing { b"" } else { segments.pop().unwrap_or_default() };
    let within = |list: &str| segments.iter().any(|segment| has(list, segment));
    let cvs = path.contains_str("/CVS/") && segments.last().is_some_and(|last| *last == b"cvs") && has(CVS_FILES, name)
        || how == How::Listing && path.trim_end_with(|c| c == '/').ends_with(b"/CVS");
    if within(VCS_FOLDERS) || cvs || has(VCS_FILES, name) || name.ends_with(b",v") {
        return Some(Sensitive::Vcs);
    }
    if within(KEY_FOLDERS) {
        return Some(Sensitive::Key);
    }
    if how == How::Listing {
        return if within(DEPENDENCY_FOLDERS) { Some(Sensitive::Dependency) } else { None };
    }
    // a program that is run shows what it is meant to
    if how == How::Program {
        return None;
    }
    if has(KEY_FILES, name) {
        return Some(Sensitive::Key);
    }
    if has(DEPENDENCY_FILES, name) || name.ends_with(b".pyc") || name.ends_with(b".pyo") {
        return Some(Sensitive::Dependency);
    }
    if has(LOG_FILES, name) {
        return Some(Sensitive::Log);
    }
    let extensions: Vec<&[u8]> = name.split_str(".").skip(1).collect();
    let last = extensions.last().copied().unwrap_or_default();
    let inner = extensions.len().checked_sub(2).and_then(|n| extensions.get(n)).copied().unwrap_or_default();
    let archive = has(ARCHIVES, last);
    if has(DATABASE, last) || archive && has(DATABASE, inner) {
        return Some(Sensitive::Database);
    }
    let named = [&b"backup"[..], b"dump", b"bkp"].iter().any(|word| name.contains_str(word));
    let leftover = has(BACKUP, last) || name.ends_with(b"~") || name.starts_with(b"#") && name.ends_with(b"#");
    if leftover
        || archive && (named || within("backup backups backup-db bak old"))
        || has(SOURCE, inner) && last.iter().all(u8::is_ascii_digit) && !last.is_empty()
    {
        return Some(Sensitive::Backup);
    }
    if has(KEYS, last) {
        return Some(Sensitive::Key);
    }
    // parts of pages, whatever lies around them
    if has(ASSETS, last) && !has(CONFIG_FILES, name) {
        return None;
    }
    if within("__pycache__ site-packages .venv venv node_modules vendor bower_components") && !has(SOURCE, last) {
        return Some(Sensitive::Dependency);
    }
    if last == b"log" || extensions.contains(&&b"log"[..]) && (archive || last.iter().all(u8::is_ascii_digit)) {
        return Some(Sensitive::Log);
    }
    if has(SOURCE, last) {
        return Some(Sensitive::Source);
    }
    if has(CONFIG, last) || has(CONFIG_FILES, name) || name.starts_with(b".env") || within(CONFIG_FOLDERS) {
        return Some(Sensitive::Config);
    }
    if within(DEPENDENCY_FOLDERS) {
        return Some(Sensitive::Dependency);
    }
    if within(LOG_FOLDERS) && [&b"txt"[..], b"", b"out", b"err"].contains(&last) {
        return Some(Sensitive::Log);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_kinds() {
        for (path, want) in [
            ("/srv/www/index.html", None),
            ("/srv/www/app.py", Some(Sensitive::Source)),
            ("/srv/www/.git/config", Some(Sensitive::Vcs)),
            ("/srv/www/wp-config.php.bak", Some(Sensitive::Backup)),
            ("/srv/www/wp-config.php~", Some(Sensitive::Backup)),
            ("/srv/www/site-2024.sql.gz", Some(Sensitive::Database)),
            ("/srv/www/db/storage.sqlite", Some(Sensitive::Database)),
            ("/srv/www/releases/app-1.0.tar.gz", None),
            ("/srv/www/backup.tar.gz", Some(Sensitive::Backup)),
            ("/srv/www/server.key", Some(Sensitive::Key)),
            ("/srv/www/.ssh/config", Some(Sensitive::Key)),
            ("/srv/www/.env.production", Some(Sensitive::Config)),
            ("/srv/www/node_modules/react/index.js", None),
            ("/srv/www/node_modules/react/LICENSE", Some(Sensitive::Dependency)),
            ("/srv/www/composer.lock", Some(Sensitive::Dependency)),
            ("/srv/www/error_log", Some(Sensitive::Log)),
            ("/srv/www/logs/app.log.1", Some(Sensitive::Log)),
            ("/srv/www/images/logo.png", None),
            ("/srv/www/linux/RCS/a.iso,v", Some(Sensitive::Vcs)),
            ("/srv/www/CVS/Entries", Some(Sensitive::Vcs)),
            ("/srv/www/cvs/smith.txt", None),
        ] {
            assert_eq!(sensitive(path.as_bytes(), How::Static), want, "{path}");
        }
        assert_eq!(sensitive(b"/srv/www/index.php", How::Program), None);
        assert_eq!(sensitive(b"/srv/www/.git/", How::Listing), Some(Sensitive::Vcs));
    }
}
