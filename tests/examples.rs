//! The programs in examples/, run as they are: what they print.

use std::process::Command;

/// What an example prints, run without arguments.
fn printed(name: &str) -> String {
    let output = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--example", name])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{name}: {}", text(&output.stderr));
    text(&output.stdout)
}

#[test]
fn what_examples_print() {
    for name in ["ask", "reached", "what_if"] {
        insta::assert_snapshot!(format!("{name}"), printed(name));
    }
}
