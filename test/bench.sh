#!/usr/bin/env bash
# Runs the benchmarks and writes docs/performance.md between its marks. The
# figures are medians of COUNT runs with their smallest and largest; those of
# FHIR over HTTP are of one run on each store, whose sizes FHIRBENCH sets
# (FHIRBENCH="-times 4 -duration 5s"). With the argument fhir, those alone; with
# scenarios, matching, a joining trust, access and audit (PEOPLE sets the size); with
# peer, Concord beside HAPI FHIR, which needs Maven and Java (flags in PEERBENCH).
set -euo pipefail
cd "$(dirname "$0")/.."
fhir() {
  local corpus="${CONCORD_SHARED:-../shared}/corpora/fhir/synthea-r4"
  [ -d "$corpus" ] || { echo "SKIP: no shared corpora at $corpus (set CONCORD_SHARED): FHIR over HTTP is not measured" >&2; return 0; }
  local failed=0
  # shellcheck disable=SC2086 # FHIRBENCH is a list of flags
  timeout 30m go run ./test/load/fhirbench -corpus "$corpus" ${FHIRBENCH:-} >docs/performance.table || failed=$?
  [ ! -s docs/performance.table ] || go run ./test/load/table -marks fhir -into docs/performance.md docs/performance.table
  rm -f docs/performance.table
  return $failed
}
peer() {
  local corpus="${CONCORD_SHARED:-../shared}/corpora/fhir/synthea-r4"
  [ -d "$corpus" ] || { echo "no shared corpora at $corpus (set CONCORD_SHARED)" >&2; return 1; }
  mvn -q -B -f test/load/peer/hapi package
  local failed=0
  # shellcheck disable=SC2086 # PEERBENCH is a list of flags
  timeout 60m go run ./test/load/peer -corpus "$corpus" ${PEERBENCH:-} >docs/performance.table || failed=$?
  [ $failed != 0 ] || go run ./test/load/table -marks peer -into docs/performance.md docs/performance.table
  rm -f docs/performance.table
  return $failed
}
# The scenarios of the program itself and the figures of access, audit and matching:
# printed, and written into the document by hand, with what else the machine did.
scenarios() {
  local work people=${PEOPLE:-20000}
  work=$(mktemp -d)
  trap 'rm -rf "$work"' RETURN
  ./bin/concord bench arrivals --people "$people" --data "$work/arrivals"
  ./bin/concord bench population --people 2000 --data "$work/population"
  ./bin/concord bench onboard --live "$people" --patients "$people" --load --data "$work/onboard"
  go test -run xxx -bench 'Append|Sequence|Verify|Find|Reads' ./record/audit
  go test -run xxx -bench Cost -benchtime 8x ./record
  go test -run xxx -bench Sight -benchtime 4000x ./record
  go test -run xxx -bench Score ./standard/match
}
if [ "${1:-}" = fhir ] || [ "${1:-}" = peer ] || [ "${1:-}" = scenarios ]; then
  "$1"
  exit
fi
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
fhir
scenarios
