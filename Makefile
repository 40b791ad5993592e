# Every command of a working day. "make" alone lists them.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# How long "make fuzz" runs each fuzzer.
FUZZTIME ?= 10s
# KAFKA=no keeps Apache Kafka out of "make test" where Java and Maven are present.
KAFKA ?= auto
# How many brokers "make kafka" starts, 1 or 3.
KAFKA_NODES ?= 1
# Further arguments for run, bench and kafka: make bench ARGS=--help
ARGS ?=

GO_TEST := go test -timeout 10m -p 2
LINT := go tool -modfile=internal/tools/go.mod golangci-lint

.PHONY: help
help: ## List the targets
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# Built and executed, because "go run" answers Ctrl-C with an error of its own.
.PHONY: run demo
run: ## Start everything on this machine: broker, database, mail page, demo data
	@go build -o .cache/klarbeleg ./cmd/klarbeleg
	@exec .cache/klarbeleg serve --embedded $(ARGS)

demo: run ## The same as run

.PHONY: test
test: ## Run all tests; sets up PostgreSQL, Chromium and OpenSSL where they are missing
	@internal/tools/prepare postgresql chromium openssl
	@if [ "$(KAFKA)" = auto ] && internal/tools/has-kafka; then \
		echo "Broker tests run against the embedded broker and Apache Kafka."; \
		go run ./cmd/devkafka -- $(GO_TEST) ./...; \
	else \
		echo "Broker tests run against the embedded broker only (Apache Kafka needs Java 17 and Maven)."; \
		$(GO_TEST) ./...; \
	fi

.PHONY: test-short
test-short: ## Run the tests that need neither database nor browser
	@$(GO_TEST) -short ./...

.PHONY: race
race: ## Run all tests with the race detector
	@internal/tools/prepare postgresql chromium gcc openssl
	@go test -race -timeout 20m -p 2 ./...

.PHONY: fuzz
fuzz: ## Run every fuzzer for FUZZTIME (10s)
	@git ls-files -co --exclude-standard '*_test.go' | xargs grep -sHoE '^func Fuzz[A-Za-z0-9_]+' \
	| sed -E 's|^(.*)/[^/]+:func (.*)|\1 \2|' | while read -r dir name; do \
		echo "$$dir $$name"; \
		go test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x "./$$dir" || exit 1; \
	done

.PHONY: bench
bench: ## Measure tokenizer, checks and the whole pipeline against their limits
	@internal/tools/prepare postgresql
	@go run ./cmd/klarbeleg bench $(ARGS)

.PHONY: lint
lint: ## Run the linters
	@$(LINT) run ./...

.PHONY: format
format: ## Format the code as the linters want it
	@$(LINT) fmt ./...

.PHONY: generate
generate: ## Write generated code and documents anew
	@internal/tools/prepare postgresql
	@go generate ./...
	@mkdir -p .cache && go run ./cmd/klarbeleg schema-dump >.cache/schema.sql && cp .cache/schema.sql schema/schema.sql

.PHONY: verify
verify: ## Fail when anything generated, the schema dump or go.mod is out of date
	@internal/tools/prepare postgresql
	@internal/tools/verify

.PHONY: check
check: lint verify race ## The gate before a commit: lint, verify, race

.PHONY: kafka
kafka: ## Start Apache Kafka on this machine (KAFKA_NODES=3 for three brokers)
	@go build -o .cache/devkafka ./cmd/devkafka
	@exec .cache/devkafka -nodes $(KAFKA_NODES) $(ARGS)
