//! `routesim why CODE`: a line of the error log, and what can cause it.

use super::given::Given;
use super::output::{OutputFormat, Streams};
use super::{End, Failure, failure};
use crate::codes::{self, Code, Names, Place, Subject, places};
use crate::report::json::named;
use crate::report::paint::{Tone, clean, wrap};
use crate::source::SourceMap;
use crate::text::plural;
use bstr::{BString, ByteSlice};
use serde_json::{Value, json};
use std::io::Write;

/// What a line of the error log means.
#[derive(clap::Args)]
pub(super) struct Why {
    /// A code (`AH01630`), or a whole line of the error log
    #[arg(required = true, value_name = "CODE|LINE")]
    line: Vec<String>,

    #[command(flatten)]
    given: Given,

    /// Output format; JSON is one object
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    format: OutputFormat,
}

/// As many lines of each kind as the text lists.
const MOST: usize = 20;

impl Why {
    /// Runs the verb.
    pub(super) fn run(&self, streams: &mut Streams) -> Result<End, Failure> {
        let line = self.line.join(" ");
        let Some((name, message)) = split(&line) else {
            let shown = clean(&line);
            return failure(format!(
                "no code in `{shown}`: give one such as AH01630, or a whole line of the error log"
            ));
        };
        let Some(code) = codes::find(&name) else {
            return failure(match codes::nearest(&name) {
                Some(near) => format!("`{name}` is not among the codes that are explained: did you mean `{near}`?"),
                None => format!("`{name}` is not among the codes that are explained"),
            });
        };
        let subject = subject(message, code.subject);
        let mut found = None;
        if self.given.is_named() {
            let opened = self.given.open(streams, Some(Vec::new()))?;
            found = Some((places(&opened.site, code, &name, &subject), opened.sources));
        }
        match self.format {
            OutputFormat::Json => streams.json(&value(&name, code, found.as_ref()))?,
            OutputFormat::Text => {
                explain(&name, code, streams)?;
                if let Some((places, sources)) = &found {
                    list(code, &subject, places, sources, streams)?;
                }
            }
        }
        Ok(End::Fine)
    }
}

/// The code in a line, and what follows it.
fn split(line: &str) -> Option<(String, &str)> {
    let digits = |text: &str| text.chars().take_while(char::is_ascii_digit).count();
    let line = line.trim();
    if (1..=5).contains(&line.len()) && digits(line) == line.len() {
        return Some((format!("AH{line:0>5}"), ""));
    }
    line.char_indices().find_map(|(at, _)| {
        let rest = line.get(at..at + 2).filter(|two| two.eq_ignore_ascii_case("AH")).map(|_| &line[at + 2..])?;
        let begins = !line[..at].ends_with(|c: char| c.is_alphanumeric());
        (begins && digits(rest) == 5 && !rest[5..].starts_with(char::is_alphanumeric))
            .then(|| (format!("AH{}", &rest[..5]), &rest[5..]))
    })
}

/// What a message is about: the path that it names.
fn subject(message: &str, names: Names) -> Subject {
    let message = message.split(", referer:").next().unwrap_or_default();
    let path = |text: &str| paths(text).next().map(BString::from);
    // AH00035 and AH00036 name both
    if let Some((before, after)) = message.split_once(" (filesystem path '") {
        let url = before.split_once("access to ").and_then(|(_, rest)| rest.rsplit_once(' '));
        let file = after.split('\'').next();
        return Subject { file: file.map(BString::from), url: url.map(|(url, _)| url.into()) };
    }
    // httpd names the URL where a request never got a file
    let names = if message.contains(": uri /") { Names::Url } else { names };
    match names {
        Names::File => Subject { file: path(message), url: None },
        Names::Url => Subject { file: None, url: path(message) },
        Names::Neither => Subject::default(),
    }
}

/// The absolute paths in a message.
fn paths(message: &str) -> impl Iterator<Item = &str> {
    let begins = |at: usize| at == 0 || message[..at].ends_with([' ', '"', '\'', '(', '[', '<']);
    message.match_indices('/').filter(move |(at, _)| begins(*at)).filter_map(move |(at, _)| {
        let rest = &message[at..];
        let quote = message[..at].chars().next_back();
        let end = match quote {
            Some(quote @ ('"' | '\'')) => rest.find(quote),
            Some('(') => rest.find(')'),
            Some('[') => rest.find(']'),
            Some('<') => rest.find('>'),
            _ => [": ", ", ", " ("].iter().filter_map(|end| rest.find(end)).min(),
        };
        let path = rest[..end.unwrap_or(rest.len())].trim_end();
        // mentioned, not met: encoded '/'
        (!(path == "/" && quote == Some('\''))).then_some(path)
    })
}

fn explain(name: &str, code: &Code, streams: &mut Streams) -> Result<(), Failure> {
    writeln!(streams.out, "{}  {}", streams.paint.tone(Tone::Head, name), code.module)?;
    let room = streams.paint.columns() - 2;
    let cause = format!("Usual cause: {}", code.cause);
    for line in [code.meaning, &cause].into_iter().flat_map(|text| wrap(text, room)) {
        writeln!(streams.out, "  {line}")?;
    }
    Ok(())
}

/// The lines: those that concern what was asked, then the others.
fn list(
    code: &Code,
    subject: &Subject,
    places: &[Place],
    sources: &SourceMap,
    streams: &mut Streams,
) -> Result<(), Failure> {
    if places.is_empty() {
        let directives: Vec<&str> = code.directives().collect();
        let none = match directives.is_empty() {
            true => "no directive causes it".into(),
            false => format!("no line here can cause it; what is not set has its default ({})", directives.join(", ")),
        };
        for line in wrap(&none, streams.paint.columns()) {
            writeln!(streams.out, "{line}")?;
        }
        return Ok(());
    }
    let path = subject.file.as_ref().or(subject.url.as_ref());
    let at = places.iter().position(|place| place.concerns.is_none()).unwrap_or(places.len());
    let (near, others) = places.split_at(at);
    let first = match path {
        Some(path) => format!("lines that can cause it for {}:", clean(path)),
        None => "lines that can cause it:".into(),
    };
    for (heading, places) in [(first.as_str(), near), ("in sections and .htaccess files for other paths:", others)] {
        if places.is_empty() {
            continue;
        }
        writeln!(streams.out, "{}", streams.paint.tone(Tone::Head, heading))?;
        for place in places.iter().take(MOST) {
            let text = |span| clean(sources.text(span).lines().next().unwrap_or_default());
            let (line, section) =
                (text(place.span), place.section.map_or(String::new(), |s| format!("  in {}", text(s).trim())));
            let (at, section) = (clean(sources.place(place.span)), streams.paint.tone(Tone::Dim, &section));
            writeln!(streams.out, "  {}  {}{section}", streams.paint.tone(Tone::Key, &at), line.trim())?;
        }
        if let Some(more) = places.len().checked_sub(MOST).filter(|more| *more > 0) {
            writeln!(streams.out, "  and {} (--format json has all)", plural(more, "more line"))?;
        }
    }
    Ok(())
}

fn value(name: &str, code: &Code, found: Option<&(Vec<Place>, SourceMap)>) -> Value {
    let places = found.map(|(places, sources)| {
        let one = |p: &Place| {
            let mut map = named(p.span, sources);
            map.insert("concerns".into(), p.concerns.is_some().into());
            Value::from(map)
        };
        places.iter().map(one).collect::<Vec<Value>>()
    });
    json!({"code": name, "module": code.module, "meaning": code.meaning, "cause": code.cause, "places": places})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_in_lines() {
        let code = |line: &str| split(line).map(|(code, _)| code);
        for line in ["AH01630", "ah01630", "01630", "1630", "[authz_core:error] [pid 7] AH01630: client denied"] {
            assert_eq!(code(line).as_deref(), Some("AH01630"), "{line}");
        }
        for line in ["", "AH0163", "AH016301", "AH01630x", "BAH01630", "/srv/www", "163012"] {
            assert_eq!(code(line), None, "{line}");
        }
    }

    #[test]
    fn paths_in_messages() {
        let of = |message: &str, names| {
            let Subject { file, url } = subject(message, names);
            (file.unwrap_or_default().to_string(), url.unwrap_or_default().to_string())
        };
        let cases = [
            (": client denied by server configuration: /srv/my files/x", Names::File, "/srv/my files/x", ""),
            (": client denied by server configuration: /srv/x, referer: http://a/", Names::File, "/srv/x", ""),
            (": client denied by server configuration: uri /x", Names::File, "", "/x"),
            (": user bob: authentication failure for \"/a b/\": Password Mismatch", Names::Url, "", "/a b/"),
            (": Cannot serve directory /srv/: No matching DirectoryIndex (index.html) found", Names::File, "/srv/", ""),
            (": found %2f (encoded '/') in URI path (/a%2Fb), returning 404", Names::Url, "", "/a%2Fb"),
            (": access to /x denied (filesystem path '/home/u/x') because", Names::File, "/home/u/x", "/x"),
            (": Got error 'PHP message: /srv/x'", Names::Neither, "", ""),
        ];
        for (message, names, file, url) in cases {
            assert_eq!(of(message, names), (file.into(), url.into()), "{message}");
        }
    }
}
