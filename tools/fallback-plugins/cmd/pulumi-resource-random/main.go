// Command pulumi-resource-random is the nodeforge fallback for the official Pulumi plugin of that name.
package main

import (
	"nodeforge.dev/fallback-plugins/internal/fallback"
	"nodeforge.dev/fallback-plugins/internal/random"
)

func main() {
	fallback.Main("random", fallback.RandomVersion, random.Provider())
}
