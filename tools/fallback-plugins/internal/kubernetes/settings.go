package kubernetes

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"nodeforge.dev/fallback-plugins/internal/fallback"
)

// settings is the configuration of the provider.
type settings struct {
	kubeconfig string // its content; empty while it is unknown
	identifier string

	patchForce       bool
	upsert           bool
	mutableConfigMap bool
}

// switches are the boolean settings that are implemented. Environment variables set them, too: the SDK reads those.
var switches = map[string]func(*settings) *bool{
	"enablePatchForce":       func(s *settings) *bool { return &s.patchForce },
	"upsertExistingObjects":  func(s *settings) *bool { return &s.upsert },
	"enableConfigMapMutable": func(s *settings) *bool { return &s.mutableConfigMap },
}

// readSettings turns the provider's inputs into settings. It returns errors by property. An unknown setting counts as
// absent.
func readSettings(inputs property.Map) (settings, map[string]error) {
	var s settings
	failures := map[string]error{}
	for key, value := range inputs.All {
		text := settingText(value)
		switch key {
		case "kubeconfig":
			s.kubeconfig = text
		case "clusterIdentifier":
			s.identifier = text
		case "enableServerSideApply":
			if text == "false" {
				failures[key] = fallback.Refusal(pluginName, `client-side apply ("enableServerSideApply": false)`)
			}
		case "enableSecretMutable", "suppressDeprecationWarnings", "suppressHelmHookWarnings":
			// The program has no Secret, and this plugin has no such warnings.
		case "version", "pluginDownloadURL":
			// These belong to the engine.
		default:
			if target, ok := switches[key]; ok {
				*target(&s) = text == "true"
			} else if !strings.HasPrefix(key, "__") && text != "" && text != "false" && text != "null" {
				failures[key] = fallback.Refusal(pluginName, fmt.Sprintf("provider setting %q", key))
			}
		}
	}
	return s, failures
}

// settingText returns a setting as text: the SDK sends booleans and objects as JSON.
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

// clientConfig reads the kubeconfig. No error quotes it, because it holds keys.
func (s *settings) clientConfig() (clientcmd.ClientConfig, error) {
	config, err := s.parseKubeconfig()
	if err != nil {
		return nil, err
	}
	return clientcmd.NewDefaultClientConfig(*config, &clientcmd.ConfigOverrides{}), nil
}

func (s *settings) parseKubeconfig() (*clientcmdapi.Config, error) {
	if s.kubeconfig == "" {
		return nil, errors.New("the provider's kubeconfig is not known yet")
	}
	config, err := clientcmd.Load([]byte(s.kubeconfig))
	if err != nil {
		return nil, errors.New("the provider's kubeconfig is not the content of a kubeconfig")
	}
	return config, nil
}

// activeCluster returns the cluster that the kubeconfig selects, or nil if it selects none or is unknown.
func (s *settings) activeCluster() *clientcmdapi.Cluster {
	config, err := s.parseKubeconfig()
	if err != nil {
		return nil
	}
	context := config.Contexts[config.CurrentContext]
	if context == nil {
		return nil
	}
	return config.Clusters[context.Cluster]
}
