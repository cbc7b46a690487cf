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

// creator is the field manager of a create, as in the official plugin. The first update moves its fields to the manager
// of the resource.
const creator = "pulumi-kubernetes"

// A create waits for a namespace or a kind that does not exist yet. Each delay is twice the one before.
var (
	createAttempts   = 6
	firstCreateDelay = time.Second
)

// createObject creates an object. An existing one is an error unless upsertExistingObjects is set.
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
		return patch(ctx, client, object, manager, k.settings.patchForce, dryRun)
	}
	return client.Create(ctx, object, metav1.CreateOptions{FieldManager: creator, DryRun: dryRun})
}

// applyObject updates an object in the cluster by server-side apply. Fields of other managers stay. Fields that the inputs
// no longer have are removed.
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
	if err := adoptFields(ctx, client, live, manager); err != nil {
		return nil, err
	}
	return patch(ctx, client, object, manager, k.settings.patchForce, nil)
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
		return nil, fmt.Errorf("another field manager owns a field that %q sets: %w\nFix: remove the other manager's "+
			"change, or set PULUMI_K8S_ENABLE_PATCH_FORCE=true to overwrite it", manager, err)
	}
	return live, err
}

// adoptFields moves the fields that a create or kubectl wrote to manager. The API server then knows which of them an apply
// no longer has.
func adoptFields(
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
		return fmt.Errorf("moving the fields of the object to its field manager: %w", err)
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
