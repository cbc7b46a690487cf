package command

import (
	"regexp"
	"strings"
	"unicode"
)

// escapeSequence matches the sequences of ECMA-48 after an escape character: control sequences, control strings up to their
// end, and two-character escapes. The one-character forms of the 8-bit code are in unicode.Cc.
var escapeSequence = regexp.MustCompile(
	"\x1b(?:\\[[0-?]*[ -/]*[@-~]|[\\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\\\)?|[ -/]*[0-~])")

// printable removes everything that a terminal would obey. A compromised node must not move the cursor of the user's
// terminal, change its title or fill the clipboard. Line ends and tabs stay.
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
	// Outside of UTF-8 mode, a terminal interprets some invalid bytes as control characters.
	return r != '\n' && r != '\t' && (unicode.IsControl(r) || r == unicode.ReplacementChar)
}
