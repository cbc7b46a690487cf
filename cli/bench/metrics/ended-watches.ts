import type { Measures } from "./measures.ts";
import { rareChange, type ScrapePair } from "./series.ts";

/**
 * Returns how many watches of pods and nodes the API server ended between two scrapes. It ends one whose buffer stays full. The
 * buffers grow with the load of the last 75 s (`suggestedWatchChannelSize`, k8s.io/apiserver 0.36.3).
 */
export function endedWatches(api: ScrapePair): number | undefined {
  const counter = "apiserver_terminated_watchers_total";
  const pods = rareChange(api, counter, { resource: "pods" });
  const nodes = rareChange(api, counter, { resource: "nodes" });
  return pods === undefined || nodes === undefined ? undefined : pods + nodes;
}

/** Returns a sentence if the API server ended watches in counted repetitions. A scheduler then waits for its next watch. */
export function endedWatchNotes(counted: readonly { readonly measures: Measures }[]): readonly string[] {
  const counts = counted.map(({ measures }) => measures["endedWatches"] ?? 0).filter((count) => count > 0);
  if (counts.length === 0) return [];
  const sum = counts.reduce((all, count) => all + count, 0);
  return [
    `The API server ended ${sum} ${sum === 1 ? "watch" : "watches"} of pods or nodes in ${counts.length} of ` +
      `${counted.length} repetitions, because its clients received too slowly. A scheduler then waits for its next watch. ` +
      "Fix: set more warmups, or raise masterVcpus",
  ];
}
