package command

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

func TestLocalCreateUpdateDelete(t *testing.T) {
	engine, dir := newEngine(t, localToken), t.TempDir()
	first := props("create", `cat; pwd >&2`, "stdin", "hello\n", "dir", dir,
		"update", `echo "was $PULUMI_COMMAND_STDOUT"`, "delete", `echo "$WHAT" > gone`,
		"environment", map[string]any{"WHAT": "bye"})
	state := engine.mustCreate(first)
	expectText(t, state, "stdout", "hello")
	expectText(t, state, "stderr", dir)
	state, err := engine.update(state, first.Set("stdin", property.New("")))
	if err != nil {
		t.Fatal(err)
	}
	expectText(t, state, "stdout", "was hello")
	if err := engine.delete(state); err != nil {
		t.Fatal(err)
	}
	if written, _ := os.ReadFile(filepath.Join(dir, "gone")); string(written) != "bye\n" {
		t.Errorf("the delete command wrote %q", written)
	}
}

func TestLocalInterpreterAndFailure(t *testing.T) {
	engine := newEngine(t, localToken)
	state := engine.mustCreate(props("create", "a b", "interpreter", []any{"printf", "%s!"}))
	expectText(t, state, "stdout", "a b!")
	_, err := engine.create(props("create", "echo why; exit 4", "stdin", "secret-stdin"))
	if err == nil || !strings.Contains(err.Error(), `exit status 4: running "echo why; exit 4":`) ||
		!strings.Contains(err.Error(), "why") || strings.Contains(err.Error(), "secret-stdin") {
		t.Fatalf("error %v", err)
	}
}

func TestLocalCancelStopsTheWholeGroup(t *testing.T) {
	engine := newEngine(t, localToken)
	mark := filepath.Join(t.TempDir(), "mark")
	time.AfterFunc(300*time.Millisecond, func() { engine.Cancel() })
	_, err := engine.create(props("create", "(sleep 2; touch "+mark+") & wait"))
	if err == nil || !strings.Contains(err.Error(), "cancelled") {
		t.Fatalf("error %v, want a cancelled run", err)
	}
	time.Sleep(2500 * time.Millisecond)
	if _, err := os.Stat(mark); err == nil {
		t.Error("a child of the shell continued to run")
	}
}

func TestWhatReplacesAndWhatUpdates(t *testing.T) {
	engine := newEngine(t, localToken)
	old := engine.check(props("create", "true", "triggers", []any{"a", "b"}))
	state := engine.mustCreate(old)
	for name, one := range map[string]struct {
		inputs property.Map
		key    string
		kind   p.DiffKind
	}{
		"a changed trigger": {old.Set("triggers", property.New([]property.Value{property.New("a"), property.New("c")})),
			"triggers[1]", p.UpdateReplace},
		"an added trigger":   {props("create", "true", "triggers", []any{"a", "b", "c"}), "triggers[2]", p.AddReplace},
		"removed triggers":   {props("create", "true"), "triggers", p.DeleteReplace},
		"a changed command":  {old.Set("create", property.New("false")), "create", p.Update},
		"an added stdin":     {old.Set("stdin", property.New("x")), "stdin", p.Add},
		"nothing changed":    {old, "", ""},
		"an engine property": {old.Set("__internal", property.New("x")), "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			diff, err := engine.Diff(p.DiffRequest{ID: "id", Urn: engine.urn, State: state, OldInputs: old,
				Inputs: one.inputs})
			if err != nil {
				t.Fatal(err)
			}
			if diff.HasChanges != (one.key != "") || diff.DetailedDiff[one.key].Kind != one.kind {
				t.Errorf("changes %v, diff %v, want %s of %q", diff.HasChanges, diff.DetailedDiff, one.kind, one.key)
			}
		})
	}
}

func TestOnlyTheImplementedPartIsTaken(t *testing.T) {
	engine := newEngine(t, localToken)
	response, err := engine.Check(p.CheckRequest{Urn: engine.urn,
		Inputs: props("create", "true", "assetPaths", []any{"*"}, "archivePaths", []any{"*"})})
	if err != nil || len(response.Failures) != 2 {
		t.Fatalf("error %v, failures %v, want two", err, response.Failures)
	}
	for i, property := range []string{"archivePaths", "assetPaths"} {
		failure := response.Failures[i]
		if failure.Property != property || !strings.Contains(failure.Reason, "nodeforge fallback") ||
			!strings.Contains(failure.Reason, property) {
			t.Errorf("failure %v, want one that names %s", failure, property)
		}
	}
	copyToRemote := resource.NewURN("test", "test", "", "command:remote:CopyToRemote", "it")
	_, err = engine.Check(p.CheckRequest{Urn: copyToRemote})
	if err == nil || !strings.Contains(err.Error(), "does not implement command:remote:CopyToRemote") {
		t.Errorf("error %v, want one that names the token", err)
	}
	_, err = engine.Invoke(p.InvokeRequest{Token: "command:local:run"})
	if err == nil || !strings.Contains(err.Error(), "command:local:run") {
		t.Errorf("error %v, want one that names the function", err)
	}
	_, err = engine.Read(p.ReadRequest{ID: "x", Urn: engine.urn})
	if err == nil || !strings.Contains(err.Error(), "import") {
		t.Errorf("error %v, want a refused import", err)
	}
}

func TestLogging(t *testing.T) {
	for value, want := range map[Logging][2]bool{
		LogStdout: {true, false}, LogStderr: {false, true}, LogBoth: {true, true}, LogNone: {false, false},
	} {
		if value.showsStdout() != want[0] || value.showsStderr() != want[1] {
			t.Errorf("%s shows stdout %v and stderr %v", value, value.showsStdout(), value.showsStderr())
		}
	}
	var lines []string
	log := &lineLog{show: func(line string) { lines = append(lines, line) }}
	log.Write([]byte("one\ntw"))
	log.Write([]byte("o\n\nunfinished"))
	log.flush()
	log.Write([]byte(strings.Repeat("x", maxShownLine+1)))
	log.flush()
	if len(lines) != 5 || lines[1] != "two" || lines[2] != "unfinished" || len(lines[3]) != maxShownLine || lines[4] != "x" {
		t.Errorf("%d lines: %.60q", len(lines), lines)
	}
}
