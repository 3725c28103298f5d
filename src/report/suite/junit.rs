//! Results as JUnit's XML: a suite for each scenario, a case for each request.

use super::{Case, Checked, State};
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

/// The report.
pub(crate) fn text(suite: &[Checked]) -> String {
    let mut report = Report::new("routesim");
    for s in suite {
        let mut tests = TestSuite::new(if s.name.is_empty() { &s.path } else { &s.name }.as_str());
        for case in &s.cases {
            tests.add_test_case(test_case(s, case));
        }
        if let Some(error) = &s.error {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
            status.set_message(error.message.as_str()).set_description(error.text.as_str());
            let mut test = TestCase::new("the scenario can be run", status);
            test.set_classname(s.path.as_str());
            let (file, line) = error.at.as_ref().map_or((s.path.as_str(), 1), |at| (at.path.as_str(), at.line));
            test.extra.insert("file".into(), file.into());
            test.extra.insert("line".into(), line.to_string().into());
            tests.add_test_case(test);
        }
        tests.set_time(s.cases.iter().map(|case| case.took).sum());
        report.add_test_suite(tests);
    }
    report.set_time(suite.iter().flat_map(|s| &s.cases).map(|case| case.took).sum());
    // writing to memory can't fail
    report.to_string().unwrap_or_default()
}

fn test_case(s: &Checked, case: &Case) -> TestCase {
    let mut status = TestCaseStatus::success();
    match &case.state {
        State::Passed => {}
        State::Failed => {
            status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_message(case.message()).set_type("expectation").set_description(case.lines().join("\n"));
        }
        State::Known => {
            status = TestCaseStatus::skipped();
            status.set_message(format!("known to differ: {}", case.message()));
        }
        State::Skipped(why) => {
            status = TestCaseStatus::skipped();
            status.set_message(why.as_str());
        }
    }
    let mut test = TestCase::new(case.title.as_str(), status);
    test.set_classname(s.path.as_str());
    test.set_time(case.took);
    test.extra.insert("file".into(), s.path.as_str().into());
    test.extra.insert("line".into(), case.line.to_string().into());
    test
}
