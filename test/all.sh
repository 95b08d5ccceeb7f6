#!/usr/bin/env bash
# Everything that `make test` runs, in order of what is cheapest to fail.
set -euo pipefail
cd "$(dirname "$0")/.."
unformatted=$(gofmt -l $(git ls-files '*.go'))
[ -z "$unformatted" ] || { echo "not formatted: $unformatted" >&2; exit 1; }
go vet ./...
go tool staticcheck ./...
go build -trimpath -o bin/concord ./cmd/concord
[ -d "${CONCORD_SHARED:-../shared}" ] || echo "NOTE: no shared corpora here: the tests that need them say SKIP" >&2
go test -count=1 -timeout 15m $(go list ./... | grep -v /test/journey)
go test -count=1 -timeout 20m ./test/journey # by itself: it kills servers under full load
