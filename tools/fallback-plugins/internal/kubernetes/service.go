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

// judgeService judges a Service by itself and, when it selects pods, by the endpoints that were found for it.
func judgeService(ctx context.Context, cluster *cluster, service *unstructured.Unstructured) verdict {
	if v := judgeLoadBalancer(service); !v.ready || !selectsPods(service) {
		return v
	}
	slices, err := cluster.dynamic.Resource(endpointSlices).Namespace(service.GetNamespace()).List(ctx,
		metav1.ListOptions{LabelSelector: "kubernetes.io/service-name=" + service.GetName()})
	if err != nil {
		return notYet("its endpoints could not be listed: %v", err)
	}
	return judgeEndpoints(slices.Items)
}

func judgeLoadBalancer(service *unstructured.Unstructured) verdict {
	kind, _, _ := unstructured.NestedString(service.Object, "spec", "type")
	if kind != "LoadBalancer" {
		return ready
	}
	if ingress, _, _ := unstructured.NestedSlice(service.Object, "status", "loadBalancer", "ingress"); len(ingress) == 0 {
		return notYet("no address was allocated; a load balancer needs something that provides it")
	}
	return ready
}

// selectsPods tells whether the service is to have endpoints that a controller finds and the cluster balances over.
func selectsPods(service *unstructured.Unstructured) bool {
	kind, _, _ := unstructured.NestedString(service.Object, "spec", "type")
	address, _, _ := unstructured.NestedString(service.Object, "spec", "clusterIP")
	selector, _, _ := unstructured.NestedMap(service.Object, "spec", "selector")
	return kind != "ExternalName" && address != "None" && len(selector) > 0
}

// judgeEndpoints wants the controller to have looked, and every pod that it found to be ready. A service that selects
// no pod is ready: the pods may well come later.
func judgeEndpoints(slices []unstructured.Unstructured) verdict {
	if len(slices) == 0 {
		return notYet("its endpoints have not been looked for yet")
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
