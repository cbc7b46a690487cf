// Command pulumi-resource-kubernetes is the nodeforge fallback for the official Pulumi plugin of that name.
package main

import (
	"nodeforge.dev/fallback-plugins/internal/fallback"
	"nodeforge.dev/fallback-plugins/internal/kubernetes"
)

func main() {
	fallback.Main("kubernetes", fallback.KubernetesVersion, kubernetes.Provider())
}
