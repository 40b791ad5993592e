package main

import (
	"errors"
	"io"
	"strings"
	"testing"
)

func TestRun(t *testing.T) {
	t.Run("OPS-1 a given Apache Kafka is used, and the command's exit code is ours", func(t *testing.T) {
		t.Setenv(testEnv, "127.0.0.1:1")
		var out strings.Builder
		err := run(t.Context(), []string{"--", "sh", "-c", `test "$` + testEnv + `" = 127.0.0.1:1 && exit 7`}, &out)
		var failed *commandError
		if !errors.As(err, &failed) || failed.code != 7 {
			t.Errorf("error %v, want exit code 7", err)
		}
		if !strings.Contains(out.String(), "127.0.0.1:1") {
			t.Errorf("it does not say which Kafka it uses: %q", out.String())
		}
	})
	t.Run("OPS-1 a wrong number of brokers is refused", func(t *testing.T) {
		t.Setenv(nodesEnv, "three")
		if err := run(t.Context(), nil, io.Discard); err == nil {
			t.Error("accepted")
		}
	})
}
