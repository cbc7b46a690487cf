package kubernetes

import (
	"context"
	"fmt"
	"sort"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Bounds of a diagnosis: the lines that you still read, and the time that all its requests may take.
const (
	diagnosedPods    = 5
	diagnosedEvents  = 8
	diagnosisTimeout = 15 * time.Second
)

var (
	podResource   = schema.GroupVersionResource{Version: "v1", Resource: "pods"}
	eventResource = schema.GroupVersionResource{Version: "v1", Resource: "events"}
)

// diagnose explains why an object is not ready: the state of its pods, and the last warnings about the object and its
// pods. It also works after a cancelled run.
func diagnose(ctx context.Context, cluster *cluster, object *unstructured.Unstructured) string {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), diagnosisTimeout)
	defer cancel()
	var lines []string
	about := []*unstructured.Unstructured{object}
	pods := troubledPods(ctx, cluster, object)
	for i := range pods {
		if i == diagnosedPods {
			lines = append(lines, fmt.Sprintf("  and %d more pods", len(pods)-diagnosedPods))
			break
		}
		lines = append(lines, fmt.Sprintf("  pod %s: %s", pods[i].GetName(), podTrouble(&pods[i])))
		about = append(about, &pods[i])
	}
	var events []event
	for _, one := range about {
		events = append(events, eventsAbout(ctx, cluster, one)...)
	}
	sort.Slice(events, func(i, j int) bool { return events[i].when < events[j].when })
	for _, one := range events[max(0, len(events)-diagnosedEvents):] {
		lines = append(lines, "  event: "+one.text)
	}
	if len(lines) == 0 {
		return "  no pods and no warnings were found"
	}
	return strings.Join(lines, "\n")
}

// troubledPods are the pods of a workload that are not ready.
func troubledPods(ctx context.Context, cluster *cluster, object *unstructured.Unstructured) []unstructured.Unstructured {
	labels, _, _ := unstructured.NestedStringMap(object.Object, "spec", "selector", "matchLabels")
	if object.GetKind() == "Service" {
		labels, _, _ = unstructured.NestedStringMap(object.Object, "spec", "selector")
	}
	if len(labels) == 0 {
		return nil
	}
	list, err := cluster.dynamic.Resource(podResource).Namespace(object.GetNamespace()).List(ctx,
		metav1.ListOptions{LabelSelector: metav1.FormatLabelSelector(&metav1.LabelSelector{MatchLabels: labels})})
	if err != nil {
		return nil
	}
	var troubled []unstructured.Unstructured
	for _, pod := range list.Items {
		phase, _, _ := unstructured.NestedString(pod.Object, "status", "phase")
		if status, _ := condition(&pod, "Ready"); phase != "Succeeded" && status != "True" {
			troubled = append(troubled, pod)
		}
	}
	return troubled
}

// podTrouble explains in one line why a pod is not ready.
func podTrouble(pod *unstructured.Unstructured) string {
	phase, _, _ := unstructured.NestedString(pod.Object, "status", "phase")
	reason, _, _ := unstructured.NestedString(pod.Object, "status", "reason")
	message, _, _ := unstructured.NestedString(pod.Object, "status", "message")
	if phase == "" {
		phase = "no phase yet"
	}
	troubles := []string{phase + explain(reason, message)}
	if status, why := condition(pod, "PodScheduled"); status == "False" {
		troubles = append(troubles, "not scheduled"+why)
	}
	for _, list := range []string{"initContainerStatuses", "containerStatuses"} {
		containers, _, _ := unstructured.NestedSlice(pod.Object, "status", list)
		for _, item := range containers {
			if container, ok := item.(map[string]any); ok {
				troubles = append(troubles, containerTroubles(container)...)
			}
		}
	}
	return strings.Join(troubles, "; ")
}

func containerTroubles(container map[string]any) []string {
	var troubles []string
	name, _ := container["name"].(string)
	text := func(path ...string) string {
		value, _, _ := unstructured.NestedString(container, path...)
		return value
	}
	if _, waiting, _ := unstructured.NestedMap(container, "state", "waiting"); waiting {
		troubles = append(troubles, fmt.Sprintf("container %s waits%s", name,
			explain(text("state", "waiting", "reason"), text("state", "waiting", "message"))))
	}
	for _, state := range []string{"state", "lastState"} {
		ended, found, _ := unstructured.NestedMap(container, state, "terminated")
		if code, _ := asFloat(ended["exitCode"]); found && code != 0 {
			troubles = append(troubles, fmt.Sprintf("container %s exited with %d%s", name, int(code),
				explain(text(state, "terminated", "reason"), text(state, "terminated", "message"))))
		}
	}
	if isReady, _ := container["ready"].(bool); len(troubles) == 0 && !isReady {
		troubles = append(troubles, fmt.Sprintf("container %s is not ready", name))
	}
	return troubles
}

type event struct{ when, text string }

// eventsAbout are the warnings about one object.
func eventsAbout(ctx context.Context, cluster *cluster, object *unstructured.Unstructured) []event {
	namespace := object.GetNamespace()
	if namespace == "" {
		namespace = metav1.NamespaceDefault
	}
	selector := fields.Set{"involvedObject.name": object.GetName(), "involvedObject.kind": object.GetKind(),
		"type": "Warning"}
	list, err := cluster.dynamic.Resource(eventResource).Namespace(namespace).List(ctx,
		metav1.ListOptions{FieldSelector: selector.String(), Limit: 100})
	if err != nil {
		return nil
	}
	var events []event
	for _, item := range list.Items {
		reason, _, _ := unstructured.NestedString(item.Object, "reason")
		message, _, _ := unstructured.NestedString(item.Object, "message")
		when, _, _ := unstructured.NestedString(item.Object, "lastTimestamp")
		if when == "" {
			when, _, _ = unstructured.NestedString(item.Object, "eventTime")
		}
		events = append(events, event{when, fmt.Sprintf("%s %s%s", object.GetKind(), object.GetName(),
			explain(reason, strings.TrimSpace(message)))})
	}
	return events
}
