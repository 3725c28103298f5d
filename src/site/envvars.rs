//! Debian's `envvars`: what `${APACHE_LOG_DIR}` and kin mean. It is a shell script; the lines that set a variable are
//! read, nothing is run.

use std::collections::HashMap;

/// The variables that a script's `export NAME=value` and `NAME=value` lines set, those in `env` being set before.
///
/// Of a shell's substitutions, `$NAME`, `${NAME}`, `${NAME:-word}` and `${NAME-word}` are understood; a line with
/// anything else that a shell would run (`` ` ``, `$(`) is passed over. Conditions count as if they held, except that a
/// variable once set is not set again by a line within one.
pub(super) fn read(text: &str, env: &mut HashMap<String, String>) {
    let mut within = 0usize;
    for line in text.lines() {
        let line = line.trim();
        match line.split_whitespace().next().unwrap_or_default() {
            "if" | "case" => within += 1,
            "fi" | "esac" => within = within.saturating_sub(1),
            _ => {}
        }
        let line = line.strip_prefix("export ").unwrap_or(line).trim_start();
        let Some((name, value)) = line.split_once('=') else { continue };
        if !is_name(name) || within > 0 && env.contains_key(name) {
            continue;
        }
        if let Some(value) = expand(value, env) {
            env.insert(name.into(), value);
        }
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.bytes().all(|b| b == b'_' || b.is_ascii_alphanumeric())
}

/// A word as a shell would expand it, up to the white space that ends it; `None` for what would have to be run.
fn expand(text: &str, env: &HashMap<String, String>) -> Option<String> {
    let mut out = String::new();
    let mut quote = None;
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        match (c, quote) {
            ('\'' | '"', None) => quote = Some(c),
            (c, Some(q)) if c == q => quote = None,
            (c, Some('\'')) => out.push(c),
            ('`', _) => return None,
            ('\\', _) => {
                let c = rest.chars().next()?;
                rest = &rest[c.len_utf8()..];
                out.push(c);
            }
            ('$', _) => {
                let (value, after) = variable(rest, env)?;
                out.push_str(&value);
                rest = after;
            }
            (c, None) if c.is_whitespace() || c == ';' || c == '#' && out.is_empty() => break,
            (c, _) => out.push(c),
        }
    }
    Some(out)
}

/// What stands for a variable, `text` being what follows the `$`; and what is left.
fn variable<'t>(text: &'t str, env: &HashMap<String, String>) -> Option<(String, &'t str)> {
    let get = |name: &str| env.get(name).cloned();
    let Some(inner) = text.strip_prefix('{') else {
        let end = text.find(|c: char| c != '_' && !c.is_ascii_alphanumeric()).unwrap_or(text.len());
        return is_name(&text[..end]).then(|| (get(&text[..end]).unwrap_or_default(), &text[end..]));
    };
    let end = closing(inner)?;
    let (inside, rest) = (&inner[..end], &inner[end + 1..]);
    let name_end = inside.find(|c: char| c != '_' && !c.is_ascii_alphanumeric()).unwrap_or(inside.len());
    let (name, operator) = inside.split_at(name_end);
    if !is_name(name) {
        return None;
    }
    let value = get(name);
    let value = match operator {
        "" => value.unwrap_or_default(),
        _ => match (operator.strip_prefix(":-"), operator.strip_prefix('-')) {
            (Some(word), _) => value.filter(|v| !v.is_empty()).map_or_else(|| expand(word, env), Some)?,
            (_, Some(word)) => value.map_or_else(|| expand(word, env), Some)?,
            _ => return None,
        },
    };
    Some((value, rest))
}

/// Where the brace that is open closes.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0usize;
    for (i, b) in text.bytes().enumerate() {
        match b {
            b'{' => depth += 1,
            b'}' if depth == 0 => return Some(i),
            b'}' => depth -= 1,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debian_style() {
        let script = r#"
# what runs is never run
unset HOME
if [ "${APACHE_CONFDIR##/etc/apache2-}" != "${APACHE_CONFDIR}" ] ; then
        SUFFIX="-${APACHE_CONFDIR##/etc/apache2-}"
else
        SUFFIX=
fi
: ${APACHE_CONFDIR:=/etc/apache2}
export APACHE_RUN_USER=www-data
export APACHE_PID_FILE=/var/run/apache2$SUFFIX/apache2.pid # the pid
export APACHE_LOG_DIR="${LOGS:-/var/log/apache2}$SUFFIX"
export LANG=`id`
export WHEN=$(date)
export GREETING='$HOME is' 
"#;
        let mut env = HashMap::from([("GREETING".to_string(), "x".to_string())]);
        read(script, &mut env);
        let get = |name: &str| env.get(name).map(String::as_str);
        assert_eq!(get("APACHE_RUN_USER"), Some("www-data"));
        assert_eq!(get("APACHE_PID_FILE"), Some("/var/run/apache2/apache2.pid"));
        assert_eq!(get("APACHE_LOG_DIR"), Some("/var/log/apache2"));
        assert_eq!(get("GREETING"), Some("$HOME is"));
        assert_eq!((get("LANG"), get("WHEN")), (None, None));
    }

    #[test]
    fn whatever_it_is_fed() {
        for text in ["A=$", "A=${", "A=${}", "A=${B:-${C:-x}}", "A='", "=x", "A=\\", "é=$é", "A=${é}"] {
            read(text, &mut HashMap::new());
        }
        let mut env = HashMap::new();
        read("A=${B:-${C:-x}y}", &mut env);
        assert_eq!(env["A"], "xy");
    }
}
