//! The schema of scenarios, from the tables that the reader uses.

use super::{any_of, list, map, maybe, of, truth, words};
use crate::suite::expect::{self, Shape};
use crate::suite::shape::MATCHERS;
use crate::suite::{files, partial, read};
use serde_json::{Map, Value, json};

pub(super) fn schema() -> Value {
    let mut scenario = keys(&read::KEYS, top);
    scenario["required"] = json!(["name"]);
    let inside: Vec<&str> =
        read::KEYS.into_iter().filter(|key| !["routesim", "scenarios", "loglevel"].contains(key)).collect();
    let defaults: Vec<&str> =
        partial::KEYS.into_iter().filter(|key| !["url", "name", "matrix"].contains(key)).collect();
    let axes: Map<String, Value> =
        partial::ASKED.iter().map(|key| (key.to_string(), filled(list(request(key))))).collect();
    let mut own = keys(&partial::KEYS, request);
    own["anyOf"] = json!([{"required": ["url"]}, {"required": ["matrix"]}]);
    let wants: Vec<(&str, Shape)> = expect::keys();
    let definitions = json!({
        "scenario": keys(&inside, top),
        "request": any_of(&[scalar("`METHOD URL`, or a URL"), own]),
        "defaults": keys(&defaults, request),
        "matrix": {"type": "object", "properties": axes, "additionalProperties": false, "minProperties": 1},
        "expect": expectations(&[&wants[..], &expect::OF_FOLLOWED].concat()),
        "hop": expectations(&wants),
        "file": keys(files::KEYS, file),
        "text": scalar("a text, as it is written"),
    });
    scenario["definitions"] = definitions;
    scenario
}

fn keys(names: &[&str], shape: fn(&str) -> Value) -> Value {
    let properties: Map<String, Value> = names.iter().map(|name| (name.to_string(), shape(name))).collect();
    json!({"type": "object", "properties": properties, "additionalProperties": false})
}

/// What YAML writes without quotes is a text, too.
fn scalar(about: &str) -> Value {
    json!({"type": ["string", "number", "boolean", "null"], "description": about})
}

fn filled(mut list: Value) -> Value {
    list["minItems"] = 1.into();
    list
}

fn described(mut value: Value, about: &str) -> Value {
    value["description"] = about.into();
    value
}

/// A truth value, by YAML 1.1's words, too.
fn switch(about: &str) -> Value {
    described(any_of(&[truth(), words(&["yes", "no", "on", "off"])]), about)
}

/// A key of a scenario.
fn top(key: &str) -> Value {
    let text = of("text");
    match key {
        "routesim" => json!({"const": 1, "description": "the format; marks a YAML file as a scenario"}),
        "name" => scalar("what it shows, in a sentence"),
        "about" => scalar("why it is so"),
        "httpd" => scalar("the version of httpd that answers"),
        "config" => described(
            any_of(&[
                json!({"type": ["string", "null"]}),
                json!({"type": "object", "properties": {"file": {"type": "string"}}, "required": ["file"], "additionalProperties": false}),
            ]),
            "a configuration, or the file that it is in",
        ),
        "site" => {
            described(keys(&crate::suite::SITE_KEYS, site), "a site of this machine, instead of `config` and `files`")
        }
        "modules" => described(maybe(list(text)), "the modules that are loaded, without `mod_`"),
        "defines" => described(maybe(list(text)), "names that are defined, as with httpd -D"),
        "environment" => described(maybe(map(text)), "the environment that httpd is started in"),
        "time" => scalar("when the requests are made"),
        "files" => described(maybe(map(any_of(&[of("file"), text]))), "the file system"),
        "hosts" => described(maybe(map(text)), "addresses and their names"),
        "variables" => described(maybe(map(text)), "what {{name}} stands for in requests"),
        "defaults" => described(maybe(of("defaults")), "what requests have where they don't say otherwise"),
        "tags" => described(any_of(&[list(text.clone()), text]), "by which --filter chooses"),
        "skip" => json!({"type": "string", "minLength": 1, "description": "why nothing of it is asked"}),
        "requests" => described(maybe(list(of("request"))), "what is asked"),
        "expect" => described(keys(&["config_error"], |_| shape(expect::refused())), "that httpd refuses to start"),
        "scenarios" => described(maybe(list(of("scenario"))), "scenarios that share what stands around them"),
        _ => json!({}),
    }
}

fn site(key: &str) -> Value {
    match key {
        "config" => scalar("a server's configuration file"),
        "root" => scalar("the directory that is / to that server"),
        "envvars" => scalar("a script that sets what ${NAME} reads"),
        "docroot" => scalar("a directory of web files, served by a stock server"),
        "assume_modules" => switch("whether directives of missing modules are passed over, with a caveat"),
        _ => json!({}),
    }
}

/// A key of a request.
fn request(key: &str) -> Value {
    let text = of("text");
    match key {
        "url" => scalar("absolute, or a path; sent as it is written"),
        "target" => scalar("the request target, where it is not the URL's path and query"),
        "method" => scalar("GET, where it isn't said"),
        "client" => scalar("the visitor's address"),
        "server" => scalar("where the connection comes in: ADDRESS or ADDRESS:PORT"),
        "tls" => switch("whether the connection is TLS; an https URL is"),
        "ssl" => described(maybe(map(text)), "what mod_ssl's variables are"),
        "headers" => described(maybe(map(text)), "header lines; an empty value leaves a default one out"),
        "user" => scalar("Basic credentials, NAME:PASSWORD"),
        "body_length" => described(any_of(&[super::number(), super::text()]), "how many bytes the body has"),
        "protocol" => scalar("HTTP/1.1, where it isn't said"),
        "expect" => described(maybe(of("expect")), "what the outcome is to be"),
        "name" => scalar("what it is called"),
        "skip" => json!({"type": "string", "minLength": 1, "description": "why it is not asked"}),
        "tags" => described(any_of(&[list(text.clone()), text]), "by which --filter chooses"),
        "follow" => switch("whether redirects are followed; then `expect` is of the last answer"),
        "matrix" => described(of("matrix"), "lists of values: each combination is a request"),
        _ => json!({}),
    }
}

/// A key of a file.
fn file(key: &str) -> Value {
    match key {
        "content" => scalar("its text"),
        "dir" => switch("whether it is a directory"),
        "symlink" => scalar("where it leads"),
        "from" => scalar("a file or directory of this machine"),
        "mode" => json!({"type": ["string", "integer"], "description": "an octal mode"}),
        "owner" | "group" => scalar("a name or number"),
        "mtime" => scalar("when it last changed"),
        "probe" => words(&["wsgi", "cgi", "php"]),
        _ => json!({}),
    }
}

fn expectations(wants: &[(&str, Shape)]) -> Value {
    let properties: Map<String, Value> = wants.iter().map(|(key, want)| (key.to_string(), shape(*want))).collect();
    json!({"type": "object", "properties": properties, "additionalProperties": false})
}

/// What may be expected of a value.
fn shape(shape: Shape) -> Value {
    let named = |keys: &[(&'static str, Shape)]| expectations(keys);
    let names = || map(matched(any_of(&[of("text"), list(matched(of("text")))])));
    let value = match shape {
        Shape::Status => json!({"type": ["integer", "null"], "minimum": 100, "maximum": 599}),
        Shape::Number => json!({"type": ["integer", "null"], "minimum": 0}),
        Shape::Text | Shape::Maybe => of("text"),
        Shape::Word(these) => words(these),
        Shape::MaybeWord(these) => maybe(words(these)),
        Shape::Map(keys) => maybe(named(keys)),
        Shape::Names => maybe(names()),
        Shape::Headers => {
            any_of(&[names(), list(json!({"type": "array", "items": of("text"), "minItems": 2, "maxItems": 2}))])
        }
        Shape::Lines(keys) => any_of(&[of("text"), list(any_of(&[of("text"), named(keys)]))]),
        Shape::WithoutLines(keys) => any_of(&[super::text(), list(any_of(&[of("text"), named(keys)]))]),
        Shape::Hops => list(of("hop")),
        Shape::Any => return json!({}),
    };
    matched(value)
}

/// A value, or what is true of it.
fn matched(value: Value) -> Value {
    let matcher = |word: &str| {
        let held = match word {
            "matches" => super::text(),
            "one_of" => json!({"type": "array", "minItems": 1}),
            _ => json!({}),
        };
        json!({"type": "object", "properties": {word: held}, "required": [word], "additionalProperties": false})
    };
    any_of(&[vec![value], MATCHERS.map(matcher).to_vec()].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_described() {
        for (keys, shape) in [
            (&read::KEYS[..19], top as fn(&str) -> Value),
            (&partial::KEYS[..], request),
            (files::KEYS, file),
            (&crate::suite::SITE_KEYS[..], site),
        ] {
            for key in keys {
                assert_ne!(shape(key), json!({}), "{key}");
            }
        }
    }
}
