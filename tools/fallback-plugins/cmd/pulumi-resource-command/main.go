// Command pulumi-resource-command is the nodeforge fallback for the official Pulumi plugin of that name.
package main

import (
	"nodeforge.dev/fallback-plugins/internal/command"
	"nodeforge.dev/fallback-plugins/internal/fallback"
)

func main() {
	fallback.Main("command", fallback.CommandVersion, command.Provider())
}
