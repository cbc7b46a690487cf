package kubernetes

import (
	"context"
	"fmt"
	"sort"
	"strings"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

// path leads to a value inside an object: keys and indices.
type path []any

// String writes the path the way the engine reads it: a.b[0]["c.d"].
func (p path) String() string {
	var text strings.Builder
	for _, step := range p {
		switch step := step.(type) {
		case int:
			fmt.Fprintf(&text, "[%d]", step)
		case string:
			if strings.ContainsAny(step, `."[]`) {
				fmt.Fprintf(&text, `["%s"]`, strings.ReplaceAll(step, `"`, `\"`))
			} else if text.Len() > 0 {
				text.WriteString("." + step)
			} else {
				text.WriteString(step)
			}
		}
	}
	return text.String()
}

// change is one difference between two objects.
type change struct {
	path path
	kind p.DiffKind
}

func replacing(kind p.DiffKind) p.DiffKind {
	switch kind {
	case p.Add:
		return p.AddReplace
	case p.Delete:
		return p.DeleteReplace
	default:
		return p.UpdateReplace
	}
}

// diffObjects lists the changes from old to new, sorted by path. An unknown value is a change.
func diffObjects(old, new map[string]any) []change {
	var changes []change
	diffMaps(nil, old, new, &changes)
	sort.Slice(changes, func(i, j int) bool { return changes[i].path.String() < changes[j].path.String() })
	return changes
}

func diffMaps(at path, old, new map[string]any, changes *[]change) {
	for key, value := range old {
		here := append(at[:len(at):len(at)], key)
		if now, ok := new[key]; ok {
			diffValues(here, value, now, changes)
		} else if value != nil {
			*changes = append(*changes, change{here, p.Delete})
		}
	}
	for key, value := range new {
		if _, ok := old[key]; !ok && value != nil {
			*changes = append(*changes, change{append(at[:len(at):len(at)], key), p.Add})
		}
	}
}

func diffValues(at path, old, new any, changes *[]change) {
	switch old := old.(type) {
	case map[string]any:
		if new, ok := new.(map[string]any); ok {
			diffMaps(at, old, new, changes)
			return
		}
	case []any:
		if new, ok := new.([]any); ok {
			diffLists(at, old, new, changes)
			return
		}
	case unknown:
	default:
		if sameScalar(old, new) {
			return
		}
	}
	*changes = append(*changes, change{at, p.Update})
}

func diffLists(at path, old, new []any, changes *[]change) {
	for i := range max(len(old), len(new)) {
		here := append(at[:len(at):len(at)], i)
		switch {
		case i >= len(old):
			*changes = append(*changes, change{here, p.Add})
		case i >= len(new):
			*changes = append(*changes, change{here, p.Delete})
		default:
			diffValues(here, old[i], new[i], changes)
		}
	}
}

// sameScalar compares numbers of different types by value.
func sameScalar(old, new any) bool {
	if number, ok := asFloat(old); ok {
		other, ok := asFloat(new)
		return ok && number == other
	}
	switch new.(type) {
	case map[string]any, []any, unknown:
		return false
	}
	return old == new
}

func asFloat(value any) (float64, bool) {
	switch value := value.(type) {
	case int64:
		return float64(value), true
	case float64:
		return value, true
	}
	return 0, false
}

// diff compares the last inputs of the program with its new ones. A refresh reveals drift in the cluster, because it
// writes the live object into the last inputs.
func (k *plugin) diff(ctx context.Context, request p.DiffRequest) (p.DiffResponse, error) {
	kind, err := kindOf(request.Urn.Type())
	if err != nil {
		return p.DiffResponse{}, err
	}
	oldInputs := inputsBefore(request.OldInputs, request.State)
	old, new := plainObject(oldInputs), plainObject(request.Inputs)
	cluster, _ := k.glance(ctx)
	sameNamespace := !cluster.namespaced(kind) || namespaceIn(old) == namespaceIn(new)
	immutable := k.immutable(kind, old, new)
	response := p.DiffResponse{DetailedDiff: map[string]p.PropertyDiff{}}
	replaced := false
	for _, change := range diffObjects(old, new) {
		if sameNamespace && change.path.String() == "metadata.namespace" {
			continue
		}
		response.HasChanges = true
		if immutable.covers(change.path) {
			change.kind = replacing(change.kind)
			replaced = true
		}
		response.DetailedDiff[change.path.String()] = p.PropertyDiff{Kind: change.kind, InputDiff: true}
	}
	// Two objects of one name cannot exist at once.
	response.DeleteBeforeReplace = replaced &&
		at(oldInputs, "metadata", "name").Equals(at(request.Inputs, "metadata", "name")) &&
		sameNamespace
	return response, nil
}

// namespaceIn returns the namespace of an object, whether it was filled in or not.
func namespaceIn(object map[string]any) any {
	metadata, _ := object["metadata"].(map[string]any)
	if namespace := metadata["namespace"]; namespace != nil && namespace != "" {
		return namespace
	}
	return "default"
}

// inputsBefore returns the last inputs: the engine's, or those in the state if the engine sends none.
func inputsBefore(sent, state property.Map) property.Map {
	if sent.Len() > 0 {
		return sent
	}
	if inputs := state.Get(stateInputs); inputs.IsMap() {
		return inputs.AsMap()
	}
	return property.Map{}
}
