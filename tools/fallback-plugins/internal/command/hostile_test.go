package command

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	p "github.com/pulumi/pulumi-go-provider"
)

// A compromised machine may write anything, any amount of it, and answer at any time.

func TestRemoteFloodOfErrorsKeepsBeginningAndEnd(t *testing.T) {
	machine, engine := startServer(t), newEngine(t, remoteToken)
	const flood = "echo begun >&2; head -c 20000000 /dev/zero | tr '\\0' x >&2; echo ended >&2"
	state := engine.mustCreate(machine.on(props("create", flood+"; echo result", "logging", "stderr")))
	expectText(t, state, "stdout", "result")
	stderr := state.Get("stderr").AsString()
	if !strings.HasPrefix(stderr, "begun\nx") || !strings.HasSuffix(stderr, "xended") {
		t.Errorf("stderr begins with %.20q and ends with %q", stderr, stderr[max(0, len(stderr)-20):])
	}
	cut := 20000000 + len("begun\n") + len("ended\n") - keptHead - keptTail
	if !strings.Contains(stderr, fmt.Sprintf("\n[%d bytes left out]\n", cut)) || len(stderr) > keptHead+keptTail+100 {
		t.Errorf("of 20 MB %d bytes are kept, and it does not say that %d are missing", len(stderr), cut)
	}
	_, err := engine.create(machine.on(props("create", flood+"; exit 1", "logging", "none")))
	if err == nil || !strings.Contains(err.Error(), "begun") || !strings.Contains(err.Error(), "ended") ||
		!strings.Contains(err.Error(), "bytes left out") || len(err.Error()) > keptHead+keptTail+1000 {
		t.Errorf("an error of %d bytes does not have beginning and end alone", len(fmt.Sprint(err)))
	}
}

func TestFloodOfResultsFailsAtOnce(t *testing.T) {
	machine := startServer(t)
	remote, local := newEngine(t, remoteToken), newEngine(t, localToken)
	// The command would never end.
	inputs := props("create", "yes", "logging", "none")
	for name, create := range map[string]func() error{
		"remote": func() error { _, err := remote.create(machine.on(inputs)); return err },
		"local":  func() error { _, err := local.create(inputs); return err },
	} {
		started := time.Now()
		err := create()
		if err == nil || !strings.Contains(err.Error(), "more than 4194304 bytes to its standard output") {
			t.Errorf("%s: error %.200v, want the limit of a result", name, err)
		}
		if took := time.Since(started); took > 30*time.Second {
			t.Errorf("%s: stopping took %s", name, took)
		}
	}
}

func TestLargeResultIsWhole(t *testing.T) {
	machine, engine := startServer(t), newEngine(t, remoteToken)
	state := engine.mustCreate(machine.on(props("create", "head -c 4194304 /dev/zero | tr '\\0' x", "logging", "none")))
	if got := len(state.Get("stdout").AsString()); got != maxResult {
		t.Errorf("the result has %d bytes, want %d", got, maxResult)
	}
}

func TestRemoteMachineThatAnswersNothingMeetsTheTimeLimit(t *testing.T) {
	machine, engine := startServer(t), newEngine(t, remoteToken)
	machine.deaf.Store(true)
	inputs := engine.check(machine.on(props("create", "true")))
	started := time.Now()
	_, err := engine.Create(p.CreateRequest{Urn: engine.urn, Properties: inputs, Timeout: 1})
	if err == nil || !strings.Contains(err.Error(), "customTimeouts") || time.Since(started) > 20*time.Second {
		t.Fatalf("error %v after %s, want the time limit", err, time.Since(started))
	}
	if machine.logins.Load() != 1 {
		t.Errorf("%d logins, want one", machine.logins.Load())
	}
}

func TestRemoteUpdateAndDeleteMeetTheTimeLimit(t *testing.T) {
	machine, engine := startServer(t), newEngine(t, remoteToken)
	inputs := engine.check(machine.on(props("create", "true", "update", "sleep 60", "delete", "sleep 60")))
	state := engine.mustCreate(inputs)
	_, err := engine.Update(p.UpdateRequest{ID: "id", Urn: engine.urn, State: state, Inputs: inputs, Timeout: 1})
	if err == nil || !strings.Contains(err.Error(), "customTimeouts") {
		t.Errorf("update: error %v, want the time limit", err)
	}
	err = engine.Delete(p.DeleteRequest{ID: "id", Urn: engine.urn, Properties: state, Timeout: 1})
	if err == nil || !strings.Contains(err.Error(), "customTimeouts") {
		t.Errorf("delete: error %v, want the time limit", err)
	}
}

func TestRemoteErrorShowsNothingThatATerminalObeys(t *testing.T) {
	machine, engine := startServer(t), newEngine(t, remoteToken)
	_, err := engine.create(machine.on(props("create", `printf 'a\033[2Jb\tc\033]0;title\007d\rwhy\n' >&2; exit 1`)))
	if err == nil || !strings.HasSuffix(err.Error(), ":\nab\tcdwhy\n") {
		t.Errorf("error %q", fmt.Sprint(err))
	}
}

func TestShownLinesAreWhatNoTerminalObeys(t *testing.T) {
	var shown []string
	log := &lineLog{show: func(line string) { shown = append(shown, line) }}
	for text, want := range map[string]string{
		"plain\ttext, äöü 语\n":              "plain\ttext, äöü 语",
		"\x1b[31mred\x1b[0m\n":              "red",
		"\x1b]52;c;ZXZpbA==\x07clipboard\n": "clipboard",
		"\x1b]8;;http://x\x1b\\link\n":      "link",
		"\x1bPq#0\x1b\\sixel\n":             "sixel",
		"\x1bcreset\n":                      "reset",
		"over\rwrite\b\x00\x7f\n":           "overwrite",
		"\u009b2Jeight\x9b2Jbits\n":         "2Jeight2Jbits",
		"\x1b[\n":                           "",
		"\x1b\n":                            "",
	} {
		shown = nil
		log.Write([]byte(text))
		if got := strings.Join(shown, "|"); got != want {
			t.Errorf("%q is shown as %q, want %q", text, got, want)
		}
	}
}

func TestShownLinesHaveALimit(t *testing.T) {
	var shown []string
	log := &lineLog{show: func(line string) { shown = append(shown, line) }}
	line := append(bytes.Repeat([]byte("x"), 1023), '\n')
	for range 5000 {
		log.Write(line)
	}
	if last := shown[len(shown)-1]; last != "[more than 1048576 bytes: the rest is not shown]" {
		t.Errorf("the last line is %.100q", last)
	}
	if want := maxShown/1023 + 2; len(shown) > want {
		t.Errorf("%d lines are shown, want %d at most", len(shown), want)
	}
}

func TestExcerptStaysSmallAndExact(t *testing.T) {
	for _, size := range []int{0, 1, keptHead, keptHead + 1, keptHead + keptTail, keptHead + keptTail + 1, 10_000_000} {
		for _, piece := range []int{1 << 10, 32 << 10, 20_000_000} {
			var kept excerpt
			all := make([]byte, size)
			for i := range all {
				all[i] = 'a' + byte(i%23)
			}
			for rest := all; len(rest) > 0; {
				n := min(piece, len(rest))
				kept.Write(rest[:n])
				rest = rest[n:]
			}
			want := string(all)
			if cut := size - keptHead - keptTail; cut > 0 {
				want = fmt.Sprintf("%s\n[%d bytes left out]\n%s", all[:keptHead], cut, all[size-keptTail:])
			}
			if kept.String() != want {
				t.Errorf("%d bytes in pieces of %d are kept wrongly", size, piece)
			}
			if held := cap(kept.head) + cap(kept.tail); held > 4*(keptHead+keptTail) {
				t.Errorf("%d bytes in pieces of %d hold %d", size, piece, held)
			}
		}
	}
}
