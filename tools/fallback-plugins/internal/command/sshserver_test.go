package command

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"net"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/crypto/ssh"
)

// sshServer is a real ssh server on loopback that runs commands with /bin/sh. It accepts variables whose names begin
// with NF_, as an sshd with that AcceptEnv does.
type sshServer struct {
	address   string
	port      float64
	hostKey   string // as in known_hosts
	userKey   string // PEM of the only key that may log in
	silent    chan struct{}
	deaf      atomic.Bool // whether it accepts logins and then answers no request
	logins    atomic.Int32
	connected []net.Conn
	mutex     sync.Mutex
}

// known returns a host key as in known_hosts.
func known(host ssh.Signer) string {
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(host.PublicKey())))
}

func newKey(t *testing.T) (ssh.Signer, string) {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(private, "")
	if err != nil {
		t.Fatal(err)
	}
	return signer, string(pem.EncodeToMemory(block))
}

// startServer listens on a free port of loopback until the test ends.
func startServer(t *testing.T) *sshServer {
	t.Helper()
	host, _ := newKey(t)
	user, userKey := newKey(t)
	server := startServerAs(t, "127.0.0.1:0", host, user)
	server.userKey = userKey
	return server
}

// startServerAs is startServer at a given address, with given keys of the host and of its user.
func startServerAs(t *testing.T, address string, host, user ssh.Signer) *sshServer {
	t.Helper()
	listener, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	server := &sshServer{
		address: listener.Addr().String(),
		port:    float64(listener.Addr().(*net.TCPAddr).Port),
		hostKey: known(host),
		silent:  make(chan struct{}),
	}
	config := &ssh.ServerConfig{
		PublicKeyCallback: func(_ ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
			if string(key.Marshal()) != string(user.PublicKey().Marshal()) {
				return nil, ssh.ErrNoAuth
			}
			return nil, nil
		},
	}
	config.AddHostKey(host)
	go func() {
		for {
			stream, err := listener.Accept()
			if err != nil {
				return
			}
			go server.serve(stream, config)
		}
	}()
	t.Cleanup(func() {
		listener.Close()
		server.mutex.Lock()
		defer server.mutex.Unlock()
		for _, stream := range server.connected {
			stream.Close()
		}
	})
	return server
}

func (s *sshServer) serve(stream net.Conn, config *ssh.ServerConfig) {
	connection, channels, requests, err := ssh.NewServerConn(stream, config)
	if err != nil {
		stream.Close()
		return
	}
	s.logins.Add(1)
	s.mutex.Lock()
	s.connected = append(s.connected, stream)
	s.mutex.Unlock()
	go func() {
		for request := range requests {
			select {
			case <-s.silent: // a dead machine answers nothing, but its connection stays
			default:
				if request.WantReply {
					request.Reply(false, nil)
				}
			}
		}
	}()
	for channel := range channels {
		if s.deaf.Load() {
			continue
		}
		if channel.ChannelType() == "session" {
			go serveSession(channel)
		} else {
			channel.Reject(ssh.UnknownChannelType, "")
		}
	}
	connection.Close()
}

func serveSession(incoming ssh.NewChannel) {
	channel, requests, err := incoming.Accept()
	if err != nil {
		return
	}
	var environment []string
	var process *exec.Cmd
	for request := range requests {
		switch request.Type {
		case "env":
			var variable struct{ Name, Value string }
			ssh.Unmarshal(request.Payload, &variable)
			accepted := strings.HasPrefix(variable.Name, "NF_")
			if accepted {
				environment = append(environment, variable.Name+"="+variable.Value)
			}
			request.Reply(accepted, nil)
		case "exec":
			var command struct{ Line string }
			ssh.Unmarshal(request.Payload, &command)
			process = exec.Command("/bin/sh", "-c", command.Line)
			process.Env = environment
			process.Stdin, process.Stdout, process.Stderr = channel, channel, channel.Stderr()
			request.Reply(process.Start() == nil, nil)
			go func() {
				process.Wait()
				status := struct{ Code uint32 }{uint32(process.ProcessState.ExitCode())}
				channel.SendRequest("exit-status", false, ssh.Marshal(&status))
				channel.Close()
			}()
		case "signal":
			process.Process.Kill()
		default:
			request.Reply(false, nil)
		}
	}
	if process != nil && process.ProcessState == nil {
		process.Process.Kill()
	}
}
