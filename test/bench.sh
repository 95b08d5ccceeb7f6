#!/usr/bin/env bash
# Runs the benchmarks and writes docs/performance.md between its marks. The
# figures are medians of COUNT runs with their smallest and largest.
set -euo pipefail
cd "$(dirname "$0")/.."
count=${COUNT:-5}
out=$(mktemp)
trap 'rm -f "$out"' EXIT
run() { # package, pattern, benchtime
  go test -run xxx -bench "$2" -benchtime "$3" -count "$count" -timeout 60m "$1" | tee /dev/stderr | grep '^Benchmark' >>"$out" || true
}
run ./store/sqlite '^BenchmarkDisk' 2s
run ./cmd/concord '^BenchmarkImportSynthea' 2x
run ./cmd/concord '^BenchmarkIntake$' 1x
run ./cmd/concord '^BenchmarkVisible$' 1x
run ./edge/webui '^BenchmarkRecord' 50x
run ./store/sqlite '^Benchmark(Update100Puts|AuditAppend|JournalAppend)' 1s
run ./standard/hl7v2 '^BenchmarkParse' 1s
run ./exchange/intake '^BenchmarkMap' 1s
run ./standard/validate '^BenchmarkCheck' 1s
go run ./test/load/table <"$out" >docs/performance.table
go run ./test/load/table -into docs/performance.md docs/performance.table
rm -f docs/performance.table
