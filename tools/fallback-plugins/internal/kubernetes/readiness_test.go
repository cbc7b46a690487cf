package kubernetes

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
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
		want         string // ready, waiting or lost
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
			"updatedReplicas": int64(1), "replicas": int64(2), "availableReplicas": int64(2)}, "waiting", "of before"},
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
		"daemon set, updated by hand": {"DaemonSet", object{"updateStrategy": object{"type": "OnDelete"}},
			object{"observedGeneration": int64(2), "desiredNumberScheduled": int64(2), "numberAvailable": int64(2)}, "ready", ""},
		"daemon set, unavailable": {"DaemonSet", object{}, object{"observedGeneration": int64(2), "desiredNumberScheduled": int64(2),
			"updatedNumberScheduled": int64(2), "numberAvailable": int64(1)}, "waiting", "1 of 2 pods available"},
		"daemon set, ready": {"DaemonSet", object{}, object{"observedGeneration": int64(2), "desiredNumberScheduled": int64(2),
			"updatedNumberScheduled": int64(2), "numberAvailable": int64(2)}, "ready", ""},
		"stateful set, unready": {"StatefulSet", object{"replicas": int64(2)}, object{"observedGeneration": int64(2),
			"readyReplicas": int64(1)}, "waiting", "1 of 2 replicas ready"},
		"stateful set, old revision": {"StatefulSet", object{"replicas": int64(1)}, object{"observedGeneration": int64(2),
			"readyReplicas": int64(1), "updatedReplicas": int64(1), "currentRevision": "a", "updateRevision": "b"}, "waiting", "revision b"},
		"stateful set, partitioned": {"StatefulSet", object{"replicas": int64(3), "updateStrategy": object{
			"rollingUpdate": object{"partition": int64(2)}}}, object{"observedGeneration": int64(2), "readyReplicas": int64(3),
			"updatedReplicas": int64(1), "currentRevision": "a", "updateRevision": "b"}, "ready", ""},
		"stateful set, ready": {"StatefulSet", object{"replicas": int64(1)}, object{"observedGeneration": int64(2),
			"readyReplicas": int64(1), "updatedReplicas": int64(1), "currentRevision": "b", "updateRevision": "b"}, "ready", ""},
		"job, running": {
			"Job",
			object{"completions": int64(2)},
			object{"succeeded": int64(1)},
			"waiting",
			"1 of 2 completions",
		},
		"job, complete": {"Job", object{}, object{"conditions": conditions("Complete", "True", "")}, "ready", ""},
		"job, failed": {
			"Job",
			object{},
			object{"conditions": conditions("Failed", "True", "BackoffLimitExceeded")},
			"lost",
			"BackoffLimitExceeded",
		},
		"pod, pending": {
			"Pod",
			object{},
			object{"phase": "Pending", "conditions": conditions("PodScheduled", "False", "Unschedulable")},
			"waiting",
			"Unschedulable",
		},
		"pod, crashing": {
			"Pod",
			object{},
			object{"phase": "Running", "containerStatuses": list{object{"name": "c", "lastState": object{"terminated": object{"exitCode": int64(7), "reason": "Error"}}}}},
			"waiting",
			"container c exited with 7: Error",
		},
		"pod, ready": {
			"Pod",
			object{},
			object{"phase": "Running", "conditions": conditions("Ready", "True", "")},
			"ready",
			"",
		},
		"pod, done":        {"Pod", object{}, object{"phase": "Succeeded"}, "ready", ""},
		"pod, failed":      {"Pod", object{}, object{"phase": "Failed", "reason": "Evicted"}, "lost", "Evicted"},
		"service, waiting": {"Service", object{"type": "LoadBalancer"}, object{}, "waiting", "no address"},
		"service, with it": {
			"Service",
			object{"type": "LoadBalancer"},
			object{"loadBalancer": object{"ingress": list{object{"ip": "x"}}}},
			"ready",
			"",
		},
		"service, headless": {
			"Service",
			object{"clusterIP": "None", "selector": object{"a": "b"}},
			object{},
			"ready",
			"",
		},
		"service, elsewhere": {
			"Service",
			object{"type": "ExternalName", "selector": object{"a": "b"}},
			object{},
			"ready",
			"",
		},
		"service, unselected": {"Service", object{}, object{}, "ready", ""},
	} {
		t.Run(name, func(t *testing.T) {
			subject := &unstructured.Unstructured{Object: object{"kind": one.kind, "metadata": object{"generation": int64(2)},
				"spec": one.spec, "status": one.status}}
			rule := judgeLoadBalancer
			for kind, known := range readinessRules {
				if kind.Kind == one.kind {
					rule = known
				}
			}
			verdict := rule(subject)
			got := map[[2]bool]string{
				{true, false}: "ready", {false, false}: "waiting", {false, true}: "lost",
			}[[2]bool{verdict.ready, verdict.lost}]
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
