// Command klarbeleg is the whole system: serve runs its roles, the other
// commands are what operators and senders need at a prompt. main wires and
// nothing else.
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
)

// gcPercent trades memory for speed: what lives is a few megabytes of buffers, so
// a garbage collection at twice that would run without end. GOGC overrides it.
const gcPercent = 400

func main() {
	if _, set := os.LookupEnv("GOGC"); !set {
		debug.SetGCPercent(gcPercent)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], surroundings{environ: environ, stdout: os.Stdout, stderr: os.Stderr, stop: stop})
	stop()
	os.Exit(code)
}

// environ returns the environment variables by name.
func environ() map[string]string {
	values := map[string]string{}
	for _, kv := range os.Environ() {
		name, value, _ := strings.Cut(kv, "=")
		values[name] = value
	}
	return values
}
