package kubernetes

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

var endpointSlices = schema.GroupVersionResource{
	Group: "discovery.k8s.io", Version: "v1", Resource: "endpointslices",
}

// judgeService judges a Service that selects pods by its endpoints. Every other Service is ready.
func judgeService(ctx context.Context, cluster *cluster, service *unstructured.Unstructured) verdict {
	if !selectsPods(service) {
		return ready
	}
	slices, err := cluster.dynamic.Resource(endpointSlices).Namespace(service.GetNamespace()).List(ctx,
		metav1.ListOptions{LabelSelector: "kubernetes.io/service-name=" + service.GetName()})
	if err != nil {
		return notYet("its endpoints could not be listed: %v", err)
	}
	return judgeEndpoints(slices.Items)
}

// selectsPods returns whether the cluster balances the service over endpoints that a controller finds.
func selectsPods(service *unstructured.Unstructured) bool {
	address, _, _ := unstructured.NestedString(service.Object, "spec", "clusterIP")
	selector, _, _ := unstructured.NestedMap(service.Object, "spec", "selector")
	return address != "None" && len(selector) > 0
}

// judgeEndpoints expects the controller to have written endpoints, and each of them to be ready. A service that selects
// no pod is ready, because its pods may follow later.
func judgeEndpoints(slices []unstructured.Unstructured) verdict {
	if len(slices) == 0 {
		return notYet("its controller has not written its endpoints yet")
	}
	waiting, total := 0, 0
	for _, slice := range slices {
		endpoints, _, _ := unstructured.NestedSlice(slice.Object, "endpoints")
		for _, endpoint := range endpoints {
			fields, _ := endpoint.(map[string]any)
			total++
			if isReady, known, _ := unstructured.NestedBool(fields, "conditions", "ready"); known && !isReady {
				waiting++
			}
		}
	}
	if waiting > 0 {
		return notYet("%d of its %d endpoints are not ready", waiting, total)
	}
	return ready
}
