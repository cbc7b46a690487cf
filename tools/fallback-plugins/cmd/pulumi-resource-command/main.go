// Command pulumi-resource-command is the nodeforge stand-in for the official Pulumi plugin of that name.
package main

import (
	"nodeforge.dev/stand-ins/internal/command"
	"nodeforge.dev/stand-ins/internal/standin"
)

func main() {
	standin.Main("command", standin.CommandVersion, command.Provider())
}
