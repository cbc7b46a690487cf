package command

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	p "github.com/pulumi/pulumi-go-provider"
	"golang.org/x/crypto/ssh"
)

// The official plugin's waits between attempts to connect.
const (
	firstDialDelay  = 100 * time.Millisecond
	dialDelayGrowth = 1.5
	longestDelay    = 5 * time.Second
)

// dial connects and logs in, directly or through the proxy, and tries again as often as the endpoint allows.
func (c *Connection) dial(ctx context.Context) (*ssh.Client, error) {
	if c.Proxy == nil {
		return c.Endpoint.dialRetrying(ctx, "Dial", dialTCP)
	}
	proxy, err := c.Proxy.dialRetrying(ctx, "Dial proxy", dialTCP)
	if err != nil {
		return nil, fmt.Errorf("proxy: %w", err)
	}
	client, err := c.Endpoint.dialRetrying(ctx, "Dial from proxy", proxy.DialContext)
	if err != nil {
		proxy.Close()
		return nil, fmt.Errorf("proxy: %w", err)
	}
	go func() {
		client.Wait()
		proxy.Close()
	}()
	return client, nil
}

// dialer opens the byte stream that ssh is spoken over.
type dialer func(ctx context.Context, network, address string) (net.Conn, error)

func dialTCP(ctx context.Context, network, address string) (net.Conn, error) {
	// Keepalives of the kernel free the socket when nobody is left to run ours.
	return (&net.Dialer{KeepAlive: 15 * time.Second}).DialContext(ctx, network, address)
}

func (e *Endpoint) dialRetrying(ctx context.Context, what string, open dialer) (*ssh.Client, error) {
	config, done, err := e.clientConfig()
	if err != nil {
		return nil, err
	}
	defer done()
	limit := e.dialErrorLimit()
	shownLimit := "inf"
	if limit >= 0 {
		shownLimit = strconv.Itoa(limit)
	}
	delay := firstDialDelay
	for failures := 1; ; failures++ {
		client, err := e.dialOnce(ctx, open, config)
		if err == nil {
			return client, nil
		}
		if ctx.Err() != nil {
			return nil, fmt.Errorf("%w: connecting to %s: %w", stopped(ctx), e.address(), err)
		}
		if limit >= 0 && failures > limit {
			return nil, fmt.Errorf("connecting to %s: after %d failed attempts: %w", e.address(), failures, err)
		}
		p.GetLogger(ctx).InfoStatusf("%s %d/%s failed: retrying", what, failures, shownLimit)
		select {
		case <-time.After(delay):
		case <-ctx.Done():
		}
		delay = min(time.Duration(float64(delay)*dialDelayGrowth), longestDelay)
	}
}

// dialOnce connects and logs in once. The time limit covers logging in too: a machine that is just booting may take
// a connection and then say nothing.
func (e *Endpoint) dialOnce(ctx context.Context, open dialer, config *ssh.ClientConfig) (*ssh.Client, error) {
	if timeout := e.perDialTimeout(); timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, timeout)
		defer cancel()
	}
	stream, err := open(ctx, "tcp", e.address())
	if err != nil {
		return nil, err
	}
	release := context.AfterFunc(ctx, func() { stream.Close() })
	connection, channels, requests, err := ssh.NewClientConn(stream, e.address(), config)
	if !release() {
		stream.Close()
		return nil, fmt.Errorf("logging in took too long: %w", context.Cause(ctx))
	}
	if err != nil {
		stream.Close()
		return nil, err
	}
	return ssh.NewClient(connection, channels, requests), nil
}

// stopped says why ctx ended: the resource's time limit, or a cancelled run.
func stopped(ctx context.Context) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return fmt.Errorf("stopped at the resource's time limit (customTimeouts): %w", ctx.Err())
	}
	return fmt.Errorf("stopped because the run was cancelled: %w", ctx.Err())
}
