//! Reading as a whole.

use super::row::Args;
use super::row::allowed::*;
use super::*;
use crate::diagnostic::Severity;
use proptest::prelude::*;

const fn row(name: &'static str, args: Args, allowed: u32) -> Row {
    Row { name, args, allowed, usage: "help" }
}

const ROWS: &[Row] = &[
    row("<Directory", Args::Raw, RSRC_CONF),
    row("<VirtualHost", Args::Raw, RSRC_CONF),
    row("Alias", Args::Take12, RSRC_CONF),
    row("<IfModule", Args::Raw, EXEC_ON_READ | OR_ALL),
    row("<IfDefine", Args::Raw, EXEC_ON_READ | OR_ALL),
    row("<IfFile", Args::Raw, EXEC_ON_READ | OR_ALL),
    row("<IfDirective", Args::Raw, EXEC_ON_READ | OR_ALL),
    row("<IfSection", Args::Raw, EXEC_ON_READ | OR_ALL),
    row("<IfVersion", Args::Take123, EXEC_ON_READ | OR_ALL),
    row("Define", Args::Take12, EXEC_ON_READ | ACCESS_CONF | RSRC_CONF),
    row("UnDefine", Args::Take1, EXEC_ON_READ | ACCESS_CONF | RSRC_CONF),
    row("ServerRoot", Args::Take1, EXEC_ON_READ | RSRC_CONF),
    row("Include", Args::Take1, EXEC_ON_READ | ACCESS_CONF | RSRC_CONF),
    row("IncludeOptional", Args::Take1, EXEC_ON_READ | ACCESS_CONF | RSRC_CONF),
    row("LoadModule", Args::Take2, EXEC_ON_READ | RSRC_CONF),
    row("<Macro", Args::Raw, EXEC_ON_READ | OR_ALL),
    row("Use", Args::Raw, EXEC_ON_READ | OR_ALL),
    row("UndefMacro", Args::Take1, EXEC_ON_READ | OR_ALL),
    row("RemoteIPTrustedProxyList", Args::Take1, EXEC_ON_READ | RSRC_CONF),
];

#[derive(Default)]
struct Modules(Vec<BString>);

impl Knowledge for Modules {
    fn directive(&self, name: &[u8]) -> Option<Row> {
        ROWS.iter().find(|r| r.name.as_bytes().eq_ignore_ascii_case(name)).copied()
    }
    fn module_loaded(&self, name: &[u8]) -> bool {
        name == b"core.c" || self.0.iter().any(|m| m == name)
    }
    fn load_module(&mut self, identifier: &[u8], _: &[u8]) -> Result<Loading, String> {
        if self.module_loaded(identifier) {
            return Ok(Loading::Already);
        }
        self.0.push(identifier.into());
        Ok(Loading::Loaded)
    }
}

/// A file system of a few files; folders are what their names imply.
#[derive(Default)]
struct Disk(Vec<(&'static str, String)>);

impl Files for Disk {
    fn read(&self, path: &[u8]) -> Result<Vec<u8>, String> {
        let found = self.0.iter().find(|(name, _)| name.as_bytes() == path);
        found.map(|(_, text)| text.clone().into()).ok_or_else(|| "No such file or directory".into())
    }
    fn list(&self, path: &[u8]) -> Result<Vec<BString>, String> {
        if self.kind(path, true) != Some(FileKind::Dir) {
            return Err("No such file or directory".into());
        }
        let dir = [path.trim_end_with(|c| c == '/'), b"/"].concat();
        let below = self.0.iter().filter_map(|(name, _)| name.as_bytes().strip_prefix(&dir[..]));
        let mut names: Vec<BString> = below.map(|n| n.split(|b| *b == b'/').next().unwrap().into()).collect();
        names.sort();
        names.dedup();
        names.reverse();
        Ok(names)
    }
    fn kind(&self, path: &[u8], _: bool) -> Option<FileKind> {
        let dir = [path.trim_end_with(|c| c == '/'), b"/"].concat();
        if self.0.iter().any(|(name, _)| name.as_bytes() == path) {
            Some(FileKind::File)
        } else {
            self.0.iter().any(|(name, _)| name.as_bytes().starts_with(&dir)).then_some(FileKind::Dir)
        }
    }
}

fn options() -> Options {
    let mut options = Options::default();
    options.state.server_root = "/etc/apache2".into();
    options.state.define(b"DEBUG", None);
    options
}

/// Reads `files[0]`, named `config`.
fn read_files(files: &[(&'static str, &str)]) -> (SourceMap, Tree) {
    let sources = SourceMap::default();
    let disk = Disk(files.iter().map(|(name, text)| (*name, text.to_string())).collect());
    let id = sources.add("config", files[0].1);
    let tree = read(&sources, id, &disk, &mut Modules::default(), &options());
    (sources, tree)
}

fn read_text(text: &str) -> (SourceMap, Tree) {
    read_files(&[("/etc/apache2/config", text)])
}

/// Nodes on one line: `Name args{children}`.
fn show(nodes: &[Node]) -> String {
    let mut out = String::new();
    for node in nodes {
        if !out.is_empty() {
            out += "; ";
        }
        out += &format!("{} {}", node.key(), node.args);
        if node.section {
            out += &format!("{{{}}}", show(&node.children));
        }
    }
    out
}

/// Findings, one a line: `file:line severity code message`.
fn findings(sources: &SourceMap, tree: &Tree) -> Vec<String> {
    let findings = tree.diagnostics.iter().map(|d| {
        let severity = match d.severity {
            Severity::Error if d.first => "first",
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        };
        format!("{} {severity} {} {}", sources.place(d.span), d.code, d.message)
    });
    findings.collect()
}

#[test]
fn trees() {
    let cases = [
        ("alias /a /b # c\n", "alias /a /b # c"),
        ("<virtualhost *:80>\n a\n</VIRTUALHOST> x\n", "<virtualhost *:80>{a }"),
        ("<Foo>\n</foo>\n<Bar >\n</Bar>", "<Foo >{}; <Bar >{}"),
        ("Foo> x\na/b> y\n\"\" z\n\"a b\" c", "Foo x; a/b> y; a b c"),
        ("<IfModule core.c>\na\n<IfModule !core.c>\n</ifmodule>\nb\n</IfModule>\nc", "a ; b ; c "),
        ("<D x>\n<IfDefine DEBUG>\na\n<D y>\nb\n</D>\n</IfDefine>\nc\n</D>", "<D x>{a ; <D y>{b }; c }"),
        ("<IfDefine !DEBUG>\n<Foo>\n</Foo> x\n</IfDefine> x\na", "a "),
        ("<IfModule a_module>\na\n</IfModule>\nLoadModule a_module a.so\n<IfModule a_module>\nb\n</IfModule>", "b "),
        ("<IfDirective alias>\na\n</IfDirective>\n<IfSection alias>\nb\n</IfSection>", "a "),
        ("<IfFile conf/x>\na\n</IfFile>\n<IfFile config>\nb\n</IfFile>", "b "),
        ("<IfVersion >= 2.4>\na\n</IfVersion>", "a "),
        ("A ${x}\nDefine X 'b c'\nA ${x}\nUnDefine x\nA ${X}\nUnDefine X\nA ${X}", "A ${x}; A b c; A ${X}; A ${X}"),
        ("Define D <IfDefine\n${D} DEBUG>\na\n</IfDefine>", "a "),
        ("<Macro m $a @b>\n# x\n A $a \\\n  @b\n\n</Macro>\nUse M 1 '2 3'\nb", "A 1   \"2 3\"; b "),
        ("<Macro s>\n<D>\n</Macro>\n<Macro e>\n</D>\n</Macro>\nUse s\na\nUse e\nb", "<D >{a }; b "),
        ("<Macro a $n>\n<Macro $n>\nx\n</Macro>\n</Macro>\nUse a b\nUse b", "x "),
        ("<Macro a>\n<IfDefine no>\n</Macro>\nUse a\nx\n</IfDefine>\ny", "y "),
    ];
    for (text, want) in cases {
        let (sources, tree) = read_text(text);
        assert_eq!(show(&tree.nodes), want, "{text}");
        assert!(!tree.diagnostics.iter().any(|d| d.severity == Severity::Error), "{:?}", findings(&sources, &tree));
    }
}

#[test]
fn errors() {
    let cases: &[(&str, &[&str])] = &[
        ("</Foo>", &["config:1 first unmatched-close </Foo> without matching <Foo> section"]),
        (
            "<directory />\n</Location>\n</Directory>",
            &["config:2 first mismatched-close Expected </Directory> but saw </Location>"],
        ),
        ("<A>\n</A x\n", &["config:2 first unclosed-tag </A> directive missing closing '>'"]),
        (
            "<A>\n<B>\n</A>\n</C>",
            &[
                "config:3 first mismatched-close Expected </B> but saw </A>",
                "config:4 error unmatched-close </C> without matching <C> section",
            ],
        ),
        (
            "<A>\n<directory>",
            &[
                "config:1 first unclosed-section <A> was not closed.",
                "config:2 error unclosed-section <Directory> was not closed.",
            ],
        ),
        (
            "<IfModule core.c>\n<D>",
            &[
                "config:1 note unclosed-section `<IfModule>` is not closed",
                "config:2 note unclosed-section `<D>` is not closed",
            ],
        ),
        ("<IfModule no>\n<D>", &["config:1 first unclosed-section Expected </D> before end of configuration"]),
        (
            "<IfModule no>\n<D>\n</E>\n</IfModule>\na",
            &[
                "config:1 first mismatched-close Expected </D> but saw </E>",
                "config:1 error mismatched-close Expected </D> but saw </IfModule>",
            ],
        ),
        (
            "<IfModule core.c>\n</IfModule> x",
            &["config:2 first unmatched-close </IfModule> without matching <IfModule> section"],
        ),
        (
            "<IfModule>\n</D>\n</IfModule>",
            &["config:1 first syntax <IfModule> directive requires additional arguments"],
        ),
        ("<IfModule a\n</IfModule>", &["config:1 first syntax <IfModule> directive missing closing '>'"]),
        ("Define a b c", &["config:1 first syntax Define takes 1-2 arguments, help"]),
        ("Define a:b", &["config:1 first syntax Variable name must not contain ':'"]),
        ("A ${b:c} ${d}", &["config:1 warning AH00111 Config variable ${d} is not defined"]),
        (
            "Include x",
            &["config:1 first syntax Could not open configuration file /etc/apache2/x: No such file or directory"],
        ),
        ("Use x", &["config:1 first syntax no macro defined before Use"]),
        (
            "<Macro a $x>\nb $x\n</Macro>\nUse a\nUse b\nUndefMacro A\nUse a c",
            &[
                "config:4 first syntax macro 'a' (defined on line 1 of \"config\") used with 0 arguments instead of 1",
                "config:5 error syntax macro 'b' undefined",
                "config:7 error syntax macro 'a' undefined",
            ],
        ),
        (
            "<Macro a>\nUse a\n</X>\n</Macro>\nUse a",
            &[
                "config:4 warning AH02793 bad (negative) nesting on line 3 of macro 'a' \
                 (defined on line 1 of \"config\")",
                "config:4 warning AH02795 bad cumulated nesting (-1) in macro 'a' (defined on line 1 of \"config\")",
                "macro 'a' (defined on line 1 of \"config\") used on line 5 of \"config\":1 first syntax recursive use \
                 of macro 'a' is invalid",
                "macro 'a' (defined on line 1 of \"config\") used on line 5 of \"config\":2 error unmatched-close </X> \
             without matching <X> section",
            ],
        ),
        (
            "<Macro a>\nx",
            &["config:1 first syntax macro 'a' (defined on line 1 of \"config\")\n\tcontents error: \
            expected token not found: </Macro>"],
        ),
        ("LoadModule core.c x", &["config:1 warning AH01574 module core.c is already loaded, skipping"]),
    ];
    for (text, want) in cases {
        let (sources, tree) = read_text(text);
        assert_eq!(findings(&sources, &tree), *want, "{text}");
    }
}

#[test]
fn includes() {
    let (sources, tree) = read_files(&[
        (
            "/etc/apache2/config",
            "<D>\nInclude sites/*/[!.]*.conf\nIncludeOptional no/*.conf\n</D>\nServerRoot /x\nInclude y",
        ),
        ("/etc/apache2/sites/b/1.conf", "b1"),
        ("/etc/apache2/sites/a/2.conf", "a2\n</A>"),
        ("/etc/apache2/sites/a/1.conf", "a1"),
        ("/etc/apache2/sites/a/.1.conf", "hidden"),
        ("/etc/apache2/sites/c.conf", "no"),
        ("/x/y/z/1", "z1"),
        ("/x/y/a", "ya"),
    ]);
    assert_eq!(show(&tree.nodes), "<D >{a1 ; a2 ; b1 }; ya ; z1 ");
    let want = ["/etc/apache2/sites/a/2.conf:2 first unmatched-close </A> without matching <A> section"];
    assert_eq!(findings(&sources, &tree), want);
    assert_eq!(sources.place(tree.diagnostics[0].related.as_ref().unwrap().0), "config:2");
}

#[test]
fn recursion_ends() {
    let (sources, tree) = read_files(&[("/etc/apache2/config", "a\nInclude config\nInclude config\nb")]);
    assert!(findings(&sources, &tree)[0].contains("Exceeded maximum include depth of 128"));
    let mut bomb = String::from("<Macro m0>\nx x x x x x x x x x x x x x x x x\n</Macro>\n");
    for i in 1..40 {
        bomb += &format!("<Macro m{i}>\nUse m{0}\nUse m{0}\n</Macro>\n", i - 1);
    }
    let (sources, tree) = read_text(&(bomb + "Use m39\n"));
    assert!(findings(&sources, &tree).last().unwrap().contains("too large"));
    let (_, tree) = read_text(&"<a>\n".repeat(100_000));
    assert!(tree.diagnostics.len() >= 500);
    read_text(&"<IfModule core.c>\n".repeat(100_000));
    read_text(&("<IfModule x>\n".to_string() + &"<a>\n".repeat(100_000)));
}

#[test]
fn htaccess() {
    let read = |text: &str, overrides| {
        let sources = SourceMap::default();
        let id = sources.add(".htaccess", text);
        let options = Options { overrides, ..options() };
        let tree = read_htaccess(&sources, id, &(), &mut Modules::default(), &options);
        (show(&tree.nodes), findings(&sources, &tree))
    };
    let (nodes, errors) = read("<IfModule core.c>\na\n</IfModule>\nInclude x", OR_FILEINFO);
    assert_eq!(nodes, "a ");
    assert_eq!(errors, [".htaccess:4 first syntax Include not allowed here"]);
    let (_, errors) = read("Define x", OR_FILEINFO | NONFATAL_ALL);
    assert_eq!(errors, [".htaccess:1 warning AH02295 Define in .htaccess forbidden by AllowOverride"]);
    let (_, errors) = read("Define x", ACCESS_CONF);
    assert_eq!(errors, [".htaccess:1 first syntax Define cannot occur within htaccess files"]);
}

#[test]
fn executed_while_reading() {
    let (_, tree) = read_text("<VirtualHost *>\nRemoteIPTrustedProxyList x\n</VirtualHost>");
    assert_eq!(show(&tree.executed), "RemoteIPTrustedProxyList x");
    assert_eq!(show(&tree.nodes), "<VirtualHost *>{}");
}

#[test]
fn places_of_arguments() {
    let (sources, tree) = read_text("  <Directory '/a b' >\n Alias /x  \"/y\"\n</Directory>\nDefine a b\nFoo ${a}");
    let place = |node: &Node, n| sources.text(node.arg_span(&sources, n)).to_string();
    assert_eq!(place(&tree.nodes[0], 0), "'/a b'");
    assert_eq!(place(&tree.nodes[0].children[0], 1), "\"/y\"");
    assert_eq!(place(&tree.nodes[1], 0), "Foo ${a}");
}

/// Nodes without places.
fn bare(nodes: &[Node]) -> Vec<Node> {
    let bare = |n: &Node| Node { span: Span::NONE, end: None, children: bare(&n.children), ..n.clone() };
    nodes.iter().map(bare).collect()
}

fn line() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        Just("Alias".to_string()),
        Just("<Directory".into()),
        Just("</Directory>".into()),
        Just("<A>".into()),
        Just("</a>".into()),
        Just("<IfModule".into()),
        Just("core.c>".into()),
        Just("</IfModule>".into()),
        Just("<Macro".into()),
        Just("m".into()),
        Just("$a>".into()),
        Just("</Macro>".into()),
        Just("Use".into()),
        Just("Include".into()),
        Just("config".into()),
        Just("Define".into()),
        Just("${m}".into()),
        Just("\\".into()),
        Just(">".into()),
        Just("\"".into()),
        Just("<IfVersion".into()),
        Just("#".into()),
        "[ -~]{0,6}",
    ];
    prop::collection::vec(word, 0..5).prop_map(|w| w.join(" "))
}

proptest! {
    #[test]
    fn printed_text_reads_as_the_same_tree(lines in prop::collection::vec(line(), 0..12)) {
        let (_, tree) = read_text(&lines.join("\n"));
        let text = print::print(&tree.nodes);
        let sources = SourceMap::default();
        let id = sources.add("printed", text.clone());
        // what was known when the text was read is not known now: nothing is put in, nothing carried out twice
        let mut nothing = Nothing;
        let again = read(&sources, id, &(), &mut nothing, &Options::default());
        prop_assert_eq!(bare(&tree.nodes), bare(&again.nodes), "{}", text);
        prop_assert!(again.diagnostics.iter().all(|d| d.severity != Severity::Error), "{:?}", again.diagnostics);
    }

    #[test]
    fn no_bytes_make_it_panic(
        text in prop::collection::vec(any::<u8>(), 0..300),
        lines in prop::collection::vec(line(), 0..20),
    ) {
        let sources = SourceMap::default();
        let disk = Disk(vec![("/etc/apache2/config", lines.join("\n"))]);
        for text in [BString::from(text), lines.join("\n").into(), lines.join("\\\n").into()] {
            let id = sources.add("config", text);
            read(&sources, id, &disk, &mut Modules::default(), &options());
            let tree = read_htaccess(&sources, id, &disk, &mut Modules::default(), &options());
            for node in &tree.nodes {
                node.arg_span(&sources, 0);
            }
        }
    }
}

/// Knows no directive.
struct Nothing;

impl Knowledge for Nothing {
    fn directive(&self, _: &[u8]) -> Option<Row> {
        None
    }
    fn module_loaded(&self, _: &[u8]) -> bool {
        false
    }
    fn load_module(&mut self, _: &[u8], _: &[u8]) -> Result<Loading, String> {
        Ok(Loading::Loaded)
    }
}
