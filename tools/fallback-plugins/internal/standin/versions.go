// Package standin holds what the three stand-in plugins share: the versions they answer with, how they announce
// themselves, and how they refuse what only the official plugin can do.
package standin

// The versions of the official plugins whose schema is spoken here. They must equal the versions of the npm packages
// that the program depends on, because the engine looks a plugin up by exactly that version.
// A build may override them: -ldflags "-X nodeforge.dev/stand-ins/internal/standin.CommandVersion=1.2.1".
var (
	CommandVersion    = "1.2.1"
	RandomVersion     = "4.21.2"
	KubernetesVersion = "4.34.2"
)
