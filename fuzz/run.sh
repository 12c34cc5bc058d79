#!/bin/sh
# Every target so many executions (a million unless told; those that ask another parser a quarter), two targets at a time;
# then the corpora are minimised and packed. `fuzz/run.sh 4000000`. Needs cargo-fuzz and a nightly toolchain.
# Findings: fuzz/artifacts; what libFuzzer said, without its lines on every new input: fuzz/log; the summary: fuzz/log/summary.
set -eu
cd "$(dirname "$0")"
export RUNS="${1:-1000000}"
triple=$(rustc -vV | sed -n 's/^host: //p')
export BIN="$PWD/target/$triple/release"
one() {
    target=$1
    binary=dialect
    runs=$RUNS
    case $target in cache | hint | json | store | structured | twin) binary=$target ;; esac
    case $target in json | store | structured | twin) runs=$((RUNS / 4)) ;; esac
    export DIALECT="$target"
    common="-timeout=10 -rss_limit_mb=1024 -artifact_prefix=artifacts/$target- -print_final_stats=1"
    : >"work/$target.log"
    # A tenth of them with inputs as long as the seeds, the rest short: short ones are many more a second.
    for how in "4096 $((runs / 10))" "256 $((runs - runs / 10))"; do
        set -- $how
        echo "$binary -max_len=$1 -runs=$2" >>"work/$target.log"
        "$BIN/$binary" $common -max_len="$1" -runs="$2" "work/$target" >>"work/$target.log" 2>&1 || echo "$target: a finding"
    done
    rm -rf "work/$target.min" && mkdir "work/$target.min"
    "$BIN/$binary" $common -max_len=4096 -merge=1 "work/$target.min" "work/$target" >"work/$target.merge.log" 2>&1
    rm -rf "work/$target" && mv "work/$target.min" "work/$target"
    grep -vE '	(NEW|REDUCE|RELOAD)' "work/$target.log" >"log/$target.log"
    cat "work/$target.log" "work/$target.merge.log" | awk -v target="$target" -v files="$(ls "work/$target" | wc -l)" '
        /^stat::number_of_executed_units/ { if (passes++ < 2) executions += $2 }
        match($0, / cov: [0-9]+/) { edges = substr($0, RSTART + 6, RLENGTH - 6) }
        END { printf "%s: %d executions, %d edges, %d inputs\n", target, executions, edges, files }'
}
if [ "${2:-}" ]; then
    one "$2"
else
    # No unsafe code, so nothing for a sanitizer to find: without one there are several times as many executions.
    cargo +nightly fuzz build -s none
    cargo run -q --example corpus -- seeds
    cargo run -q --example corpus -- unpack
    mkdir -p artifacts log
    find work -mindepth 1 -maxdepth 1 -type d | sed 's/.*\///' | sort | xargs -P 2 -n 1 ./run.sh "$RUNS" | tee log/summary
    cargo run -q --example corpus -- pack
fi
