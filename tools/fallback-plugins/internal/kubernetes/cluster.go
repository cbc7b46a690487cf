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

// cluster is a connection to one API server and what it said about its kinds.
type cluster struct {
	dynamic dynamic.Interface
	mapper  meta.ResettableRESTMapper
	// namespace is where objects go that name none.
	namespace string
}

// reachLimit bounds how long the API server may take to answer the first request.
const reachLimit = time.Minute

// connect makes a cluster of the settings and asks the API server for a sign of life.
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
	// The defaults of the library, 5 requests a second, make a program of a hundred objects wait for itself.
	config.QPS, config.Burst = 120, 240
	if s.client.QPS > 0 {
		config.QPS = s.client.QPS
	}
	if s.client.Burst > 0 {
		config.Burst = s.client.Burst
	}
	config.Timeout = time.Minute
	if s.client.Timeout > 0 {
		config.Timeout = time.Duration(s.client.Timeout) * time.Second
	}
	config.UserAgent = "nodeforge-stand-in-kubernetes"
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

// namespaced tells whether objects of the kind are in namespaces. Without a cluster, or for a kind the cluster does
// not know yet, it goes by what Kubernetes itself has.
func (c *cluster) namespaced(kind schema.GroupVersionKind) bool {
	if c != nil {
		if mapping, err := c.mapper.RESTMapping(kind.GroupKind(), kind.Version); err == nil {
			return mapping.Scope.Name() == meta.RESTScopeNameNamespace
		}
	}
	return !clusterScoped[kind.GroupKind()]
}

// client is the client for the place of object, from which it takes a namespace that its kind turns out not to have. A
// kind that is not known is looked up once more, because a CustomResourceDefinition may have brought it since.
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
