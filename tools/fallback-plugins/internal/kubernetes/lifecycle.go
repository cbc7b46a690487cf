package kubernetes

import (
	"context"
	"errors"
	"fmt"
	"strings"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// The plugin's own keys in the state, named as the official plugin names them, which can so take the state over.
const (
	stateInputs       = "__inputs"
	stateAPIVersion   = "__initialApiVersion"
	stateFieldManager = "__fieldManager"
)

func (k *plugin) create(ctx context.Context, request p.CreateRequest) (p.CreateResponse, error) {
	ctx, done := k.operation(ctx)
	defer done()
	manager, err := fieldManager(property.Map{}, request.Properties)
	if err != nil {
		return p.CreateResponse{}, err
	}
	if request.DryRun {
		live, err := k.previewCreate(ctx, request.Properties, manager)
		if err != nil || live == nil {
			return p.CreateResponse{Properties: request.Properties}, redact(err, request.Properties)
		}
		return p.CreateResponse{Properties: state(live, request.Properties, manager)}, nil
	}
	object := &unstructured.Unstructured{Object: plainObject(request.Properties)}
	live, err := k.createObject(ctx, object, manager)
	if err != nil {
		err = fmt.Errorf("resource %q was not successfully created by the Kubernetes API server: %w", request.Urn, err)
		return p.CreateResponse{}, redact(err, request.Properties)
	}
	live, waited := k.await(ctx, object, live, request.Timeout)
	response := p.CreateResponse{ID: objectID(live), Properties: state(live, request.Properties, manager)}
	if waited != nil {
		waited = redact(waited, request.Properties)
		response.PartialState = &p.InitializationFailed{Reasons: []string{waited.Error()}}
		return response, fmt.Errorf("resource %q was created but did not become ready: %w", request.Urn, waited)
	}
	return response, nil
}

func (k *plugin) update(ctx context.Context, request p.UpdateRequest) (p.UpdateResponse, error) {
	ctx, done := k.operation(ctx)
	defer done()
	manager, err := fieldManager(request.State, request.Inputs)
	if err != nil {
		return p.UpdateResponse{}, err
	}
	if request.DryRun {
		live, err := k.previewUpdate(ctx, request.Inputs, manager)
		if err != nil || live == nil {
			return p.UpdateResponse{Properties: request.Inputs}, redact(err, request.Inputs)
		}
		return p.UpdateResponse{Properties: state(live, request.Inputs, manager)}, nil
	}
	object := &unstructured.Unstructured{Object: plainObject(request.Inputs)}
	live, err := k.applyObject(ctx, object, manager)
	if err != nil {
		return p.UpdateResponse{}, redact(fmt.Errorf("update of resource %q failed: %w", request.Urn, err), request.Inputs)
	}
	live, waited := k.await(ctx, object, live, request.Timeout)
	response := p.UpdateResponse{Properties: state(live, request.Inputs, manager)}
	if waited != nil {
		waited = redact(waited, request.Inputs)
		response.PartialState = &p.InitializationFailed{Reasons: []string{waited.Error()}}
		return response, fmt.Errorf("resource %q was updated but did not become ready: %w", request.Urn, waited)
	}
	return response, nil
}

// read brings the live object into the state. It also serves imports and lookups by id, <namespace>/<name> or <name>.
func (k *plugin) read(ctx context.Context, request p.ReadRequest) (p.ReadResponse, error) {
	ctx, done := k.operation(ctx)
	defer done()
	kind, err := kindOf(request.Urn.Type())
	if err != nil {
		return p.ReadResponse{}, err
	}
	cluster, err := k.reach(ctx)
	if err != nil {
		if k.settings.deleteUnreached {
			p.GetLogger(ctx).Warningf("%v; taken out of the state, because deleteUnreachable is set", err)
			return p.ReadResponse{}, nil
		}
		return p.ReadResponse{}, err
	}
	inputs := request.Inputs
	if inputs.Len() == 0 {
		inputs = inputsBefore(property.Map{}, request.Properties)
	}
	object := identity(kind, request.ID, inputs)
	live, err := k.get(ctx, cluster, object)
	switch {
	case apierrors.IsNotFound(err), meta.IsNoMatchError(err):
		return p.ReadResponse{}, nil
	case err != nil:
		return p.ReadResponse{}, err
	}
	imported := inputs.Len() == 0
	if imported {
		inputs = properties(importable(live.Object))
	}
	manager, err := fieldManager(request.Properties, inputs)
	if err != nil {
		return p.ReadResponse{}, err
	}
	inputs = hide(properties(asInputs(live.Object, plainObject(inputs))), inputs)
	response := p.ReadResponse{ID: request.ID, Inputs: inputs, Properties: state(live, inputs, manager)}
	if imported || skipsAwait(object) {
		return response, nil
	}
	if verdict := k.judge(ctx, cluster, live); !verdict.ready {
		response.PartialState = &p.InitializationFailed{Reasons: []string{verdict.why}}
		return response, fmt.Errorf("resource %q is not ready: %s", request.Urn, verdict.why)
	}
	return response, nil
}

func (k *plugin) delete(ctx context.Context, request p.DeleteRequest) error {
	ctx, done := k.operation(ctx)
	defer done()
	kind, err := kindOf(request.Urn.Type())
	if err != nil {
		return err
	}
	if _, err := k.reach(ctx); err != nil {
		if k.settings.deleteUnreached {
			p.GetLogger(ctx).Warningf("%v; taken out of the state, because deleteUnreachable is set", err)
			return nil
		}
		return fmt.Errorf("%w\nIf the cluster is gone, PULUMI_K8S_DELETE_UNREACHABLE=true takes its resources out of the "+
			"state", err)
	}
	inputs := inputsBefore(request.OldInputs, request.Properties)
	err = k.deleteObject(ctx, identity(kind, request.ID, inputs), request.Timeout)
	return redact(err, inputs)
}

// fieldManager is the name under which the API server keeps which fields are ours: from the annotation, as it was, or
// new. It has to be another one for each resource, or two resources that patch one object would undo each other.
func fieldManager(state, inputs property.Map) (string, error) {
	if name := at(inputs, "metadata", "annotations", annotationFieldManager); name.IsString() {
		return name.AsString(), nil
	}
	if name := state.Get(stateFieldManager); name.IsString() {
		return name.AsString(), nil
	}
	return resource.NewUniqueName(nil, "pulumi-kubernetes-", 0, 0, nil)
}

// state is what is kept of an object: the live one, with what was asked for.
func state(live *unstructured.Unstructured, inputs property.Map, manager string) property.Map {
	outputs := hide(properties(live.Object), inputs)
	if _, secret := inputs.GetOk("stringData"); secret && live.GetKind() == "Secret" {
		outputs = outputs.Set("data", outputs.Get("data").WithSecret(true))
	}
	for key := range inputs.All {
		if strings.HasPrefix(key, "__") {
			inputs = inputs.Delete(key)
		}
	}
	outputs = outputs.Set(stateInputs, property.New(hide(inputs, property.Map{})))
	outputs = outputs.Set(stateAPIVersion, property.New(live.GetAPIVersion()))
	return outputs.Set(stateFieldManager, property.New(manager))
}

// objectID is <namespace>/<name>, or <name> for what is in no namespace.
func objectID(object *unstructured.Unstructured) string {
	if object.GetNamespace() == "" {
		return object.GetName()
	}
	return object.GetNamespace() + "/" + object.GetName()
}

var errAlreadyExists = errors.New("the object is in the cluster already and is not this program's: import it, name it " +
	"otherwise, give a renamed resource an alias, or set upsertExistingObjects on the provider to take it over")
