//! What reading a configuration leaves behind for the next line: names that Define gives, macros, ServerRoot.

use super::macros::Macro;
use crate::filepath;
use bstr::{BString, ByteSlice};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// What is known while a configuration is read, and later on while .htaccess files are. Copies share what they hold
/// until it is changed: each .htaccess file has one.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct State {
    /// Names that exist, by -D or Define: `ap_server_config_defines`. Letter case matters.
    pub defines: Arc<HashSet<BString>>,
    /// Values that Define gave, by lower-case name: in httpd a table, whose keys have no letter case.
    pub variables: Arc<HashMap<BString, BString>>,
    /// Macros by lower-case name; `None` until a first one is met.
    pub macros: Option<Arc<HashMap<BString, Arc<Macro>>>>,
    /// ServerRoot.
    pub server_root: BString,
    /// DefaultRuntimeDir, where it was said.
    pub runtime_dir: Option<BString>,
    /// MacroIgnoreEmptyArgs was said.
    pub ignore_empty_args: bool,
    /// MacroIgnoreBadNesting was said.
    pub ignore_bad_nesting: bool,
}

/// What a line may grow to by its variables: VARBUF_MAX_LEN (server/util.c), the longest line that httpd reads.
const MAX_LINE: usize = 16 << 20;

impl State {
    /// Whether a name is defined: `ap_exists_config_define` (server/core.c).
    pub(crate) fn is_defined(&self, name: &[u8]) -> bool {
        self.defines.contains(name.as_bstr())
    }

    /// Define, without its checks.
    pub(crate) fn define(&mut self, name: &[u8], value: Option<&[u8]>) {
        if !self.is_defined(name) {
            Arc::make_mut(&mut self.defines).insert(name.into());
        }
        if let Some(value) = value {
            Arc::make_mut(&mut self.variables).insert(name.to_ascii_lowercase().into(), value.into());
        }
    }

    /// UnDefine, without its checks.
    pub(crate) fn undefine(&mut self, name: &[u8]) {
        Arc::make_mut(&mut self.defines).remove(name.as_bstr());
        Arc::make_mut(&mut self.variables).remove(name.to_ascii_lowercase().as_bstr());
    }

    /// The value that `${name}` stands for: Define's, else the environment's.
    fn value<'a>(&'a self, name: &[u8], env: &'a HashMap<BString, BString>) -> Option<&'a BString> {
        self.variables.get(name.to_ascii_lowercase().as_bstr()).or_else(|| env.get(name.as_bstr()))
    }

    /// Puts values in place of `${name}`: `ap_resolve_env` (server/core.c). A name without a value stays as it stands,
    /// and is handed to `missing`. Values are not looked through again. `None` for what grows beyond any line.
    pub(crate) fn resolve(
        &self,
        line: &[u8],
        env: &HashMap<BString, BString>,
        mut missing: impl FnMut(&[u8]),
    ) -> Option<BString> {
        let mut out = BString::default();
        let mut rest = line;
        // a `${` behind the last `}` can't be one; looking for its end again and again would take long
        let last = line.rfind_byte(b'}').unwrap_or(0);
        while let Some(dollar) = rest.find_byte(b'$') {
            let (before, from) = rest.split_at(dollar);
            out.extend_from_slice(before);
            let inside = from.strip_prefix(b"${").filter(|_| line.len() - from.len() < last);
            let Some(name) = inside.and_then(|t| t.find_byte(b'}').map(|end| &t[..end])) else {
                out.push(b'$');
                rest = &from[1..];
                continue;
            };
            let (reference, after) = from.split_at(name.len() + 3);
            match self.value(name, env) {
                Some(value) if out.len() + value.len() > MAX_LINE => return None,
                Some(value) => out.extend_from_slice(value),
                None => {
                    missing(name);
                    out.extend_from_slice(reference);
                }
            }
            rest = after;
        }
        out.extend_from_slice(rest);
        Some(out)
    }

    /// A path under ServerRoot, if it is relative: `ap_server_root_relative` (server/config.c). `None` for one that is
    /// longer than a path can be.
    pub(crate) fn server_root_relative(&self, path: &[u8]) -> Option<BString> {
        const PATH_MAX: usize = 4096;
        if self.server_root.len() + path.len() + 4 > PATH_MAX {
            return None;
        }
        filepath::merge(Some(self.server_root.as_bstr()), path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references() {
        let mut state = State::default();
        state.define(b"Site", Some(b"${Site} $x"));
        state.define(b"Flag", None);
        state.define(b"Empty", Some(b""));
        let env = HashMap::from([("HOME".into(), "/h".into()), ("SITE".into(), "no".into())]);
        let cases = [
            ("a ${SITE}${HOME}/b", "a ${Site} $x/h/b", ""),
            ("${Flag} ${home} ${nope", "${Flag} ${home} ${nope", "Flag home"),
            ("$$ $1 ${} [${Empty}] $", "$$ $1 ${} [] $", ""),
            ("${a ${HOME}}", "${a ${HOME}}", "a ${HOME"),
        ];
        for (line, want, missing) in cases {
            let mut names = Vec::new();
            let got = state.resolve(line.as_bytes(), &env, |n| names.push(n.to_str_lossy().to_string()));
            assert_eq!(got.unwrap(), want, "{line}");
            names.retain(|n| !n.is_empty());
            assert_eq!(names.join(" "), missing, "{line}");
        }
    }

    #[test]
    fn values_that_multiply() {
        let mut state = State::default();
        state.define(b"a", Some(b"0123456789"));
        for _ in 0..5 {
            let ten = state.resolve(&b"${a}".repeat(10), &HashMap::new(), |_| ()).unwrap();
            state.define(b"a", Some(&ten));
        }
        assert_eq!(state.resolve(&b"${a}".repeat(100), &HashMap::new(), |_| ()), None);
    }

    #[test]
    fn undefine_is_of_one_name() {
        let mut state = State::default();
        state.define(b"a", Some(b"1"));
        state.define(b"b", Some(b"2"));
        let before = state.clone();
        state.undefine(b"a");
        let known = |s: &State| [s.is_defined(b"a"), s.is_defined(b"b"), s.is_defined(b"B"), s.variables.len() == 2];
        assert_eq!(known(&state), [false, true, false, false]);
        assert_eq!(known(&before), [true, true, false, true]);
    }
}
