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

// Delays between attempts to connect, as in the official plugin.
const (
	firstDialDelay  = 100 * time.Millisecond
	dialDelayGrowth = 1.5
	longestDelay    = 5 * time.Second
)

// dial connects and logs in. It tries again as often as the connection allows.
func (c *Connection) dial(ctx context.Context) (*ssh.Client, error) {
	config, done, err := c.clientConfig()
	if err != nil {
		return nil, err
	}
	defer done()
	limit := c.dialErrorLimit()
	shownLimit := "inf"
	if limit >= 0 {
		shownLimit = strconv.Itoa(limit)
	}
	delay := firstDialDelay
	for failures := 1; ; failures++ {
		client, err := c.dialOnce(ctx, config)
		if err == nil {
			return client, nil
		}
		if ctx.Err() != nil {
			return nil, fmt.Errorf("%w: connecting to %s: %w", stopped(ctx), c.address(), err)
		}
		if limit >= 0 && failures > limit {
			return nil, fmt.Errorf("connecting to %s: after %d failed attempts: %w", c.address(), failures, err)
		}
		p.GetLogger(ctx).InfoStatusf("Dial %d/%s failed: retrying", failures, shownLimit)
		select {
		case <-time.After(delay):
		case <-ctx.Done():
		}
		delay = min(time.Duration(float64(delay)*dialDelayGrowth), longestDelay)
	}
}

// dialOnce connects and logs in once. The time limit includes the login, because a booting machine may accept a connection
// and then send nothing.
func (c *Connection) dialOnce(ctx context.Context, config *ssh.ClientConfig) (*ssh.Client, error) {
	if timeout := c.perDialTimeout(); timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, timeout)
		defer cancel()
	}
	// Keepalives of the kernel free the socket when this process no longer sends its own.
	dialer := net.Dialer{KeepAlive: 15 * time.Second}
	stream, err := dialer.DialContext(ctx, "tcp", c.address())
	if err != nil {
		return nil, err
	}
	release := context.AfterFunc(ctx, func() { stream.Close() })
	connection, channels, requests, err := ssh.NewClientConn(stream, c.address(), config)
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

// stopped returns the reason for which ctx ended: the resource's time limit, or a cancelled run.
func stopped(ctx context.Context) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return fmt.Errorf("stopped at the resource's time limit (customTimeouts): %w", ctx.Err())
	}
	return fmt.Errorf("stopped because the run was cancelled: %w", ctx.Err())
}
