// Command pulumi-resource-kubernetes is the nodeforge stand-in for the official Pulumi plugin of that name.
package main

import (
	"nodeforge.dev/stand-ins/internal/kubernetes"
	"nodeforge.dev/stand-ins/internal/standin"
)

func main() {
	standin.Main("kubernetes", standin.KubernetesVersion, kubernetes.Provider())
}
