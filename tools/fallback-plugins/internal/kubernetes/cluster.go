package kubernetes

import (
	"context"
	"fmt"
	"time"

	p "github.com/pulumi/pulumi-go-provider"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
)

// cluster is a connection to one API server, and the kinds that the server knows.
type cluster struct {
	dynamic dynamic.Interface
	mapper  meta.ResettableRESTMapper
	// namespace of the objects that name none.
	namespace string
}

// reachLimit limits how long the API server may take to answer the first request.
const reachLimit = time.Minute

// connect connects to the cluster of the settings and makes one request to its API server.
func connect(ctx context.Context, s *settings) (*cluster, error) {
	client, err := s.clientConfig()
	if err != nil {
		return nil, err
	}
	namespace, _, err := client.Namespace()
	if err != nil {
		return nil, fmt.Errorf("reading the namespace of the kubeconfig: %w", err)
	}
	config, err := client.ClientConfig()
	if err != nil {
		return nil, fmt.Errorf("reading the kubeconfig: %w", err)
	}
	// With the default of the library, 5 requests a second, a program of a hundred objects would wait for 20 seconds.
	config.QPS, config.Burst = 120, 240
	config.Timeout = time.Minute
	config.UserAgent = "nodeforge-fallback-kubernetes"
	config.WarningHandlerWithContext = warnings{}
	return connectWith(ctx, config, namespace)
}

func connectWith(ctx context.Context, config *rest.Config, namespace string) (*cluster, error) {
	clientDynamic, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	kinds, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, reachLimit)
	defer cancel()
	if err := kinds.RESTClient().Get().AbsPath("/version").Do(ctx).Error(); err != nil {
		return nil, fmt.Errorf("asking %s for its version: %w", config.Host, err)
	}
	return &cluster{
		dynamic:   clientDynamic,
		mapper:    restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(kinds)),
		namespace: namespace,
	}, nil
}

// namespaced returns whether objects of the kind are in namespaces. Without a cluster, or for a kind that the cluster
// does not know yet, the kinds of Kubernetes itself decide.
func (c *cluster) namespaced(kind schema.GroupVersionKind) bool {
	if c != nil {
		if mapping, err := c.mapper.RESTMapping(kind.GroupKind(), kind.Version); err == nil {
			return mapping.Scope.Name() == meta.RESTScopeNameNamespace
		}
	}
	return !clusterScoped[kind.GroupKind()]
}

// client returns the client for the object. It removes the namespace from an object whose kind has none. It looks an
// unknown kind up once more, because a CustomResourceDefinition may have added it since.
func (c *cluster) client(object *unstructured.Unstructured) (dynamic.ResourceInterface, error) {
	kind := object.GroupVersionKind()
	mapping, err := c.mapper.RESTMapping(kind.GroupKind(), kind.Version)
	if meta.IsNoMatchError(err) {
		c.mapper.Reset()
		mapping, err = c.mapper.RESTMapping(kind.GroupKind(), kind.Version)
	}
	if err != nil {
		return nil, err
	}
	if mapping.Scope.Name() != meta.RESTScopeNameNamespace {
		unstructured.RemoveNestedField(object.Object, "metadata", "namespace")
		return c.dynamic.Resource(mapping.Resource), nil
	}
	namespace := object.GetNamespace()
	if namespace == "" {
		namespace = c.namespace
	}
	return c.dynamic.Resource(mapping.Resource).Namespace(namespace), nil
}

// warnings passes the API server's warnings, such as unknown fields and old versions, on to the resource's log.
type warnings struct{}

func (warnings) HandleWarningHeaderWithContext(ctx context.Context, code int, _ string, text string) {
	const miscellaneous = 299 // the only code that carries one
	if code == miscellaneous && text != "" {
		p.GetLogger(ctx).Warning(text)
	}
}
