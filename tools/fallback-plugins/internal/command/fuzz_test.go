package command

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzOutput checks that the output of a command, which a compromised node chooses, controls no terminal, is bounded, and
// loses no other character.
func FuzzOutput(f *testing.F) {
	for _, seed := range []string{"", "a\tb\n", "\x1b[31mred\x1b[0m", "\x1b]0;title\x07", "\x1b]8;;", "\u009b1m", "\xff\xfe", "é\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		shown := printable(text)
		if strings.IndexFunc(shown, isObeyed) >= 0 || !utf8.ValidString(shown) {
			t.Errorf("printable(%q) is %q, which a terminal obeys", text, shown)
		}
		if again := printable(shown); again != shown {
			t.Errorf("printable(%q) is %q, and then %q", text, shown, again)
		}
		var kept excerpt
		var lines []string
		log := lineLog{show: func(line string) { lines = append(lines, line) }}
		for rest := text; rest != ""; {
			size := min(len(rest), 7)
			kept.Write([]byte(rest[:size]))
			log.Write([]byte(rest[:size]))
			rest = rest[size:]
		}
		log.flush()
		if len(text) <= keptHead && kept.String() != text {
			t.Errorf("the excerpt of %q is %q", text, kept.String())
		}
		for _, line := range lines {
			if line == "" || len(line) > maxShownLine || strings.ContainsFunc(line, isObeyed) {
				t.Errorf("%q is shown as the line %q", text, line)
			}
		}
	})
}

// FuzzConnection checks that a host key and a private key are used or refused, and that no error shows the private key.
func FuzzConnection(f *testing.F) {
	f.Add("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "-----BEGIN OPENSSH PRIVATE KEY-----\nYQ==\n-----END OPENSSH PRIVATE KEY-----\n")
	f.Add("", "")
	f.Add("ssh-rsa AAAA a", "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nYQ==\n-----END RSA PRIVATE KEY-----\n")
	f.Fuzz(func(t *testing.T, hostKey, privateKey string) {
		host, socket := "192.0.2.1", ""
		connection := Connection{Host: &host, HostKey: &hostKey, PrivateKey: &privateKey, AgentSocketPath: &socket}
		config, done, err := connection.clientConfig()
		defer done()
		if (err == nil) != (config != nil) {
			t.Errorf("the configuration is %v, and the error is %v", config, err)
		}
		if err != nil && len(privateKey) > 40 && strings.Contains(err.Error(), privateKey) {
			t.Errorf("the error shows the private key: %v", err)
		}
	})
}
