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

// Endpoint is one ssh server and how to log in to it.
type Endpoint struct {
	Host               *string  `pulumi:"host"`
	Port               *float64 `pulumi:"port,optional"`
	User               *string  `pulumi:"user,optional"`
	Password           *string  `pulumi:"password,optional" provider:"secret"`
	PrivateKey         *string  `pulumi:"privateKey,optional" provider:"secret"`
	PrivateKeyPassword *string  `pulumi:"privateKeyPassword,optional" provider:"secret"`
	AgentSocketPath    *string  `pulumi:"agentSocketPath,optional"`
	DialErrorLimit     *int     `pulumi:"dialErrorLimit,optional"`
	PerDialTimeout     *int     `pulumi:"perDialTimeout,optional"`
	HostKey            *string  `pulumi:"hostKey,optional"`
}

// Connection is the machine a remote command runs on, reached directly or through a proxy.
type Connection struct {
	Endpoint
	Proxy *Proxy `pulumi:"proxy,optional"`
}

// Proxy is the ssh server through which a machine is reached.
type Proxy struct{ Endpoint }

// Annotate describes the endpoint in the schema and sets the official defaults.
func (e *Endpoint) Annotate(a infer.Annotator) {
	a.Describe(&e.Host, "The name or address of the machine.")
	a.Describe(&e.Port, "The port of its ssh server.")
	a.SetDefault(&e.Port, 22.0)
	a.Describe(&e.User, "The user to log in as.")
	a.SetDefault(&e.User, "root")
	a.Describe(&e.Password, "The user's password.")
	a.Describe(&e.PrivateKey, "The user's private key, as the content of a key file.")
	a.Describe(&e.PrivateKeyPassword, "The passphrase of the private key.")
	a.Describe(&e.AgentSocketPath, "The socket of an ssh agent; without a private key SSH_AUTH_SOCK by default.")
	a.Describe(&e.DialErrorLimit, "How many failed attempts to connect are borne; -1 is no limit.")
	a.SetDefault(&e.DialErrorLimit, 10)
	a.Describe(&e.PerDialTimeout, "How many seconds one attempt may take; 0 is no limit.")
	a.SetDefault(&e.PerDialTimeout, 15)
	a.Describe(&e.HostKey, "The server's public key, as in known_hosts; without it no connection is made.")
}

// Annotate gives the type its token.
func (c *Connection) Annotate(a infer.Annotator) { a.SetToken("remote", "Connection") }

// Annotate gives the type its token.
func (c *Proxy) Annotate(a infer.Annotator) { a.SetToken("remote", "ProxyConnection") }

func (e *Endpoint) address() string {
	return net.JoinHostPort(*e.Host, strconv.Itoa(int(orDefault(e.Port, 22))))
}

func (e *Endpoint) dialErrorLimit() int { return orDefault(e.DialErrorLimit, 10) }

func (e *Endpoint) perDialTimeout() time.Duration {
	return time.Duration(orDefault(e.PerDialTimeout, 15)) * time.Second
}

// clientConfig turns the endpoint into what the ssh library takes. The returned function frees the agent's socket and
// must be called when logging in is over. No error names a key or password.
func (e *Endpoint) clientConfig() (*ssh.ClientConfig, func(), error) {
	done := func() {}
	// The official plugin trusts any server then. A connection carries the cluster's secrets, so here it is an error.
	if orDefault(e.HostKey, "") == "" {
		return nil, done, fmt.Errorf("connecting to %s: hostKey is not set, and no server is trusted without it", e.address())
	}
	key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(*e.HostKey))
	if err != nil {
		return nil, done, fmt.Errorf("failed to parse host key: %w", err)
	}
	config := &ssh.ClientConfig{
		User:              orDefault(e.User, "root"),
		HostKeyCallback:   ssh.FixedHostKey(key),
		HostKeyAlgorithms: []string{key.Type()},
	}
	if e.PrivateKey != nil {
		signer, err := parsePrivateKey(*e.PrivateKey, e.PrivateKeyPassword)
		if err != nil {
			return nil, done, fmt.Errorf("failed to parse private key: %w", err)
		}
		config.Auth = append(config.Auth, ssh.PublicKeys(signer))
	}
	if e.Password != nil {
		config.Auth = append(config.Auth, ssh.Password(*e.Password), ssh.KeyboardInteractive(answerAll(*e.Password)))
	}
	socket := orDefault(e.AgentSocketPath, "")
	if e.AgentSocketPath == nil && e.PrivateKey == nil {
		socket = os.Getenv("SSH_AUTH_SOCK")
	}
	if socket != "" {
		// The official plugin dials the agent of SSH_AUTH_SOCK beside a key as well, and fails where nobody answers. The
		// library would never ask that agent: of each method it takes the first.
		connection, err := net.Dial("unix", socket)
		if err != nil {
			return nil, done, fmt.Errorf("failed to reach the ssh agent: %w", err)
		}
		done = func() { connection.Close() }
		config.Auth = append(config.Auth, ssh.PublicKeysCallback(agent.NewClient(connection).Signers))
	}
	return config, done, nil
}

func parsePrivateKey(key string, passphrase *string) (ssh.Signer, error) {
	if passphrase != nil {
		return ssh.ParsePrivateKeyWithPassphrase([]byte(key), []byte(*passphrase))
	}
	return ssh.ParsePrivateKey([]byte(key))
}

func answerAll(password string) ssh.KeyboardInteractiveChallenge {
	return func(_, _ string, questions []string, _ []bool) ([]string, error) {
		answers := make([]string, len(questions))
		for i := range answers {
			answers[i] = password
		}
		return answers, nil
	}
}

func orDefault[T any](value *T, fallback T) T {
	if value == nil {
		return fallback
	}
	return *value
}
