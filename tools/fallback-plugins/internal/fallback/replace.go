package fallback

import (
	"context"
	"strings"

	p "github.com/pulumi/pulumi-go-provider"
)

// ReplaceOn makes every change of an input property, or of a value inside it, replace the resource. The framework itself
// replaces only if the whole property is added or removed.
func ReplaceOn(provider p.Provider, property string) p.Provider {
	diff := provider.Diff
	provider.Diff = func(ctx context.Context, request p.DiffRequest) (p.DiffResponse, error) {
		response, err := diff(ctx, request)
		for path, change := range response.DetailedDiff {
			inside, found := strings.CutPrefix(path, property)
			if !found || (inside != "" && inside[0] != '.' && inside[0] != '[') {
				continue
			}
			switch change.Kind {
			case p.Add:
				change.Kind = p.AddReplace
			case p.Delete:
				change.Kind = p.DeleteReplace
			case p.Update:
				change.Kind = p.UpdateReplace
			}
			response.DetailedDiff[path] = change
		}
		return response, err
	}
	return provider
}
