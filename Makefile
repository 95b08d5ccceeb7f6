# Concord. `make help` lists what there is; README.md says what it is for.
SHELL := /bin/bash
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo development)
GOFLAGS := -mod=readonly
export GOFLAGS CGO_ENABLED = 0

.PHONY: help run demo join-demo build check test e2e soak fuzz bench bench-fhir bench-scenarios bench-peer golden generate conformance verify scan tools

help: ## list the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

run: demo ## start the demonstration on http://localhost:8080

demo: build ## the same
	./bin/concord demo

join-demo: build ## two trusts join two that are live, step by step; the server stays up
	./bin/concord join-demo

build: ## bin/concord
	go build -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o bin/concord ./cmd/concord

check: ## the fast inner loop: format, vet, staticcheck, house rules, unit tests
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); exit 1; }
	go vet ./...
	go tool staticcheck ./...
	@echo "SKIP: crashes, journeys, conformance, clients and PostgreSQL are in make test"
	go test -short $$(go list ./... | grep -v -e /test/ -e /store/postgres)

test: tools ## everything: real stores, crash tests, Chromium
	./test/all.sh

scan: ## known weaknesses of dependencies, where the database can be asked
	./test/scan.sh

tools: ## install what the tests need and this machine lacks
	@./test/tools.sh

e2e: tools ## only the journeys in a browser
	go test -count=1 ./test/journey/...

soak: build ## 50 rounds of kill -9 under load, of messages and of transactions on both engines
	CONCORD_CRASH_ROUNDS=50 CONCORD_CRASH_TRANSACTION_ROUNDS=50 go test -count=1 -timeout 120m -run 'Crash|Survive' -v ./test/journey/

fuzz: ## every fuzz target for a minute
	@for p in $$(go list ./...); do \
	  for f in $$(go test -list '^Fuzz' $$p 2>/dev/null | grep '^Fuzz'); do \
	    echo "$$p $$f"; go test -run xxx -fuzz "^$$f$$" -fuzztime $${FUZZTIME:-60s} $$p || exit 1; \
	  done; done

bench: build ## benchmarks; writes the tables of docs/performance.md
	./test/bench.sh

bench-fhir: ## of them, FHIR over HTTP on SQLite and PostgreSQL
	./test/bench.sh fhir

bench-scenarios: build ## of them, matching, a joining trust, access and audit (PEOPLE=n)
	./test/bench.sh scenarios

bench-peer: ## Concord beside HAPI FHIR (Maven and Java 17; twenty minutes)
	./test/bench.sh peer

golden: ## write golden files anew (read the diff!)
	go test ./exchange/intake -run Golden -update

generate: ## generated code (templ pages); tables from the R4 package need DEFINITIONS=DIR
	go generate ./...
	@if [ -n "$(DEFINITIONS)" ]; then go run ./standard/search/gen -definitions $(DEFINITIONS) && go run ./standard/validate/gen -definitions $(DEFINITIONS); fi

conformance: ## docs/conformance.md from a run over the corpora
	go test -count=1 ./test/conformance/ -write

verify: build ## check the demonstration's data folder
	./bin/concord verify --data data/demo
