package command

import (
	"regexp"
	"strings"
	"unicode"
)

// escapeSequence is what ECMA-48 has after an escape character: control sequences, control strings up to their end, and
// two-character escapes. The one-character forms of the 8-bit code are among unicode.Cc.
var escapeSequence = regexp.MustCompile(
	"\x1b(?:\\[[0-?]*[ -/]*[@-~]|[\\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\\\)?|[ -/]*[0-~])")

// printable is text without what a terminal would obey: a node that was taken over must not move the cursor, change the
// title or fill the clipboard of the operator's. Line ends and tabs stay.
func printable(text string) string {
	if strings.IndexFunc(text, isObeyed) < 0 {
		return text
	}
	text = escapeSequence.ReplaceAllLiteralString(text, "")
	return strings.Map(func(r rune) rune {
		if isObeyed(r) {
			return -1
		}
		return r
	}, text)
}

func isObeyed(r rune) bool {
	// Invalid bytes: a terminal that is not in UTF-8 mode takes some of them for control characters.
	return r != '\n' && r != '\t' && (unicode.IsControl(r) || r == unicode.ReplacementChar)
}
