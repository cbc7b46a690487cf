import type { BenchNode, PodTimes, Repetition, Scrape } from "../../../../cli/bench/run/repetition.ts";

/** Returns a pod that was created and acknowledged at 0 and has no node. */
export function pod(name: string, values: Partial<PodTimes> = {}): PodTimes {
  return { name, namespace: "bench", created: 0, acknowledged: 0, priority: 0, requests: {}, ...values };
}

/** Returns pods that were bound at these times, all created at 0. */
export function boundAt(...times: readonly number[]): readonly PodTimes[] {
  return times.map((bound, index) => pod(`pod-${index}`, { bound, node: "a" }));
}

/** Returns a node. */
export function node(name: string, allocatable: BenchNode["allocatable"], labels: BenchNode["labels"] = {}): BenchNode {
  return { name, allocatable, labels };
}

/** Returns a scrape before and one after the window. */
export function scrapes(component: Scrape["component"], before: string, after: string): readonly Scrape[] {
  return [
    { component, when: "before", text: before },
    { component, when: "after", text: after },
  ];
}

/** Returns a repetition without pods and with a window of 10 s. */
export function repetition(values: Partial<Repetition> = {}): Repetition {
  return {
    number: 1,
    block: 0,
    scheduler: "shipped",
    warmup: false,
    window: { start: 0, end: 10_000 },
    pods: [],
    unmeasured: [],
    nodes: [],
    scrapes: [],
    usage: [],
    seconds: 20,
    journal: "",
    ...values,
  };
}
