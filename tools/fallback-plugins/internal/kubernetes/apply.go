package kubernetes

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	p "github.com/pulumi/pulumi-go-provider"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/util/csaupgrade"
)

// creator is the field manager of a create, as in the official plugin. The first update hands its fields over to the
// manager of the resource.
const creator = "pulumi-kubernetes"

// Creating waits for a namespace or a kind that is only just coming, in delays that double from the first.
var (
	createAttempts   = 6
	firstCreateDelay = time.Second
)

// createObject creates an object and refuses one that is there already, unless the provider is set to take it over.
func (k *plugin) createObject(
	ctx context.Context, object *unstructured.Unstructured, manager string,
) (*unstructured.Unstructured, error) {
	cluster, err := k.reach(ctx)
	if err != nil {
		return nil, err
	}
	delay := firstCreateDelay
	for attempt := 1; ; attempt++ {
		live, err := k.createOnce(ctx, cluster, object, manager, nil)
		switch {
		case err == nil:
			return live, nil
		case apierrors.IsAlreadyExists(err):
			return nil, fmt.Errorf("%w: %w", err, errAlreadyExists)
		case attempt == createAttempts, !apierrors.IsNotFound(err) && !meta.IsNoMatchError(err):
			return nil, err
		}
		p.GetLogger(ctx).InfoStatusf("create failed, attempt %d of %d: %v", attempt, createAttempts, err)
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("%w while waiting to try again: %w", ctx.Err(), err)
		case <-time.After(delay):
		}
		delay *= 2
	}
}

func (k *plugin) createOnce(
	ctx context.Context, cluster *cluster, object *unstructured.Unstructured, manager string, dryRun []string,
) (*unstructured.Unstructured, error) {
	client, err := cluster.client(object)
	if err != nil {
		return nil, err
	}
	if k.settings.upsert {
		return patch(ctx, client, object, manager, k.forces(object), dryRun)
	}
	return client.Create(ctx, object, metav1.CreateOptions{FieldManager: creator, DryRun: dryRun})
}

// applyObject makes an object that is in the cluster what object says, by server-side apply: fields that others keep
// stay as they are, fields that we no longer name go.
func (k *plugin) applyObject(
	ctx context.Context, object *unstructured.Unstructured, manager string,
) (*unstructured.Unstructured, error) {
	cluster, err := k.reach(ctx)
	if err != nil {
		return nil, err
	}
	client, err := cluster.client(object)
	if err != nil {
		return nil, err
	}
	live, err := client.Get(ctx, object.GetName(), metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	if err := takeOver(ctx, client, live, manager); err != nil {
		return nil, err
	}
	return patch(ctx, client, object, manager, k.forces(object), nil)
}

func (k *plugin) forces(object *unstructured.Unstructured) bool {
	return k.settings.patchForce || object.GetAnnotations()[annotationForce] == "true"
}

func patch(
	ctx context.Context, client dynamic.ResourceInterface, object *unstructured.Unstructured, manager string, force bool,
	dryRun []string,
) (*unstructured.Unstructured, error) {
	body, err := json.Marshal(object.Object)
	if err != nil {
		return nil, err
	}
	live, err := client.Patch(ctx, object.GetName(), types.ApplyPatchType, body,
		metav1.PatchOptions{FieldManager: manager, Force: &force, DryRun: dryRun})
	if apierrors.IsConflict(err) {
		return nil, fmt.Errorf("another field manager keeps a field that %q is to set: %w\nLeave the field to it, or take it "+
			"over with the annotation %s: \"true\"", manager, err, annotationForce)
	}
	return live, err
}

// takeOver makes the fields that a create set, or kubectl, ours, so that the API server can tell which ones we drop.
func takeOver(
	ctx context.Context, client dynamic.ResourceInterface, live *unstructured.Unstructured, manager string,
) error {
	former := sets.New[string]()
	for _, entry := range live.GetManagedFields() {
		ours := entry.Manager == creator || strings.HasPrefix(entry.Manager, "kubectl") ||
			entry.Manager == "before-first-apply"
		if ours && entry.Operation == metav1.ManagedFieldsOperationUpdate && entry.Subresource == "" {
			former.Insert(entry.Manager)
		}
	}
	if len(former) == 0 {
		return nil
	}
	body, err := csaupgrade.UpgradeManagedFieldsPatch(live, former, manager)
	if err != nil || body == nil {
		return err
	}
	_, err = client.Patch(ctx, live.GetName(), types.JSONPatchType, body, metav1.PatchOptions{})
	if err != nil {
		return fmt.Errorf("taking over the fields of the object: %w", err)
	}
	return nil
}

func (k *plugin) get(
	ctx context.Context, cluster *cluster, object *unstructured.Unstructured,
) (*unstructured.Unstructured, error) {
	client, err := cluster.client(object)
	if err != nil {
		return nil, err
	}
	return client.Get(ctx, object.GetName(), metav1.GetOptions{})
}
