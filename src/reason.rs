//! Why something waited, was answered locally, or was refused. One word each: stable, safe to log.

/// The word that goes to the button, to the event and to the test.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub enum Reason {
    /// The server named a time (RFC 9110, section 10.2.3 and its relatives).
    RetryAfter = 1,
    /// The pace that the server's quota allows.
    Quota = 2,
    /// The server's answers or load reports say that it is overloaded.
    Overload = 3,
    /// Too many failures; probing.
    Breaker = 4,
    /// Retries are spent.
    RetryBudget = 5,
    /// As many in flight as the server can take.
    Concurrency = 6,
    /// The bounded queue dropped it.
    QueueFull = 7,
    /// It could not be sent in time to be of use.
    Deadline = 8,
    /// The feature that asks is switched off.
    Brownout = 9,
    /// The page is hidden.
    Hidden = 10,
    /// The same human intent is already under way or was just refused.
    Repeat = 11,
}

/// Every reason with its public word, in the order of their codes; code 0 is "none".
pub const WORDS: [&str; 12] = [
    "",
    "retry-after",
    "quota",
    "overload",
    "breaker",
    "retry-budget",
    "concurrency",
    "queue-full",
    "deadline",
    "brownout",
    "hidden",
    "repeat",
];

impl Reason {
    /// The public word.
    pub fn word(self) -> &'static str {
        WORDS.get(self as usize).copied().unwrap_or("")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_words_stand_in_the_same_order() {
        assert_eq!(Reason::RetryAfter.word(), "retry-after");
        assert_eq!(Reason::Deadline.word(), "deadline");
        assert_eq!(Reason::Repeat.word(), "repeat");
        assert_eq!(Reason::Repeat as usize, WORDS.len() - 1);
    }
}
