package command

import (
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

func TestRemoteCreateUpdateDelete(t *testing.T) {
	machine, engine := startServer(t), newEngine(t, remoteToken)
	log := filepath.Join(t.TempDir(), "log")
	first := machine.on(props("create", `cat; echo "$NF_A" >&2`, "stdin", "line one\nline two\n\n",
		"environment", map[string]any{"NF_A": "variable"}, "delete", "echo $NF_A >> "+log))
	state := engine.mustCreate(first)
	expectText(t, state, "stdout", "line one\nline two\n")
	expectText(t, state, "stderr", "variable")

	state, err := engine.update(state, first.Set("stdin", property.New("again")))
	if err != nil {
		t.Fatal(err)
	}
	expectText(t, state, "stdout", "again") // create runs again without an update command
	state, err = engine.update(state, first.Set("update", property.New("echo updated")))
	if err != nil {
		t.Fatal(err)
	}
	expectText(t, state, "stdout", "updated")
	expectText(t, state, "stderr", "")

	if err := engine.delete(state); err != nil {
		t.Fatal(err)
	}
	if written, _ := os.ReadFile(log); string(written) != "variable\n" {
		t.Errorf("the delete command wrote %q", written)
	}
}

func TestRemoteConnectionIsSecretAndOutputIsNot(t *testing.T) {
	machine, engine := startServer(t), newEngine(t, remoteToken)
	state := engine.mustCreate(machine.on(props("create", "echo plain")))
	if !state.Get("connection").Secret() {
		t.Error("connection is not secret in the state")
	}
	if state.Get("stdout").Secret() {
		t.Error("stdout is secret, though nothing asked for it")
	}
}

func TestRemotePreviewConnectsToNothing(t *testing.T) {
	machine, engine := startServer(t), newEngine(t, remoteToken)
	inputs := engine.check(machine.on(props("create", "true")))
	response, err := engine.Create(p.CreateRequest{Urn: engine.urn, Properties: inputs, DryRun: true})
	if err != nil {
		t.Fatal(err)
	}
	if !response.Properties.Get("stdout").IsComputed() {
		t.Errorf("stdout of a create preview is %#v, want unknown", response.Properties.Get("stdout"))
	}
	state := engine.mustCreate(machine.on(props("create", "true")))
	changed := engine.check(machine.on(props("create", "false")))
	updated, err := engine.Update(p.UpdateRequest{ID: "id", Urn: engine.urn, State: state, Inputs: changed,
		OldInputs: inputs, DryRun: true})
	if err != nil {
		t.Fatal(err)
	}
	if !updated.Properties.Get("stdout").IsComputed() {
		t.Errorf("stdout of an update preview is %#v, want unknown", updated.Properties.Get("stdout"))
	}
	if machine.logins.Load() != 1 {
		t.Errorf("%d logins, want only the create's", machine.logins.Load())
	}
}

func TestRemoteRefusesWhatOnlyTheOfficialConnectionHas(t *testing.T) {
	machine, engine := startServer(t), newEngine(t, remoteToken)
	connection := machine.connection().Set("proxy", property.New(machine.connection())).
		Set("password", property.New("secret-password")).Set("privateKeyPassword", property.New("secret-passphrase"))
	inputs := props("create", "true").Set("connection", property.New(connection).WithSecret(true))
	response, err := engine.Check(p.CheckRequest{Urn: engine.urn, Inputs: inputs})
	if err != nil {
		t.Fatal(err)
	}
	var refused []string
	for _, failure := range response.Failures {
		refused = append(refused, failure.Property)
		if !strings.Contains(failure.Reason, "does not implement property") || strings.Contains(failure.Reason, "secret-") {
			t.Errorf("the reason is %q", failure.Reason)
		}
	}
	want := []string{"connection.password", "connection.privateKeyPassword", "connection.proxy"}
	if !slices.Equal(refused, want) {
		t.Errorf("refused are %v, want %v", refused, want)
	}
}

func TestRemoteRefusesWrongHostKey(t *testing.T) {
	machine, other, engine := startServer(t), startServer(t), newEngine(t, remoteToken)
	connection := machine.connection().Set("hostKey", property.New(other.hostKey))
	_, err := engine.create(props("create", "true").Set("connection", property.New(connection)))
	if err == nil || !strings.Contains(err.Error(), "host key mismatch") {
		t.Fatalf("error %v, want a refused host key", err)
	}
	if machine.logins.Load() != 0 {
		t.Error("logged in to a machine that is not the pinned one")
	}
}

func TestRemoteTrustsNoServerWithoutAHostKey(t *testing.T) {
	machine, engine := startServer(t), newEngine(t, remoteToken)
	for _, connection := range []property.Map{
		machine.connection().Delete("hostKey"),
		machine.connection().Set("hostKey", property.New("")),
	} {
		_, err := engine.create(props("create", "true").Set("connection", property.New(connection)))
		if err == nil || !strings.Contains(err.Error(), "hostKey is not set") {
			t.Errorf("error %v, want a missing host key", err)
		}
	}
	if machine.logins.Load() != 0 {
		t.Error("logged in to a machine whose host key is unknown")
	}
}

func TestRemoteRefusesWrongUserKey(t *testing.T) {
	machine, engine := startServer(t), newEngine(t, remoteToken)
	_, stranger := newKey(t)
	connection := machine.connection().Set("privateKey", property.New(stranger))
	_, err := engine.create(props("create", "true").Set("connection", property.New(connection)))
	if err == nil || !strings.Contains(err.Error(), "unable to authenticate") {
		t.Fatalf("error %v, want a refused login", err)
	}
}

func TestRemoteWithKeyIgnoresTheEnvironmentsAgent(t *testing.T) {
	t.Setenv("SSH_AUTH_SOCK", filepath.Join(t.TempDir(), "gone"))
	machine, engine := startServer(t), newEngine(t, remoteToken)
	expectText(t, engine.mustCreate(machine.on(props("create", "echo in"))), "stdout", "in")

	withoutKey := machine.connection().Delete("privateKey")
	_, err := engine.create(props("create", "true").Set("connection", property.New(withoutKey)))
	if err == nil || !strings.Contains(err.Error(), "failed to reach the ssh agent") {
		t.Fatalf("error %v, want an agent that cannot be reached", err)
	}
}

func TestRemoteAgent(t *testing.T) {
	machine, engine := startServer(t), newEngine(t, remoteToken)
	withoutKey := machine.connection().Delete("privateKey")
	key, err := ssh.ParseRawPrivateKey([]byte(machine.userKey))
	if err != nil {
		t.Fatal(err)
	}
	socket, asked := startAgent(t, key)
	byAgent := withoutKey.Set("agentSocketPath", property.New(socket))
	expectText(t, engine.mustCreate(props("create", "echo in").Set("connection", property.New(byAgent))), "stdout", "in")
	if asked.Load() != 1 {
		t.Errorf("the agent was asked %d times, want once", asked.Load())
	}
}

// startAgent serves an agent with one key until the test ends, and counts its connections.
func startAgent(t *testing.T, key any) (string, *atomic.Int32) {
	t.Helper()
	keyring, asked := agent.NewKeyring(), new(atomic.Int32)
	if err := keyring.Add(agent.AddedKey{PrivateKey: key}); err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(t.TempDir(), "agent")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			asked.Add(1)
			go agent.ServeAgent(keyring, client)
		}
	}()
	return socket, asked
}

func TestRemoteWithKeyAsksNoAgentThatIsNotNamed(t *testing.T) {
	machine, engine := startServer(t), newEngine(t, remoteToken)
	key, err := ssh.ParseRawPrivateKey([]byte(machine.userKey))
	if err != nil {
		t.Fatal(err)
	}
	socket, asked := startAgent(t, key)
	for _, environment := range []string{socket, filepath.Join(t.TempDir(), "dead")} {
		t.Setenv("SSH_AUTH_SOCK", environment)
		expectText(t, engine.mustCreate(machine.on(props("create", "echo in"))), "stdout", "in")
	}
	if asked.Load() != 0 {
		t.Errorf("the agent of SSH_AUTH_SOCK was asked %d times", asked.Load())
	}
}

func TestRemoteTriesAgainUntilTheMachineIsUp(t *testing.T) {
	reserved, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address, port := reserved.Addr().String(), float64(reserved.Addr().(*net.TCPAddr).Port)
	reserved.Close()
	host, _ := newKey(t)
	user, userKey := newKey(t)
	connection := props("host", "127.0.0.1", "port", port, "privateKey", userKey, "hostKey", known(host),
		"dialErrorLimit", -1.0)
	time.AfterFunc(500*time.Millisecond, func() { startServerAs(t, address, host, user) })
	engine := newEngine(t, remoteToken)
	expectText(t, engine.mustCreate(props("create", "echo up").Set("connection", property.New(connection))), "stdout", "up")
}

func TestRemoteGivesUpAtTheErrorLimit(t *testing.T) {
	engine := newEngine(t, remoteToken)
	host, _ := newKey(t)
	_, userKey := newKey(t)
	connection := props("host", "127.0.0.1", "port", 1.0, "privateKey", userKey, "hostKey", known(host), "dialErrorLimit", 2.0)
	_, err := engine.create(props("create", "true").Set("connection", property.New(connection)))
	if err == nil || !strings.Contains(err.Error(), "after 3 failed attempts") {
		t.Fatalf("error %v, want one after the limit of two", err)
	}
}

func TestRemoteFailureTellsEverythingButSecrets(t *testing.T) {
	machine, engine := startServer(t), newEngine(t, remoteToken)
	_, err := engine.create(machine.on(props("create", "echo to-out; echo to-err >&2; exit 3", "stdin", "secret-stdin",
		"environment", map[string]any{"NF_SECRET": "secret-variable"})))
	if err == nil {
		t.Fatal("a command that exits with 3 succeeded")
	}
	for _, wanted := range []string{"status 3", `running "echo to-out; echo to-err >&2; exit 3":`, "to-out", "to-err"} {
		if !strings.Contains(err.Error(), wanted) {
			t.Errorf("error %q lacks %q", err, wanted)
		}
	}
	for _, secret := range []string{"secret-stdin", "secret-variable", "PRIVATE KEY"} {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("error %q shows %q", err, secret)
		}
	}
}

func TestRemoteRefusedVariableIsAnErrorButPreviousOutputIsNot(t *testing.T) {
	machine, engine := startServer(t), newEngine(t, remoteToken)
	_, err := engine.create(machine.on(props("create", "true", "environment", map[string]any{"OTHER": "secret-value"})))
	if err == nil || !strings.Contains(err.Error(), `"OTHER"`) || strings.Contains(err.Error(), "secret-value") {
		t.Fatalf("error %v, want one that names OTHER without its value", err)
	}
	state := engine.mustCreate(machine.on(props("create", "echo before")))
	// This server refuses PULUMI_COMMAND_STDOUT, which is optional.
	state, err = engine.update(state, machine.on(props("create", `echo "[$PULUMI_COMMAND_STDOUT]"`)))
	if err != nil {
		t.Fatal(err)
	}
	expectText(t, state, "stdout", "[]")
}

func TestRemoteCancel(t *testing.T) {
	machine, engine := startServer(t), newEngine(t, remoteToken)
	time.AfterFunc(500*time.Millisecond, func() { engine.Cancel() })
	started := time.Now()
	_, err := engine.create(machine.on(props("create", "echo begun; sleep 60")))
	if err == nil || !strings.Contains(err.Error(), "cancelled") || !strings.Contains(err.Error(), "begun") {
		t.Fatalf("error %v, want a cancelled run with the output so far", err)
	}
	if took := time.Since(started); took > 10*time.Second {
		t.Errorf("cancelling took %s", took)
	}
}

func TestRemoteTimeLimit(t *testing.T) {
	machine, engine := startServer(t), newEngine(t, remoteToken)
	inputs := engine.check(machine.on(props("create", "sleep 60")))
	_, err := engine.Create(p.CreateRequest{Urn: engine.urn, Properties: inputs, Timeout: 1})
	if err == nil || !strings.Contains(err.Error(), "customTimeouts") {
		t.Fatalf("error %v, want the time limit", err)
	}
}

func TestRemoteDeadMachineIsNoticed(t *testing.T) {
	interval, limit := keepAliveInterval, keepAliveLimit
	if interval+limit >= time.Minute {
		t.Errorf("a dead machine is noticed after %s, want less than a minute", interval+limit)
	}
	keepAliveInterval, keepAliveLimit = 100*time.Millisecond, 300*time.Millisecond
	t.Cleanup(func() { keepAliveInterval, keepAliveLimit = interval, limit })

	machine, engine := startServer(t), newEngine(t, remoteToken)
	state := engine.mustCreate(machine.on(props("create", "sleep 1; echo alive")))
	expectText(t, state, "stdout", "alive") // answered keepalives have no effect
	close(machine.silent)
	_, err := engine.create(machine.on(props("create", "sleep 60")))
	if err == nil || !strings.Contains(err.Error(), "keepalives") {
		t.Fatalf("error %v, want a machine that stopped answering", err)
	}
}

func TestSilentListenerIsGivenUp(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0") // accepts connections and sends nothing
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	engine := newEngine(t, remoteToken)
	host, _ := newKey(t)
	_, userKey := newKey(t)
	connection := props("host", "127.0.0.1", "port", float64(listener.Addr().(*net.TCPAddr).Port), "privateKey", userKey,
		"hostKey", known(host), "dialErrorLimit", 0.0, "perDialTimeout", 1.0)
	_, err = engine.create(props("create", "true").Set("connection", property.New(connection)))
	if err == nil || !strings.Contains(err.Error(), "logging in took too long") {
		t.Fatalf("error %v, want the limit of logging in", err)
	}
}
