package command

import (
	"fmt"
	"net"
	"os"
	"strconv"
	"time"

	"github.com/pulumi/pulumi-go-provider/infer"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// Connection is the ssh server of the machine on which a remote command runs, and the login there.
type Connection struct {
	Host            *string  `pulumi:"host"`
	Port            *float64 `pulumi:"port,optional"`
	User            *string  `pulumi:"user,optional"`
	PrivateKey      *string  `pulumi:"privateKey,optional" provider:"secret"`
	AgentSocketPath *string  `pulumi:"agentSocketPath,optional"`
	DialErrorLimit  *int     `pulumi:"dialErrorLimit,optional"`
	PerDialTimeout  *int     `pulumi:"perDialTimeout,optional"`
	HostKey         *string  `pulumi:"hostKey,optional"`
}

// Annotate describes the connection in the schema and sets the official defaults.
func (c *Connection) Annotate(a infer.Annotator) {
	a.SetToken("remote", "Connection")
	a.Describe(&c.Host, "The name or address of the machine.")
	a.Describe(&c.Port, "The port of its ssh server.")
	a.SetDefault(&c.Port, 22.0)
	a.Describe(&c.User, "The user to log in as.")
	a.SetDefault(&c.User, "root")
	a.Describe(&c.PrivateKey, "The user's private key, as the content of a key file.")
	a.Describe(&c.AgentSocketPath, "The socket of an ssh agent. Default without a private key: SSH_AUTH_SOCK.")
	a.Describe(&c.DialErrorLimit, "Number of failed attempts to connect after which to try again; -1: no limit.")
	a.SetDefault(&c.DialErrorLimit, 10)
	a.Describe(&c.PerDialTimeout, "Limit in seconds for one attempt; 0: no limit.")
	a.SetDefault(&c.PerDialTimeout, 15)
	a.Describe(&c.HostKey, "The server's public key, as in known_hosts. No connection is made without it.")
}

func (c *Connection) address() string {
	return net.JoinHostPort(*c.Host, strconv.Itoa(int(orDefault(c.Port, 22))))
}

func (c *Connection) dialErrorLimit() int { return orDefault(c.DialErrorLimit, 10) }

func (c *Connection) perDialTimeout() time.Duration {
	return time.Duration(orDefault(c.PerDialTimeout, 15)) * time.Second
}

// clientConfig turns the connection into the configuration of the ssh library. Call the returned function after the
// login: it closes the agent's socket. No error shows a key.
func (c *Connection) clientConfig() (*ssh.ClientConfig, func(), error) {
	done := func() {}
	// The official plugin then trusts any server. Here that is an error, because a connection carries the cluster's secrets.
	if orDefault(c.HostKey, "") == "" {
		return nil, done, fmt.Errorf("connecting to %s: hostKey is not set, and no server is trusted without it", c.address())
	}
	key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(*c.HostKey))
	if err != nil {
		return nil, done, fmt.Errorf("failed to parse host key: %w", err)
	}
	config := &ssh.ClientConfig{
		User:              orDefault(c.User, "root"),
		HostKeyCallback:   ssh.FixedHostKey(key),
		HostKeyAlgorithms: []string{key.Type()},
	}
	if c.PrivateKey != nil {
		signer, err := ssh.ParsePrivateKey([]byte(*c.PrivateKey))
		if err != nil {
			return nil, done, fmt.Errorf("failed to parse private key: %w", err)
		}
		config.Auth = append(config.Auth, ssh.PublicKeys(signer))
	}
	socket := orDefault(c.AgentSocketPath, "")
	if c.AgentSocketPath == nil && c.PrivateKey == nil {
		socket = os.Getenv("SSH_AUTH_SOCK")
	}
	if socket != "" {
		// Beside a key, the official plugin also dials the agent of SSH_AUTH_SOCK, and fails if no agent answers there. The
		// library would never ask that agent, because it uses only the first entry of each method.
		connection, err := net.Dial("unix", socket)
		if err != nil {
			return nil, done, fmt.Errorf("failed to reach the ssh agent: %w", err)
		}
		done = func() { connection.Close() }
		config.Auth = append(config.Auth, ssh.PublicKeysCallback(agent.NewClient(connection).Signers))
	}
	return config, done, nil
}

func orDefault[T any](value *T, fallback T) T {
	if value == nil {
		return fallback
	}
	return *value
}
