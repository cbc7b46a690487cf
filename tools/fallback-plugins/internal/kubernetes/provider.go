// Package kubernetes manages objects of a Kubernetes cluster as the official "kubernetes" plugin does in its default mode,
// server-side apply. The dynamic client serves every kind of the API. Only the rules of replacement and readiness know
// kinds: those that the program uses.
package kubernetes

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	p "github.com/pulumi/pulumi-go-provider"
	"k8s.io/klog/v2"

	"nodeforge.dev/fallback-plugins/internal/fallback"
)

// plugin is one configured provider.
type plugin struct {
	// running ends when the engine cancels the run. Every operation ends with it.
	running context.Context
	cancel  context.CancelFunc

	settings settings
	connect  func(context.Context, *settings) (*cluster, error)

	mutex    sync.Mutex
	cluster  *cluster
	refusal  error // why the last attempt to connect failed
	refused  time.Time
	warnOnce sync.Once
}

// Provider serves every kubernetes:<group>/<version>:<Kind> and refuses Helm, Kustomize and YAML.
func Provider() p.Provider {
	// The engine shows a plugin's standard error to the user. Messages for the user go through the resource's log instead.
	klog.LogToStderr(false)
	klog.SetOutput(io.Discard)
	return newPlugin(connect).provider()
}

func newPlugin(connect func(context.Context, *settings) (*cluster, error)) *plugin {
	running, cancel := context.WithCancel(context.Background())
	return &plugin{running: running, cancel: cancel, connect: connect}
}

func (k *plugin) provider() p.Provider {
	return fallback.RefuseCalls(p.Provider{
		GetSchema:   k.getSchema,
		CheckConfig: k.checkConfig,
		DiffConfig:  k.diffConfig,
		Configure:   k.configure,
		Check:       k.check,
		Diff:        k.diff,
		Create:      k.create,
		Read:        k.read,
		Update:      k.update,
		Delete:      k.delete,
		Cancel: func(context.Context) error {
			k.cancel()
			return nil
		},
	}, pluginName)
}

func (k *plugin) getSchema(context.Context, p.GetSchemaRequest) (p.GetSchemaResponse, error) {
	// The kinds come from the API server and not from a list, so the schema has none.
	schema := fmt.Sprintf(`{"name":%q,"version":%q,"description":%q}`, pluginName, fallback.KubernetesVersion,
		"The nodeforge fallback for the official kubernetes plugin.")
	return p.GetSchemaResponse{Schema: schema}, nil
}

// operation returns a context that also ends when the engine cancels the run.
func (k *plugin) operation(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	unhook := context.AfterFunc(k.running, cancel)
	return ctx, func() {
		unhook()
		cancel()
	}
}

var errUnreachable = errors.New("configured Kubernetes cluster is unreachable")

// Time for which a failed attempt to connect counts. Operations that waited for the attempt share its error. Previews and
// diffs share it for longer, because otherwise each resource of a preview would wait for the cluster in turn.
const (
	refusalShared = 5 * time.Second
	refusalLasts  = 5 * time.Minute
)

// reach returns the connection. The first call that succeeds makes it.
func (k *plugin) reach(ctx context.Context) (*cluster, error) {
	return k.reachUnless(ctx, refusalShared)
}

// glance is reach for an operation that also works without a cluster.
func (k *plugin) glance(ctx context.Context) (*cluster, error) {
	return k.reachUnless(ctx, refusalLasts)
}

func (k *plugin) reachUnless(ctx context.Context, refusedFor time.Duration) (*cluster, error) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	if k.cluster != nil {
		return k.cluster, nil
	}
	if k.refusal != nil && time.Since(k.refused) < refusedFor {
		return nil, k.refusal
	}
	cluster, err := k.connect(ctx, &k.settings)
	if err != nil {
		k.refusal, k.refused = fmt.Errorf("%w: %w", errUnreachable, err), time.Now()
		return nil, k.refusal
	}
	k.cluster = cluster
	return cluster, nil
}

// reachForPreview is reach for a preview, which continues without a cluster after one warning.
func (k *plugin) reachForPreview(ctx context.Context) *cluster {
	cluster, err := k.glance(ctx)
	if err != nil {
		k.warnOnce.Do(func() {
			p.GetLogger(ctx).Warningf("the preview uses the program alone, because the %v", err)
		})
	}
	return cluster
}
