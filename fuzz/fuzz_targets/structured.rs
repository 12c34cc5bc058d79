//! Structured fields: any bytes as RateLimit and RateLimit-Policy, split in two by a line break where there is one.
//! A List is read whole or not at all, so an Item put in front changes no other quota. `cargo +nightly fuzz run structured`
#![no_main]

use libfuzzer_sys::fuzz_target;
use tidegate::hint::{Quota, Response, read};
use tidegate::time::WallTime;

fn quotas(limit: &[u8], policy: &[u8]) -> Vec<Quota> {
    let fields: &[(&[u8], &[u8])] = &[(b"ratelimit", limit), (b"ratelimit-policy", policy)];
    read(
        &Response {
            status: 200,
            fields,
            body: None,
        },
        WallTime(0),
    )
    .hint
    .quotas
}

fuzz_target!(|data: &[u8]| {
    let split = data.iter().position(|&byte| byte == b'\n').unwrap_or(data.len());
    let (limit, policy) = (&data[..split], data.get(split + 1..).unwrap_or_default());
    let told = quotas(limit, policy);
    // Only what begins as a String is structured; older grammars share the name.
    if limit.first() == Some(&b'"')
        && limit.len() < 8_000
        && told.iter().all(|quota| quota.name != "tidegate")
    {
        let mut longer = b"\"tidegate\";r=1, ".to_vec();
        longer.extend_from_slice(limit);
        let more = quotas(&longer, policy);
        let others: Vec<&Quota> = more.iter().filter(|quota| quota.name != "tidegate").collect();
        assert_eq!(others, told.iter().collect::<Vec<_>>());
    }
});
