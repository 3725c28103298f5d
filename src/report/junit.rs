//! Results of scenario suites as JUnit's XML: a suite for each scenario, a case for each request.

use super::suite::{Case, Checked};
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

/// The report.
pub(crate) fn text(suite: &[Checked]) -> String {
    let mut report = Report::new("routesim");
    for s in suite {
        let mut tests = TestSuite::new(s.path.as_str());
        for case in &s.cases {
            tests.add_test_case(test_case(s, case));
        }
        if let Some(error) = &s.error {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
            status.set_message("the scenario could not be run").set_description(error.as_str());
            tests.add_test_case(TestCase::new("scenario", status));
        }
        report.add_test_suite(tests);
    }
    // writing to memory can't fail
    report.to_string().unwrap_or_default()
}

fn test_case(s: &Checked, case: &Case) -> TestCase {
    let mut status = TestCaseStatus::success();
    if !case.passed() {
        status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        let said: Vec<String> = case
            .mismatches
            .iter()
            .map(|m| format!("{}:{}:{}: {}: want {}, got {}", s.path, m.line, m.column, m.key, m.want, m.got))
            .collect();
        let keys: Vec<&str> = case.mismatches.iter().map(|m| m.key.as_str()).collect();
        status.set_message(format!("not as expected: {}", keys.join(", "))).set_description(said.join("\n"));
    }
    let mut test = TestCase::new(case.title.as_str(), status);
    test.set_classname(s.path.as_str());
    test
}
