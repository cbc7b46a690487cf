import { isLocal } from "../../../libvirt/uri.ts";
import { inItems, inLog, type Evidence } from "../evidence.ts";
import type { KnownCause } from "./known-cause.ts";

/** Whether a node's hypervisor is another machine than this one. */
function isRemote({ nodes }: Evidence): boolean {
  return nodes.some(({ uri }) => uri !== undefined && !isLocal(uri));
}

/** Causes of a node that does not answer. They come last, because almost every other cause has the same effect. */
export const reachabilityCauses: readonly KnownCause[] = [
  {
    name: "nodes unreachable",
    cause: "The nodes are behind the NAT of a remote hypervisor, and this machine has no route to them.",
    fix: "Set a route to networkCidr through the hypervisor, or set `network` to a routed or bridged network that exists there: docs/operations.md.",
    symptoms: (evidence) =>
      isRemote(evidence)
        ? inLog(evidence, /dial tcp \S+: .*(i\/o timeout|no route to host|network is unreachable|timed out)/i)
        : [],
  },
  {
    name: "ssh not answered",
    cause: "The node has an address, but no ssh server answers there.",
    fix: "Read the node's `console.txt`. Look for a firewall, and for a network card without a link (`virsh domif-getlink`): this machine must reach port 22 of the nodes.",
    symptoms: (evidence) => [
      ...inLog(evidence, /dial tcp \S+:22: .*(connection refused|i\/o timeout|no route to host|timed out)/i),
      ...inItems(
        evidence,
        ["ssh"],
        /port 22: (Connection refused|Connection timed out|No route to host)|Operation timed out|banner exchange/i,
      ),
    ],
  },
  {
    name: "node not booted in time",
    cause:
      "The node's guest agent reported no address and host key: the node is still booting, or the image has no agent.",
    fix: "Read the node's `console.txt`. If the node was only slow, set a longer bootTimeoutMinutes.",
    symptoms: (evidence) => inLog(evidence, /no address and host key of \S+ within/),
  },
];
