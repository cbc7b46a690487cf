package command

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	p "github.com/pulumi/pulumi-go-provider"
	"golang.org/x/crypto/ssh"
)

// session is one command to run over an existing ssh connection.
type session struct {
	command     string
	stdin       *string
	logging     *Logging
	environment map[string]string // the server must accept it
	previous    map[string]string // the server may refuse it
}

// runSession runs one command without a terminal. It returns at the end of the command or of ctx. It also returns if the
// peer is silent for too long, or if the output is too long for a result.
func runSession(ctx context.Context, client *ssh.Client, s session) (Streams, error) {
	// The keepalives begin before the first request, because a server may stop to answer right after the login.
	watching, stopWatching := context.WithCancelCause(ctx)
	defer stopWatching(nil)
	go keepAlive(watching, stopWatching, client)
	var running atomic.Pointer[ssh.Session]
	unhook := context.AfterFunc(watching, func() { abort(running.Load(), client) })
	defer unhook()
	// why returns the reason for which the connection was closed, else the error itself.
	why := func(err error) error {
		if ctx.Err() != nil {
			return stopped(ctx)
		}
		if cause := context.Cause(watching); cause != nil {
			return cause
		}
		return err
	}

	remote, err := client.NewSession()
	if err != nil {
		return Streams{}, fmt.Errorf("opening an ssh session: %w", why(err))
	}
	defer remote.Close()
	if err := s.sendEnvironment(ctx, remote); err != nil {
		return Streams{}, why(err)
	}
	if s.stdin != nil && *s.stdin != "" {
		remote.Stdin = strings.NewReader(*s.stdin)
	}
	var output capture
	remote.Stdout, remote.Stderr = output.writers(ctx, s.logging, stopWatching)
	running.Store(remote)
	err = remote.Run(s.command)
	if err != nil {
		err = why(err)
	}
	return output.result(s.command, err)
}

// abort sends SIGTERM to the command, if it has started, and closes the connection. Then every request and Run return. The
// signal has a limit of a second, because it can block on a dead peer.
func abort(remote *ssh.Session, client *ssh.Client) {
	if remote == nil {
		client.Close()
		return
	}
	asked := make(chan struct{})
	go func() {
		remote.Signal(ssh.SIGTERM)
		close(asked)
	}()
	select {
	case <-asked:
	case <-time.After(time.Second):
	}
	client.Close()
}

// sendEnvironment sets the command's variables. No error shows a value.
func (s *session) sendEnvironment(ctx context.Context, remote *ssh.Session) error {
	const advice = "the ssh server has to accept it (AcceptEnv), or the command can begin with NAME=value"
	for name, value := range s.environment {
		if err := remote.Setenv(name, value); err != nil {
			return fmt.Errorf("could not set environment variable %q: %w; %s", name, err, advice)
		}
	}
	for name, value := range s.previous {
		if err := remote.Setenv(name, value); err != nil {
			p.GetLogger(ctx).Warningf("could not set environment variable %q: %v; %s, "+
				"or set addPreviousOutputInEnv to false", name, err, advice)
		}
	}
	return nil
}

// Interval of the keepalives, and limit for an answer. Together they notice a dead machine within a minute.
var (
	keepAliveInterval = 15 * time.Second
	keepAliveLimit    = 40 * time.Second
)

// keepAlive sends keepalives until ctx ends, and calls giveUp if the peer did not answer one within keepAliveLimit.
func keepAlive(ctx context.Context, giveUp context.CancelCauseFunc, client *ssh.Client) {
	ticker := time.NewTicker(keepAliveInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		answered := make(chan error, 1)
		go func() {
			// Servers refuse this request, and a refusal is an answer.
			_, _, err := client.SendRequest("keepalive@openssh.com", true, nil)
			answered <- err
		}()
		select {
		case <-ctx.Done():
			return
		case err := <-answered:
			if err != nil {
				// The connection is lost already, and Run returns a better error.
				return
			}
		case <-time.After(keepAliveLimit):
			giveUp(errors.New("the machine stopped answering ssh keepalives for " + keepAliveLimit.String()))
			return
		}
	}
}
