package kubernetes

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"nodeforge.dev/stand-ins/internal/standin"
)

// settings is the configuration of the provider.
type settings struct {
	kubeconfig string // content or path; empty is the usual search: $KUBECONFIG, then ~/.kube/config
	context    string
	cluster    string
	namespace  string
	identifier string

	patchForce       bool
	upsert           bool
	mutableConfigMap bool
	mutableSecret    bool
	deleteUnreached  bool
	client           clientSettings
}

// clientSettings tune the client; zero is the default of this plugin.
type clientSettings struct {
	QPS     float32 `json:"qps"`
	Burst   int     `json:"burst"`
	Timeout int     `json:"timeout"` // seconds
}

// switches are the boolean settings that are implemented, each with the environment variable that also sets it.
var switches = map[string]struct {
	variable string
	target   func(*settings) *bool
}{
	"enablePatchForce":       {"PULUMI_K8S_ENABLE_PATCH_FORCE", func(s *settings) *bool { return &s.patchForce }},
	"upsertExistingObjects":  {"PULUMI_K8S_UPSERT_EXISTING_OBJECTS", func(s *settings) *bool { return &s.upsert }},
	"enableConfigMapMutable": {"PULUMI_K8S_ENABLE_CONFIGMAP_MUTABLE", func(s *settings) *bool { return &s.mutableConfigMap }},
	"enableSecretMutable":    {"PULUMI_K8S_ENABLE_SECRET_MUTABLE", func(s *settings) *bool { return &s.mutableSecret }},
	"deleteUnreachable":      {"PULUMI_K8S_DELETE_UNREACHABLE", func(s *settings) *bool { return &s.deleteUnreached }},
}

// readSettings turns the provider's inputs into settings. Errors are by property; a setting that is not known yet is
// as if it were not there.
func readSettings(inputs property.Map) (settings, map[string]error) {
	var s settings
	failures := map[string]error{}
	for _, one := range switches {
		*one.target(&s) = os.Getenv(one.variable) == "true"
	}
	for key, value := range inputs.All {
		text := settingText(value)
		switch key {
		case "kubeconfig":
			s.kubeconfig = text
		case "context":
			s.context = text
		case "cluster":
			s.cluster = text
		case "namespace":
			s.namespace = text
		case "clusterIdentifier":
			s.identifier = text
		case "kubeClientSettings":
			if err := json.Unmarshal([]byte(orEmptyObject(text)), &s.client); err != nil {
				failures[key] = fmt.Errorf("is not an object of qps, burst and timeout: %w", err)
			}
		case "enableServerSideApply":
			if text == "false" {
				failures[key] = standin.Refusal(pluginName, `client-side apply ("enableServerSideApply": false)`)
			}
		case "suppressDeprecationWarnings", "suppressHelmHookWarnings":
			// There are no such warnings here.
		case "version", "pluginDownloadURL":
			// The engine's own.
		default:
			if one, ok := switches[key]; ok {
				*one.target(&s) = text == "true"
			} else if !strings.HasPrefix(key, "__") && text != "" && text != "false" && text != "null" {
				failures[key] = standin.Refusal(pluginName, fmt.Sprintf("provider setting %q", key))
			}
		}
	}
	return s, failures
}

// settingText is a setting as text: the SDK sends booleans and objects as JSON, the command line as they are typed.
func settingText(value property.Value) string {
	switch {
	case value.IsString():
		return value.AsString()
	case value.IsNull(), value.IsComputed():
		return ""
	default:
		text, err := json.Marshal(plain(value))
		if err != nil {
			return ""
		}
		return string(text)
	}
}

func orEmptyObject(text string) string {
	if text == "" {
		return "{}"
	}
	return text
}

// clientConfig finds the kubeconfig: given as content, given as a path, or where kubectl looks for it.
func (s *settings) clientConfig() (clientcmd.ClientConfig, error) {
	overrides := &clientcmd.ConfigOverrides{
		CurrentContext: s.context,
		Context:        clientcmdapi.Context{Cluster: s.cluster, Namespace: s.namespace},
	}
	if s.kubeconfig == "" {
		rules := clientcmd.NewDefaultClientConfigLoadingRules()
		return clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, overrides), nil
	}
	config, err := s.parseKubeconfig()
	if err != nil {
		return nil, err
	}
	return clientcmd.NewDefaultClientConfig(*config, overrides), nil
}

// parseKubeconfig reads the kubeconfig that was given. Its errors do not quote it, for it holds keys.
func (s *settings) parseKubeconfig() (*clientcmdapi.Config, error) {
	content := []byte(s.kubeconfig)
	if !strings.Contains(s.kubeconfig, "\n") && !strings.HasPrefix(strings.TrimSpace(s.kubeconfig), "{") {
		path := s.kubeconfig
		if rest, found := strings.CutPrefix(path, "~/"); found {
			home, err := os.UserHomeDir()
			if err != nil {
				return nil, fmt.Errorf("kubeconfig is a path in a home directory that is not known: %w", err)
			}
			path = home + "/" + rest
		}
		var err error
		if content, err = os.ReadFile(path); err != nil {
			return nil, fmt.Errorf("kubeconfig is neither the content of a kubeconfig nor a file that can be read: %w", err)
		}
	}
	config, err := clientcmd.Load(content)
	if err != nil {
		return nil, fmt.Errorf("kubeconfig is not the content of a kubeconfig")
	}
	return config, nil
}

// activeCluster is what of the kubeconfig decides which cluster is meant, or nil when that cannot be told.
func (s *settings) activeCluster() *clientcmdapi.Cluster {
	client, err := s.clientConfig()
	if err != nil {
		return nil
	}
	config, err := client.RawConfig()
	if err != nil {
		return nil
	}
	name := s.cluster
	if name == "" {
		current := s.context
		if current == "" {
			current = config.CurrentContext
		}
		if context := config.Contexts[current]; context != nil {
			name = context.Cluster
		}
	}
	return config.Clusters[name]
}
