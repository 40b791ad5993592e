package report

import (
	_ "embed" // the German texts of the workbooks
	"encoding/json"
	"fmt"
)

//go:embed texts.json
var textsJSON []byte

// texts are the German words of the workbooks, by key.
type texts map[string]string

func loadTexts() (texts, error) {
	var t texts
	if err := json.Unmarshal(textsJSON, &t); err != nil {
		return nil, fmt.Errorf("read report texts: %w", err)
	}
	return t, nil
}

// of returns the text of the key. A missing one is a fault of the program.
func (t texts) of(key string) string {
	text, ok := t[key]
	if !ok {
		panic("report: no text for " + key)
	}
	return text
}
