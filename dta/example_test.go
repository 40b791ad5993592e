package dta_test

import (
	"fmt"
	"strings"

	"klarbeleg/dta"
)

// A stream is cut into messages, and a message into segments and elements. Release
// characters are taken away with the text of a field.
func Example() {
	file := "UNB+UNOC:3'UNH+00001+SLLA:21:0:0'NAD+O?'Neill+Ada'UNT+000003+00001'UNZ+000001'"
	scanner := dta.NewScanner(strings.NewReader(file))
	var tokens dta.Tokenizer
	for scanner.Next() {
		unit := scanner.Unit()
		if !unit.Message {
			continue // the head or the end of the file
		}
		fmt.Println("message at byte", unit.Offset)
		for tokens.Reset(string(unit.Raw)); tokens.Next(); {
			fmt.Print(tokens.Tag())
			for _, f := range tokens.Fields() {
				fmt.Printf(" %d.%d=%s", f.Element, f.Component, tokens.Text(f))
			}
			fmt.Println()
		}
	}
	fmt.Println("bytes", scanner.Offset(), "error", scanner.Err())
	// Output:
	// message at byte 11
	// UNH 1.1=00001 2.1=SLLA 2.2=21 2.3=0 2.4=0
	// NAD 1.1=O'Neill 2.1=Ada
	// UNT 1.1=000003 2.1=00001
	// bytes 78 error <nil>
}

// Character sets of 7 bits have German letters in the place of brackets.
func ExampleCharset() {
	text, _, _ := dta.I7.Text([]byte("M]NCHEN"))
	raw, err := dta.I1.Append(nil, text)
	fmt.Printf("%s %q %v\n", text, raw, err)
	_, err = dta.I1.Append(nil, "Łódź")
	fmt.Println(err)
	// Output:
	// MÜNCHEN "M\xdcNCHEN" <nil>
	// I1: character is not part of the character set
}
