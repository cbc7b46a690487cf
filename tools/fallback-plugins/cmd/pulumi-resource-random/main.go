// Command pulumi-resource-random is the nodeforge stand-in for the official Pulumi plugin of that name.
package main

import (
	"nodeforge.dev/stand-ins/internal/random"
	"nodeforge.dev/stand-ins/internal/standin"
)

func main() {
	standin.Main("random", standin.RandomVersion, random.Provider())
}
