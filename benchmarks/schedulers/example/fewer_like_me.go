package main

import (
	"context"
	"fmt"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/kube-scheduler/framework"
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/helper"
	schedulerruntime "k8s.io/kubernetes/pkg/scheduler/framework/runtime"
)

const pluginName = "FewerLikeMe"

// arguments are the `args` of the plugin in a KubeSchedulerConfiguration.
type arguments struct {
	// LabelKey is the label whose values are compared. Default: app.
	LabelKey string `json:"labelKey"`
	// DelayMilliseconds is added to the scheduling of each pod, to prove that a benchmark finds it. Default: 0.
	DelayMilliseconds int64 `json:"delayMilliseconds"`
}

// plugin prefers the nodes with the fewest pods that have the same value of a label.
type plugin struct {
	labelKey string
	delay    time.Duration
}

var (
	_ framework.PreScorePlugin  = &plugin{}
	_ framework.ScorePlugin     = &plugin{}
	_ framework.ScoreExtensions = &plugin{}
)

func newPlugin(_ context.Context, object runtime.Object, _ framework.Handle) (framework.Plugin, error) {
	given := arguments{LabelKey: "app"}
	if err := schedulerruntime.DecodeInto(object, &given); err != nil {
		return nil, fmt.Errorf("the arguments of %s cannot be read: %w", pluginName, err)
	}
	if given.LabelKey == "" {
		return nil, fmt.Errorf("labelKey of %s is empty. Fix: set it to a label's key, e.g. app", pluginName)
	}
	if given.DelayMilliseconds < 0 {
		return nil, fmt.Errorf("delayMilliseconds of %s is %d. Fix: set it to 0 or more", pluginName, given.DelayMilliseconds)
	}
	return &plugin{given.LabelKey, time.Duration(given.DelayMilliseconds) * time.Millisecond}, nil
}

func (p *plugin) Name() string { return pluginName }

// PreScore waits for the delay. It runs once for each pod, whereas Score runs once for each node.
// The scheduler calls neither for a pod that fits on one node only.
func (p *plugin) PreScore(_ context.Context, _ framework.CycleState, _ *v1.Pod, _ []framework.NodeInfo) *framework.Status {
	time.Sleep(p.delay)
	return nil
}

// Score returns the number of similar pods on a node.
func (p *plugin) Score(_ context.Context, _ framework.CycleState, pod *v1.Pod, node framework.NodeInfo) (int64, *framework.Status) {
	value, found := pod.Labels[p.labelKey]
	if !found {
		return 0, nil
	}
	var similar int64
	for _, other := range node.GetPods() {
		if other.GetPod().Namespace == pod.Namespace && other.GetPod().Labels[p.labelKey] == value {
			similar++
		}
	}
	return similar, nil
}

func (p *plugin) ScoreExtensions() framework.ScoreExtensions { return p }

// NormalizeScore gives the node with the fewest similar pods the highest score.
func (p *plugin) NormalizeScore(_ context.Context, _ framework.CycleState, _ *v1.Pod, scores framework.NodeScoreList) *framework.Status {
	return helper.DefaultNormalizeScore(framework.MaxNodeScore, true, scores)
}
