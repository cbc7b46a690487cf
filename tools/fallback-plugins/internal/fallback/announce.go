package fallback

import (
	"context"
	"fmt"
	"os"
	"sync"

	p "github.com/pulumi/pulumi-go-provider"
)

// Announce makes provider log a message once per process: it is a fallback, and not the official plugin called name.
func Announce(provider p.Provider, name, version string) p.Provider {
	configure := provider.Configure
	var once sync.Once
	provider.Configure = func(ctx context.Context, request p.ConfigureRequest) error {
		once.Do(func() {
			p.GetLogger(ctx).Infof("%s: this is the nodeforge fallback for the official plugin v%s", name, version)
		})
		if configure == nil {
			return nil
		}
		return configure(ctx, request)
	}
	return provider
}

// Main serves provider to the engine until the engine ends. It never returns.
func Main(name, version string, provider p.Provider) {
	err := p.RunProvider(context.Background(), name, version, Announce(provider, name, version))
	if err != nil {
		fmt.Fprintf(os.Stderr, "pulumi-resource-%s (nodeforge fallback): %v\n", name, err)
		os.Exit(1)
	}
	os.Exit(0)
}
