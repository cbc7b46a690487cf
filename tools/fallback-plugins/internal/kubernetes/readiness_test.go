package kubernetes

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

func TestReadiness(t *testing.T) {
	conditions := func(values ...any) list {
		var result list
		for i := 0; i < len(values); i += 3 {
			result = append(result, object{"type": values[i], "status": values[i+1], "reason": values[i+2]})
		}
		return result
	}
	for name, one := range map[string]struct {
		kind         string
		spec, status object
		want         string // ready or waiting
		why          string
	}{
		"deployment, not seen": {
			"Deployment",
			object{},
			object{"observedGeneration": int64(1)},
			"waiting",
			"generation 2",
		},
		"deployment, some updated": {"Deployment", object{"replicas": int64(3)}, object{"observedGeneration": int64(2),
			"updatedReplicas": int64(1), "replicas": int64(3)}, "waiting", "1 of 3 replicas updated"},
		"deployment, old ones left": {"Deployment", object{"replicas": int64(1)}, object{"observedGeneration": int64(2),
			"updatedReplicas": int64(1), "replicas": int64(2), "availableReplicas": int64(2)}, "waiting", "of the previous revision"},
		"deployment, unavailable": {"Deployment", object{"replicas": int64(1)}, object{"observedGeneration": int64(2),
			"updatedReplicas": int64(1), "replicas": int64(1), "conditions": conditions("Progressing", "False", "ProgressDeadlineExceeded")},
			"waiting", "ProgressDeadlineExceeded"},
		"deployment, quota": {"Deployment", object{"replicas": int64(1)}, object{"observedGeneration": int64(2),
			"conditions": conditions("ReplicaFailure", "True", "FailedCreate")}, "waiting", "FailedCreate"},
		"deployment, ready": {"Deployment", object{"replicas": int64(1)}, object{"observedGeneration": int64(2),
			"updatedReplicas": int64(1), "replicas": int64(1), "availableReplicas": int64(1),
			"conditions": conditions("Available", "True", "")}, "ready", ""},
		"deployment, of none": {"Deployment", object{"replicas": int64(0)}, object{"observedGeneration": int64(2),
			"conditions": conditions("Available", "True", "")}, "ready", ""},
		"daemon set, not seen": {"DaemonSet", object{}, object{}, "waiting", "generation 2"},
		"daemon set, old pods": {"DaemonSet", object{}, object{"observedGeneration": int64(2), "desiredNumberScheduled": int64(2),
			"updatedNumberScheduled": int64(1), "numberAvailable": int64(2)}, "waiting", "1 of 2 pods updated"},
		"daemon set, unavailable": {"DaemonSet", object{}, object{"observedGeneration": int64(2), "desiredNumberScheduled": int64(2),
			"updatedNumberScheduled": int64(2), "numberAvailable": int64(1)}, "waiting", "1 of 2 pods available"},
		"daemon set, ready": {"DaemonSet", object{}, object{"observedGeneration": int64(2), "desiredNumberScheduled": int64(2),
			"updatedNumberScheduled": int64(2), "numberAvailable": int64(2)}, "ready", ""},
	} {
		t.Run(name, func(t *testing.T) {
			subject := &unstructured.Unstructured{Object: object{"kind": one.kind, "metadata": object{"generation": int64(2)},
				"spec": one.spec, "status": one.status}}
			verdict := readinessRules[schema.GroupKind{Group: "apps", Kind: one.kind}](subject)
			got := map[bool]string{true: "ready", false: "waiting"}[verdict.ready]
			if got != one.want || !strings.Contains(verdict.why, one.why) {
				t.Errorf("%s because %q, want %s because of %q", got, verdict.why, one.want, one.why)
			}
		})
	}
	endpoints := func(ready ...any) []unstructured.Unstructured {
		var items list
		for _, one := range ready {
			items = append(items, object{"conditions": object{"ready": one}})
		}
		return []unstructured.Unstructured{{Object: object{"endpoints": items}}}
	}
	if judgeEndpoints(nil).ready || judgeEndpoints(endpoints(true, false)).ready {
		t.Error("a service is ready without endpoints, or with one that is not ready")
	}
	if !judgeEndpoints(endpoints()).ready || !judgeEndpoints(endpoints(true, true)).ready {
		t.Error("a service is not ready though all of its endpoints are")
	}
}

func TestPodTrouble(t *testing.T) {
	for want, status := range map[string]object{
		"Pending; not scheduled: Unschedulable": {"phase": "Pending",
			"conditions": list{object{"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}}},
		"Running; container c exited with 7: Error": {"phase": "Running", "containerStatuses": list{object{"name": "c",
			"lastState": object{"terminated": object{"exitCode": int64(7), "reason": "Error"}}}}},
		"Failed: Evicted": {"phase": "Failed", "reason": "Evicted"},
	} {
		if got := podTrouble(&unstructured.Unstructured{Object: object{"status": status}}); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestServicesThatSelectPods(t *testing.T) {
	for name, one := range map[string]struct {
		spec object
		want bool
	}{
		"with a selector": {object{"selector": object{"a": "b"}}, true},
		"headless":        {object{"clusterIP": "None", "selector": object{"a": "b"}}, false},
		"unselected":      {object{}, false},
	} {
		if got := selectsPods(&unstructured.Unstructured{Object: object{"spec": one.spec}}); got != one.want {
			t.Errorf("%s: %v, want %v", name, got, one.want)
		}
	}
}

func TestAwaitLimit(t *testing.T) {
	annotated := &unstructured.Unstructured{Object: object{"metadata": object{"annotations": object{annotationTimeout: "7"}}}}
	for name, one := range map[string]struct {
		custom  float64
		object  *unstructured.Unstructured
		seconds float64
	}{
		"the default":       {0, &unstructured.Unstructured{Object: object{}}, 600},
		"the annotation":    {0, annotated, 7},
		"the custom limit":  {3, annotated, 3},
		"a part of seconds": {0.5, annotated, 0.5},
	} {
		if got := awaitLimit(one.custom, one.object).Seconds(); got != one.seconds {
			t.Errorf("%s is %v s, want %v s", name, got, one.seconds)
		}
	}
}
