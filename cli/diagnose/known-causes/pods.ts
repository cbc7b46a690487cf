import { inItems, inLog } from "../evidence.ts";
import { ofSmokeCheck } from "../symptoms.ts";
import type { KnownCause } from "./known-cause.ts";

/** Causes in pods: their images, their names and their network. */
export const podCauses: readonly KnownCause[] = [
  {
    name: "container image missing",
    cause: "A pod needs a container image that the node image lacks, and nodes never pull nodeforge's own images.",
    fix: "Rebuild the node image (`npm run image`). Your own container images need a registry that the nodes reach. `pods.txt` names the pods.",
    symptoms: (evidence) => {
      const pattern = /ErrImageNeverPull|ImagePullBackOff|ErrImagePull\b|InvalidImageName/;
      return [...inLog(evidence, pattern), ...inItems(evidence, ["pods"], pattern)];
    },
  },
  {
    name: "names do not resolve in the cluster",
    cause: "A worker cannot reach the cluster's name server.",
    fix: "Run `npm run kubectl -- -n nodeforge-smoke describe pods` and `npm run kubectl -- -n kube-system logs -l k8s-app=kube-dns`. Read the node's `kube-proxy.txt` and `flanneld.txt`.",
    symptoms: (evidence) => ofSmokeCheck(evidence, String.raw`resolves to \d+ of \d+ pods`),
  },
  {
    name: "pods do not reach each other",
    cause: "Pods of one node do not reach those of another.",
    fix: "Compare the routes in both nodes' `addresses.txt` and read their `flanneld.txt`. An existing network may drop addresses outside its subnet.",
    symptoms: (evidence) => ofSmokeCheck(evidence, String.raw`did not answer, \d+ of \d+ pods did`),
  },
];
