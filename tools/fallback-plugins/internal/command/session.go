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

// session is one command to run over an ssh connection that is already there.
type session struct {
	command     string
	stdin       *string
	logging     *Logging
	environment map[string]string // has to be accepted by the server
	previous    map[string]string // is offered only
}

// runSession runs one command without a terminal and waits for its end, for the end of ctx, until the peer has been
// silent for too long, or until it wrote more than a result may have.
func runSession(ctx context.Context, client *ssh.Client, s session) (Streams, error) {
	// From the first question on: a server that took the login and answers nothing more would hold every one of them.
	watching, stopWatching := context.WithCancelCause(ctx)
	defer stopWatching(nil)
	go keepAlive(watching, stopWatching, client)
	var running atomic.Pointer[ssh.Session]
	unhook := context.AfterFunc(watching, func() { abort(running.Load(), client) })
	defer unhook()
	// why is the reason for which the connection was given up, else the error itself.
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

// abort asks the command to end, if there is one yet, and closes the connection, which is what makes every question and
// Run return. To a dead peer even the asking can block, so it gets a second.
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

// How often a silent peer is asked for a sign of life, and how long it may owe one. Together they bound how long a
// dead machine goes unnoticed: under a minute.
var (
	keepAliveInterval = 15 * time.Second
	keepAliveLimit    = 40 * time.Second
)

// keepAlive asks the peer for a sign of life until ctx ends, and calls giveUp when none came for keepAliveLimit.
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
			// Servers refuse this request, and that is an answer too.
			_, _, err := client.SendRequest("keepalive@openssh.com", true, nil)
			answered <- err
		}()
		select {
		case <-ctx.Done():
			return
		case err := <-answered:
			if err != nil {
				// The connection is gone already, and Run says so better than we can.
				return
			}
		case <-time.After(keepAliveLimit):
			giveUp(errors.New("the machine stopped answering ssh keepalives for " + keepAliveLimit.String()))
			return
		}
	}
}
