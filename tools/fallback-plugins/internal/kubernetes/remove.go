package kubernetes

import (
	"context"
	"fmt"
	"strings"
	"time"

	p "github.com/pulumi/pulumi-go-provider"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// deleteObject deletes an object with its dependents, and waits until the object no longer exists.
func (k *plugin) deleteObject(ctx context.Context, object *unstructured.Unstructured, customSeconds float64) error {
	cluster, err := k.reach(ctx)
	if err != nil {
		return err
	}
	client, err := cluster.client(object)
	if meta.IsNoMatchError(err) {
		return nil // the kind no longer exists, and so none of its objects does
	}
	if err != nil {
		return err
	}
	policy := metav1.DeletePropagationForeground
	err = client.Delete(ctx, object.GetName(), metav1.DeleteOptions{PropagationPolicy: &policy})
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	limit := awaitLimit(customSeconds, object)
	expired := time.After(limit)
	var shown string
	defer func() { clearStatus(ctx, shown) }()
	var first *unstructured.Unstructured
	for {
		live, err := client.Get(ctx, object.GetName(), metav1.GetOptions{})
		switch {
		case apierrors.IsNotFound(err):
			return nil
		case err == nil && first == nil:
			first = live
		case err == nil && live.GetUID() != first.GetUID():
			return nil // a new object has the same name
		}
		why := fmt.Sprint(err)
		if err == nil {
			why = deletionTrouble(live)
		}
		if why != shown {
			shown = why
			p.GetLogger(ctx).InfoStatusf("waiting for the deletion of %s %s: %s", object.GetKind(), objectID(object), shown)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the run was cancelled while it waited for the deletion: %s", why)
		case <-expired:
			return fmt.Errorf("%s %s still exists after %s: %s", object.GetKind(), objectID(object), limit, why)
		case <-time.After(pollInterval):
		}
	}
}

// deletionTrouble explains why an object still exists during its deletion.
func deletionTrouble(live *unstructured.Unstructured) string {
	reasons := []string{"it is being deleted"}
	if finalizers := live.GetFinalizers(); len(finalizers) > 0 {
		reasons = append(reasons, "finalizers: "+strings.Join(finalizers, ", "))
	}
	conditions, _, _ := unstructured.NestedSlice(live.Object, "status", "conditions")
	for _, item := range conditions {
		fields, _ := item.(map[string]any)
		name, _ := fields["type"].(string)
		if strings.HasPrefix(name, "Namespace") && fields["status"] == "True" {
			reasons = append(reasons, fmt.Sprint(fields["message"]))
		}
	}
	return strings.Join(reasons, "; ")
}
