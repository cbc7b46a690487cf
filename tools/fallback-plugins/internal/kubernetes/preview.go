package kubernetes

import (
	"context"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// previewCreate returns the object that a create would make, by a dry run of the API server. It returns nil without a
// cluster, before the namespace or the kind exists, and if values are still unknown.
func (k *plugin) previewCreate(
	ctx context.Context, inputs property.Map, manager string,
) (*unstructured.Unstructured, error) {
	if property.New(inputs).HasComputed() {
		return nil, nil
	}
	cluster := k.reachForPreview(ctx)
	if cluster == nil {
		return nil, nil
	}
	object := &unstructured.Unstructured{Object: plainObject(inputs)}
	live, err := k.createOnce(ctx, cluster, object, manager, []string{metav1.DryRunAll})
	return previewed(live, err)
}

// previewUpdate is previewCreate for an update.
func (k *plugin) previewUpdate(
	ctx context.Context, inputs property.Map, manager string,
) (*unstructured.Unstructured, error) {
	if property.New(inputs).HasComputed() {
		return nil, nil
	}
	cluster := k.reachForPreview(ctx)
	if cluster == nil {
		return nil, nil
	}
	object := &unstructured.Unstructured{Object: plainObject(inputs)}
	client, err := cluster.client(object)
	if err != nil {
		return previewed(nil, err)
	}
	live, err := client.Get(ctx, object.GetName(), metav1.GetOptions{})
	if err != nil {
		return previewed(nil, err)
	}
	// Until the first real update moves the fields of the create, they seem to belong to another manager.
	force := k.settings.patchForce
	for _, entry := range live.GetManagedFields() {
		force = force || entry.Manager == creator && entry.Operation == metav1.ManagedFieldsOperationUpdate
	}
	live, err = patch(ctx, client, object, manager, force, []string{metav1.DryRunAll})
	return previewed(live, err)
}

func previewed(live *unstructured.Unstructured, err error) (*unstructured.Unstructured, error) {
	switch {
	case apierrors.IsNotFound(err), apierrors.IsAlreadyExists(err), apierrors.IsForbidden(err), meta.IsNoMatchError(err):
		return nil, nil
	case err != nil:
		return nil, err
	}
	// The program sees an unknown status, and not the empty one of a dry run.
	unstructured.RemoveNestedField(live.Object, "status")
	return live, nil
}
