package kubernetes

import (
	"context"
	"reflect"
	"sort"

	p "github.com/pulumi/pulumi-go-provider"
)

func (k *plugin) checkConfig(_ context.Context, request p.CheckRequest) (p.CheckResponse, error) {
	response := p.CheckResponse{Inputs: request.Inputs}
	_, failures := readSettings(request.Inputs)
	for name, err := range failures {
		response.Failures = append(response.Failures, p.CheckFailure{Property: name, Reason: err.Error()})
	}
	sort.Slice(response.Failures, func(i, j int) bool {
		return response.Failures[i].Property < response.Failures[j].Property
	})
	return response, nil
}

// diffConfig replaces the provider, and with it all of its resources, if its kubeconfig selects another cluster. New
// credentials of the same cluster are an update. An unknown kubeconfig counts as another cluster. The same
// clusterIdentifier prevents a replacement.
func (k *plugin) diffConfig(_ context.Context, request p.DiffRequest) (p.DiffResponse, error) {
	response := p.DiffResponse{DetailedDiff: map[string]p.PropertyDiff{}}
	old := request.State
	if request.OldInputs.Len() > 0 {
		old = request.OldInputs
	}
	was, _ := readSettings(old)
	is, _ := readSettings(request.Inputs)
	pinned := is.identifier != "" && is.identifier == was.identifier
	otherCluster := false
	if before, after := was.activeCluster(), is.activeCluster(); before != nil && after != nil {
		otherCluster = !reflect.DeepEqual(before, after)
	}
	changes := diffObjects(plainObject(old), plainObject(request.Inputs))
	for _, change := range changes {
		kind := change.kind
		switch change.path[0] {
		case "clusterIdentifier":
			if was.identifier != "" && is.identifier != "" {
				kind = replacing(kind)
			}
		case "kubeconfig":
			if !pinned && (otherCluster || request.Inputs.Get("kubeconfig").IsComputed()) {
				kind = replacing(kind)
			}
		}
		response.DetailedDiff[change.path.String()] = p.PropertyDiff{Kind: kind, InputDiff: true}
	}
	response.HasChanges = len(changes) > 0
	return response, nil
}

func (k *plugin) configure(_ context.Context, request p.ConfigureRequest) error {
	settings, failures := readSettings(request.Args)
	for _, err := range failures {
		return err
	}
	k.settings = settings
	return nil
}
