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

// deleteObject deletes an object and what hangs on it, and waits until it is gone.
func (k *plugin) deleteObject(ctx context.Context, object *unstructured.Unstructured, customSeconds float64) error {
	cluster, err := k.reach(ctx)
	if err != nil {
		return err
	}
	client, err := cluster.client(object)
	if meta.IsNoMatchError(err) {
		return nil // the kind is gone, and all of its objects with it
	}
	if err != nil {
		return err
	}
	policy := propagation(object)
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
			return nil // another of the same name has come in its place
		}
		why := fmt.Sprint(err)
		if err == nil {
			why = deletionTrouble(live)
		}
		if why != shown {
			shown = why
			p.GetLogger(ctx).InfoStatusf("waiting for %s %s to go: %s", object.GetKind(), objectID(object), shown)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the run was cancelled while waiting for the object to go: %s", why)
		case <-expired:
			return fmt.Errorf("%s %s is not gone after %s: %s", object.GetKind(), objectID(object), limit, why)
		case <-time.After(pollInterval):
		}
	}
}

func propagation(object *unstructured.Unstructured) metav1.DeletionPropagation {
	switch strings.ToLower(object.GetAnnotations()[annotationPropagation]) {
	case "orphan":
		return metav1.DeletePropagationOrphan
	case "background":
		return metav1.DeletePropagationBackground
	default:
		return metav1.DeletePropagationForeground
	}
}

// deletionTrouble says what keeps an object that is being deleted.
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
