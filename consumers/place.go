package consumers

import (
	"bytes"
	"strings"
)

// place returns the first line of a stack that belongs to us below the panic:
// "file.go:123". Arguments, which could quote data, are left out.
func place(stack []byte) string {
	seen := false
	for line := range bytes.Lines(stack) {
		s := strings.TrimSpace(string(line))
		if strings.HasPrefix(s, "panic(") {
			seen = true
			continue
		}
		if seen && strings.Contains(s, ".go:") && !strings.Contains(s, "/runtime/") {
			file, _, _ := strings.Cut(s, " ")
			return file[strings.LastIndexByte(file, '/')+1:]
		}
	}
	return "unknown"
}
