//! Searches held against all requests there are, on sites so small that these can be asked one by one.

use super::ask::Ask;
use super::explore::{Answer, Purse, Search};
use super::space::Terms;
use super::target::Target;
use crate::site::Site;
use std::net::IpAddr;
use std::ops::ControlFlow;

/// Sites with a handful of paths, hosts, methods and headers.
const SITES: [&str; 33] = [
    "DocumentRoot /w\nAlias /a /w/b\nRedirect /b /x\n<Location /a/b>\nRequire all denied\n</Location>\n<Location /c>\nRequire all denied\n</Location>\n",
    "DocumentRoot /w\nRedirect /a /x\nRedirect /a/b /y\nRedirectMatch 410 ^/b$\nRedirectMatch ^/b/ /z\n",
    "DocumentRoot /w\nRewriteEngine On\nRewriteRule ^/a/(.*)$ /b/$1 [L]\nRewriteRule ^/a/b$ - [F]\nRewriteRule ^/b$ - [G]\n",
    "DocumentRoot /w\nRewriteEngine On\nRewriteCond %{REQUEST_METHOD} =POST\nRewriteRule ^/a - [F]\nRewriteCond %{HTTP:X} ^1$\nRewriteRule ^/b - [G]\n",
    "DocumentRoot /w\nSetEnvIf X ^1$ let\n<Location /a>\nRequire env let\n</Location>\n<Location /b>\n<RequireAll>\nRequire all granted\nRequire not env let\n</RequireAll>\n</Location>\n",
    "DocumentRoot /w\n<VirtualHost *:80>\nServerName h1\nDocumentRoot /w\nRedirect /a /x\n</VirtualHost>\n<VirtualHost *:80>\nServerName h2\nDocumentRoot /w\nRedirect 410 /b\n</VirtualHost>\n<VirtualHost *:80>\nServerName h1\nRedirect 404 /c\n</VirtualHost>\n",
    "DocumentRoot /w\n<Directory /w/b>\nRequire all denied\n</Directory>\n<Files b>\nRequire all denied\n</Files>\n<Location /a/b>\nRequire all granted\n</Location>\n",
    "DocumentRoot /w\n<If \"%{REQUEST_URI} =~ m#^/a#\">\nRequire all denied\n</If>\n<If \"%{HTTP:X} == '1'\">\nRequire method GET\n</If>\n",
    "DocumentRoot /w\nAlias / /w/\nAlias /a /w/b\nRedirectMatch ^/(a|b)$ /x\nRedirectMatch ^/a$ /y\n",
    "DocumentRoot /w\n<LocationMatch ^/a>\nRequire all denied\n</LocationMatch>\n<LocationMatch b$>\nRequire all granted\n</LocationMatch>\n<Location /c>\n<Limit POST>\nRequire all denied\n</Limit>\n</Location>\n",
    "DocumentRoot /w\nAlias / /w/b/\n<Directory /w/a>\nRequire all denied\n</Directory>\n<Directory /w/b>\nRequire method GET\n</Directory>\n",
    "DocumentRoot /w/a\nAlias /c /w/b\n<DirectoryMatch ^/w/c>\nRequire all denied\n</DirectoryMatch>\n<Directory /w/?>\nRequire all granted\n</Directory>\n",
    "DocumentRoot /w/a\nAliasMatch ^/a(.*)$ /w/a/$1\n<Directory /w/b>\nRequire all denied\n</Directory>\n",
    "DocumentRoot /w/a\nAliasMatch ^/(a|b)/(.*)$ /w/a/$2\n<Directory /w/b>\nRequire all denied\n</Directory>\n<Directory /w>\nRequire method POST\n</Directory>\n",
    "DocumentRoot /w/a\nRewriteEngine On\nRewriteRule ^/c/(.*)$ /w/b/$1\n<Directory /w/b>\nRequire all denied\n</Directory>\n<Directory /w/c>\nRequire all denied\n</Directory>\n",
    "DocumentRoot /w\n<VirtualHost *>\nServerName h1\nDocumentRoot /w/a\n</VirtualHost>\n<VirtualHost *>\nServerName h2\nServerAlias h1\nDocumentRoot /w/b\n</VirtualHost>\n<VirtualHost *>\nServerName h1\nDocumentRoot /v\n<Directory /v>\nRequire all denied\n</Directory>\n</VirtualHost>\n<Directory /w/c>\nRequire all denied\n</Directory>\n",
    "DocumentRoot /w\n<Location />\nRequire method GET\n</Location>\n<Directory /w/a>\nRequire method POST\n</Directory>\n",
    "DocumentRoot /w\n<Directory /w/a>\nRequire method POST\n</Directory>\n<Location />\nRequire all granted\n</Location>\n<Location /a>\nAuthMerging And\nRequire all granted\n</Location>\n",
    "DocumentRoot /w\n<Location /a>\n<RequireAll>\nRequire all denied\nRequire method POST\n</RequireAll>\nRequire all granted\nRequire method GET\n</Location>\n<Location /b>\n<RequireAll>\nRequire all granted\n<RequireNone>\nRequire all denied\nRequire method GET\n</RequireNone>\n</RequireAll>\n</Location>\n",
    "DocumentRoot /w\n<Directory /w>\nOrder allow,deny\nDeny from all\n</Directory>\n<Directory /w/a>\nRequire method POST\nRewriteEngine On\nRewriteRule ^b - [G]\n</Directory>\n<Location /a>\nAllow from all\n</Location>\n",
    "DocumentRoot /w\n<Directory /w>\nOrder allow,deny\nDeny from all\n</Directory>\n<Directory /w/a>\nRequire method POST\nRewriteEngine On\nRewriteRule ^b - [G]\n</Directory>\n<Files b>\nRequire method GET\n</Files>\n",
    "DocumentRoot /w\nSetEnvIf X 1 other\n<Location /a>\nRequire env let\n</Location>\n<Location /b>\nRequire env other\n</Location>\n",
    "DocumentRoot /w\nRewriteEngine On\nRewriteRule ^/a - [L]\nRewriteRule ^/c/(.*)$ /a/$1\nRewriteRule ^/a/b$ - [F]\n",
    "DocumentRoot /w\nMergeSlashes Off\nRedirectMatch ^//a$ /x\nRedirect 410 /b\n",
    "DocumentRoot /w/a\nAliasMatch ^/a(.*)$ /w/a/$1\n<Directory /w/b>\nRequire all denied\n</Directory>\n<Directory /v>\nRequire all denied\n</Directory>\n",
    "DocumentRoot /w/a\nRewriteEngine On\nRewriteRule ^/a(.*)$ /w/a/$1 [L]\n<Directory /w/b>\nRequire method POST\n</Directory>\n<Directory /w>\nRequire method GET\n</Directory>\n",
    "DocumentRoot /v\nAliasMatch ^/([abc])/(.*)$ /w/$1/$2\n<Directory /w/b>\nRequire all denied\n</Directory>\n<Directory /w/c>\nRequire all denied\n</Directory>\n<Directory /u>\nRequire all denied\n</Directory>\n",
    "DocumentRoot /v\nAliasMatch ^/([ab]*)/(.*)c$ /w/$1$2\n<Directory /w/b>\nRequire all denied\n</Directory>\n<Files c>\nRequire all denied\n</Files>\n",
    "DocumentRoot /w/b\nRewriteEngine On\nRewriteRule ^/a(.*)$ /b/$1 [PT]\nAlias /b /w/a\n<Directory /w/b>\nRequire all denied\n</Directory>\n<Files c>\nRequire all denied\n</Files>\n",
    "DocumentRoot /w\n<Directory /w>\nRewriteEngine On\nRewriteRule ^(.*)$ - [L]\nRewriteRule ^a - [F]\nRewriteCond %{REQUEST_METHOD} =POST\nRewriteRule ^b - [G]\n</Directory>\n<Directory /w/a>\nRewriteEngine On\nRewriteRule ^b - [S=1]\nRewriteRule ^ - [L]\nRewriteRule ^b - [G]\n</Directory>\n",
    "DocumentRoot /w\n<Directory />\nOptions None\n</Directory>\n<Directory /w/a>\nRewriteEngine On\nRewriteCond %{REQUEST_METHOD} =POST\nRewriteRule ^b - [G]\n</Directory>\n",
    "DocumentRoot /w\nRewriteEngine On\nRewriteCond %{HTTPS} !=on [OR]\nRewriteCond %{HTTP:X} ^1$\nRewriteRule ^/a - [F]\nRewriteCond %{HTTPS} on [OR]\nRewriteCond %{HTTP:X} ^1$\nRewriteRule ^/b - [G]\n",
    "DocumentRoot /w\n<VirtualHost 192.0.2.1:80>\nServerName h1\nDocumentRoot /w/a\n</VirtualHost>\n<VirtualHost *:80>\nServerName h2\nRedirect 410 /b\n</VirtualHost>\n",
];

fn site(config: &str) -> Site {
    let site = Site::builder(config).file("/w/a/b", "x").file("/w/b/a", "x").file("/w/c", "x").file("/v/a", "x");
    site.build().expect("the tree is laid out")
}

/// All requests of a small alphabet, by these addresses.
fn all(locals: &[Option<IpAddr>]) -> Vec<Ask> {
    let mut paths: Vec<String> = vec!["/".into()];
    let letters = ["a", "b", "c"];
    for first in letters {
        paths.extend([format!("/{first}"), format!("/{first}/")]);
        for second in letters {
            paths.extend([format!("/{first}/{second}"), format!("/{first}{second}"), format!("/{first}/{second}/")]);
        }
    }
    // doubled slashes, and what climbs out of a badly cut path
    paths.extend(
        ["//a", "/a//b", "/a../b/a", "/a../c", "/a../b/", "/c/../a/b", "/a../../v/a", "/..a/c", "/a/..c"]
            .map(String::from),
    );
    let mut all = Vec::new();
    for host in ["localhost", "h1", "h2"] {
        for method in ["GET", "POST"] {
            for header in [None, Some("1"), Some("2")] {
                for path in &paths {
                    let ask = Ask { method: method.into(), ..Ask::front(host).at(path.as_str()) };
                    let ask = header.map_or(ask.clone(), |value| ask.with_header("X", value));
                    all.extend(locals.iter().map(|local| Ask { local: *local, ..ask.clone() }));
                }
            }
        }
    }
    all
}

#[test]
fn what_is_called_complete_is_never_contradicted() {
    let (mut questions, mut complete) = (0, 0);
    let mut missed = Vec::new();
    for config in SITES {
        let site = site(config);
        let run = site.start().expect("it starts");
        let lines = config.lines().count();
        let statuses = ["200", "301", "302", "403", "404", "405", "410", "500"];
        let targets = statuses.iter().map(|s| ("status", s.to_string()));
        let targets = targets.chain((1..=lines).map(|n| ("line", format!("config:{n}"))));
        let targets: Vec<(String, Target)> = targets
            .map(|(key, value)| {
                let target = Target::parse(key, &value, &site, &run).expect("it is one");
                (format!("{key} {value}"), target)
            })
            .collect();
        // what is asked in the end hangs on no target: one search answers all
        let purse = Purse::of(50_000, None);
        let mut search = Search::new(&site, run.fork(), Terms::default(), purse);
        let judge = run.fork();
        let mut found = vec![false; targets.len()];
        let first: Vec<_> = targets.iter().flat_map(|(_, target)| target.lines()).collect();
        search.run(&first, &mut |answer: &Answer<'_>| {
            for (found, (_, target)) in found.iter_mut().zip(&targets) {
                *found = *found || target.fits(answer, &judge);
            }
            ControlFlow::Continue(())
        });
        let is_complete = search.stopped.is_none() && search.open().is_empty();
        questions += targets.len();
        complete += found.iter().filter(|found| **found || is_complete).count();
        let elsewhere = config.contains("VirtualHost 192.0.2.1").then(|| "192.0.2.77".parse().ok());
        for ask in all(&[None].into_iter().chain(elsewhere).collect::<Vec<_>>()) {
            let request = ask.request();
            let outcome = run.ask(&request);
            for (found, (name, target)) in found.iter_mut().zip(&targets) {
                if !*found && target.fits(&Answer { ask: &ask, request: &request, outcome: &outcome }, &judge) {
                    *found = true;
                    let word = if is_complete { ", called complete" } else { "" };
                    missed.push(format!("{name}: {}{word} of\n{config}", ask.url()));
                }
            }
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
    println!("{complete} of {questions} are decided");
    assert!(complete * 10 >= questions * 8, "{complete} of {questions} are decided");
}

#[test]
fn neither_requests_of_a_scenario_nor_the_order_of_asking_matter() {
    let answers = |seed: u64| {
        let site = site(SITES[3]);
        let purse = Purse { seed, ..Purse::of(20_000, None) };
        let mut search = Search::new(&site, site.start().expect("it starts"), Terms::default(), purse);
        let mut asked = Vec::new();
        search.run(&[], &mut |answer: &Answer<'_>| {
            asked.push(answer.ask.clone());
            ControlFlow::Continue(())
        });
        asked
    };
    assert_eq!(answers(0), answers(0));
    assert_eq!(answers(7), answers(7));
}
