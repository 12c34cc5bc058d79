//! The whole reader: two bytes of status, then header text. `cargo +nightly fuzz run hint`
#![no_main]

use libfuzzer_sys::fuzz_target;
use tidegate::hint::read_text;
use tidegate::time::WallTime;

const LONGEST_MS: u32 = 2_147_483_647;

fuzz_target!(|data: &[u8]| {
    let [high, low, text @ ..] = data else { return };
    let told = read_text(
        u16::from_be_bytes([*high, *low]),
        text,
        WallTime(1_795_284_000_000),
    );
    let hint = &told.hint;
    assert!(hint.wait_ms.is_none_or(|ms| ms <= LONGEST_MS));
    assert!(hint.load.is_none_or(|load| (0.0..=1.0).contains(&load)));
    for (place, quota) in hint.quotas.iter().enumerate() {
        assert!(quota.reset_ms.is_none_or(|ms| ms <= LONGEST_MS));
        let numbers = [quota.limit, quota.remaining, quota.window_ms];
        assert!(
            numbers
                .into_iter()
                .flatten()
                .all(|number| number.is_finite() && number >= 0.0)
        );
        assert!(
            hint.quotas
                .iter()
                .skip(place + 1)
                .all(|other| other.name != quota.name)
        );
    }
});
