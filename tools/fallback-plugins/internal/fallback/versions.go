// Package fallback has the common parts of the three fallback plugins: versions, announcement, and the refusal of everything
// that only the official plugins implement.
package fallback

// The versions of the official plugins whose schemas the fallback plugins implement. They must equal the versions of
// the npm packages that the program depends on, because the engine looks a plugin up by exactly that version.
// A build can override them: -ldflags "-X nodeforge.dev/fallback-plugins/internal/fallback.CommandVersion=1.2.1".
var (
	CommandVersion    = "1.2.1"
	RandomVersion     = "4.21.2"
	KubernetesVersion = "4.34.2"
)
