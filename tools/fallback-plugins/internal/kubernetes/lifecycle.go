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

	"nodeforge.dev/fallback-plugins/internal/fallback"
)

// The plugin's own keys in the state. They have the official plugin's names, so that it can continue with the state.
const (
	stateInputs       = "__inputs"
	stateAPIVersion   = "__initialApiVersion"
	stateFieldManager = "__fieldManager"
)

func (k *plugin) create(ctx context.Context, request p.CreateRequest) (p.CreateResponse, error) {
	ctx, done := k.operation(ctx)
	defer done()
	manager, err := fieldManager(property.Map{})
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
	manager, err := fieldManager(request.State)
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

// read brings the live object into the state.
func (k *plugin) read(ctx context.Context, request p.ReadRequest) (p.ReadResponse, error) {
	ctx, done := k.operation(ctx)
	defer done()
	kind, err := kindOf(request.Urn.Type())
	if err != nil {
		return p.ReadResponse{}, err
	}
	// The engine sends no state for an import or a `.get`.
	if request.Properties.Len() == 0 {
		return p.ReadResponse{}, fallback.Refusal(pluginName, "import of "+string(request.Urn.Type()))
	}
	cluster, err := k.reach(ctx)
	if err != nil {
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
	manager, err := fieldManager(request.Properties)
	if err != nil {
		return p.ReadResponse{}, err
	}
	inputs = hide(properties(asInputs(live.Object, plainObject(inputs))), inputs)
	response := p.ReadResponse{ID: request.ID, Inputs: inputs, Properties: state(live, inputs, manager)}
	if skipsAwait(object) {
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
	inputs := inputsBefore(request.OldInputs, request.Properties)
	err = k.deleteObject(ctx, identity(kind, request.ID, inputs), request.Timeout)
	return redact(err, inputs)
}

// fieldManager returns the name under which the API server records the fields of a resource: the one in the state, or a
// new one. Each resource has its own; otherwise two resources that patch one object would undo each other's change.
func fieldManager(state property.Map) (string, error) {
	if name := state.Get(stateFieldManager); name.IsString() {
		return name.AsString(), nil
	}
	return resource.NewUniqueName(nil, "pulumi-kubernetes-", 0, 0, nil)
}

// state returns the state of a resource: the live object, with the inputs.
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

// objectID returns <namespace>/<name>, or <name> for an object in no namespace.
func objectID(object *unstructured.Unstructured) string {
	if object.GetNamespace() == "" {
		return object.GetName()
	}
	return object.GetNamespace() + "/" + object.GetName()
}

var errAlreadyExists = errors.New("the object is in the cluster already, and not in the state of this stack. Fix: delete " +
	"it there, or set PULUMI_K8S_UPSERT_EXISTING_OBJECTS=true to apply it")
