package kubernetes

import (
	"context"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// previewCreate asks the API server what would come of a create. It answers nil where that cannot be asked: without a
// cluster, before the namespace or the kind is there, or with values that are not known yet.
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
	// Until the real update takes the fields of the create over, they look like a stranger's.
	force := k.forces(object)
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
	// A status that is not there yet is unknown to the program, and not the empty one of a dry run.
	unstructured.RemoveNestedField(live.Object, "status")
	return live, nil
}
