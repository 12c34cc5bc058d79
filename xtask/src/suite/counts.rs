//! What test runners say about themselves, read from their own last lines.

use std::fmt;

/// How many tests ended how.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Counts {
    /// Ran, and held.
    pub passed: u32,
    /// Ran and did not hold, or could not run.
    pub failed: u32,
    /// Were asked not to run.
    pub skipped: u32,
}

impl Counts {
    /// Adds another suite's counts.
    pub fn add(&mut self, other: &Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }

    /// Reads one line of a runner's output; lines that count nothing change nothing.
    pub fn read(&mut self, line: &str) {
        let line = line.trim();
        if let Some(rest) = line.strip_prefix("test result: ") {
            self.read_libtest(rest);
        } else if let Some(rest) = line.strip_prefix("\u{2139} ").or_else(|| line.strip_prefix("# ")) {
            self.read_node(rest);
        }
    }

    /// libtest and wasm-bindgen-test: `ok. 3 passed; 0 failed; 1 ignored; ...`, once per binary.
    fn read_libtest(&mut self, rest: &str) {
        let Some((_, counts)) = rest.split_once(". ") else {
            return;
        };
        for part in counts.split(';') {
            let Some((number, word)) = part.trim().split_once(' ') else {
                continue;
            };
            let Ok(number) = number.parse::<u32>() else {
                continue;
            };
            match word {
                "passed" => self.passed += number,
                "failed" => self.failed += number,
                "ignored" => self.skipped += number,
                _ => {}
            }
        }
    }

    /// Node's test runner, as its reporters `spec` and `tap` end: `pass 3`, one line each.
    fn read_node(&mut self, rest: &str) {
        let Some((word, number)) = rest.split_once(' ') else {
            return;
        };
        let Ok(number) = number.parse::<u32>() else { return };
        match word {
            "pass" => self.passed += number,
            "fail" | "cancelled" => self.failed += number,
            "skipped" | "todo" => self.skipped += number,
            _ => {}
        }
    }

    /// What a suite that has ended counts as: a runner that failed without a failed test, or that ran nothing,
    /// is itself one failure.
    pub fn ended(mut self, ok: bool) -> Self {
        let silent = !ok && self.failed == 0;
        if silent || self.passed + self.failed == 0 {
            self.failed += 1;
        }
        self
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)?;
        if self.skipped > 0 { write!(f, ", {} skipped", self.skipped) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Counts {
        let mut counts = Counts::default();
        text.lines().for_each(|line| counts.read(line));
        counts
    }

    #[test]
    fn libtest_is_added_up_over_its_binaries() {
        let text = "running 2 tests\ntest a ... ok\n\
            test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 5 filtered out; finished in 0.00s\n\
            test result: FAILED. 3 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.00s";
        assert_eq!(read(text), Counts { passed: 5, failed: 1, skipped: 1 });
    }

    #[test]
    fn node_is_read_in_both_of_its_reporters() {
        let spec = "\u{2139} tests 6\n\u{2139} suites 0\n\u{2139} pass 2\n\u{2139} fail 1\n\u{2139} cancelled 1\n\
            \u{2139} skipped 1\n\u{2139} todo 1\n\u{2139} duration_ms 12.5";
        assert_eq!(read(spec), Counts { passed: 2, failed: 2, skipped: 2 });
        assert_eq!(read("# pass 4\n# fail 0\n# Subtest: pass 9"), Counts { passed: 4, ..Counts::default() });
    }

    #[test]
    fn a_suite_that_ran_nothing_or_died_silently_has_failed() {
        assert_eq!(Counts::default().ended(true).failed, 1, "nothing ran");
        let some = Counts { passed: 3, ..Counts::default() };
        assert_eq!(some.ended(false).failed, 1, "died without a failed test");
        assert_eq!(some.ended(true).failed, 0);
        let told = Counts { passed: 3, failed: 2, skipped: 0 };
        assert_eq!(told.ended(false).failed, 2, "its own failures are not counted twice");
    }

    #[test]
    fn the_line_names_skipped_tests_only_when_there_are_any() {
        assert_eq!(Counts { passed: 1, failed: 0, skipped: 0 }.to_string(), "1 passed, 0 failed");
        assert_eq!(Counts { passed: 1, failed: 2, skipped: 3 }.to_string(), "1 passed, 2 failed, 3 skipped");
    }
}
