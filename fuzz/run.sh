#!/bin/sh
# Every target for so many seconds (60 unless told), two at a time; then the corpora are minimised and packed.
# `fuzz/run.sh 600`. Needs cargo-fuzz and a nightly toolchain. Findings: fuzz/artifacts; last words: fuzz/work/*.log.
set -eu
cd "$(dirname "$0")"
export SECONDS_EACH="${1:-60}"
triple=$(rustc -vV | sed -n 's/^host: //p')
export BIN="$PWD/target/$triple/release"
one() {
    target=$1
    binary=dialect
    case $target in hint | json | structured | twin) binary=$target ;; esac
    export DIALECT="$target"
    common="-max_len=4096 -timeout=10 -rss_limit_mb=1024"
    "$BIN/$binary" $common -max_total_time="$SECONDS_EACH" -print_final_stats=1 \
        -artifact_prefix="artifacts/$target-" "work/$target" >"work/$target.log" 2>&1 || echo "$target: a finding"
    rm -rf "work/$target.min" && mkdir "work/$target.min"
    "$BIN/$binary" $common -merge=1 "work/$target.min" "work/$target" >>"work/$target.log" 2>&1
    rm -rf "work/$target" && mv "work/$target.min" "work/$target"
    echo "$target: $(sed -n 's/^stat::number_of_executed_units: *//p' "work/$target.log" | head -n 1) executions," \
        "$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "work/$target.log" | tail -n 1) edges"
}
if [ "${2:-}" ]; then
    one "$2"
else
    # No unsafe code, so nothing for a sanitizer to find: without one there are several times as many executions.
    cargo +nightly fuzz build -s none
    cargo run -q --example corpus -- seeds
    cargo run -q --example corpus -- unpack
    mkdir -p artifacts
    find work -mindepth 1 -maxdepth 1 -type d | sed 's/.*\///' | sort | xargs -P 2 -n 1 ./run.sh "$SECONDS_EACH"
    cargo run -q --example corpus -- pack
fi
