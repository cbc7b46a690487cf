import type { StackState, StateResource } from "../../../cli/stack/state.ts";
import { urn } from "../../support/urn.ts";

/** A node in {@link clusterOfMachines}: its name, and the UUID of its domain. */
export interface StateNode {
  readonly name: string;
  readonly uuid: string;
  /** Output of operator/read-identity.ts; none for a node whose bring-up did not finish. */
  readonly identity?: string;
}

const hypervisor = urn("pulumi:providers:libvirt", "hypervisor");

/**
 * Returns the state of a cluster whose first node is the control plane.
 * @param others Further resources, such as pools, without their provider.
 */
export function clusterOfMachines(
  nodes: readonly StateNode[],
  uri = "qemu:///system",
  others: readonly StateResource[] = [],
): StackState {
  const provider = `${hypervisor}::1`;
  const resources = nodes.flatMap(({ name, uuid, identity }, index): readonly StateResource[] => {
    const kind = index === 0 ? "nodeforge:index:Master" : "nodeforge:index:Worker";
    const resource = `lab-${name}`;
    const owner = urn(`nodeforge:index:Cluster$${kind}`, resource);
    const command = { type: "command:local:Command", parent: owner, outputs: { stdout: identity } };
    return [
      { urn: owner, type: kind, inputs: { node: name } },
      {
        urn: urn(`nodeforge:index:Cluster$${kind}$libvirt:index/domain:Domain`, resource),
        type: "libvirt:index/domain:Domain",
        id: uuid,
        parent: owner,
        provider,
        outputs: { name: resource },
      },
      ...(identity === undefined
        ? []
        : [{ ...command, urn: urn(`nodeforge:index:Cluster$${kind}$command:local:Command`, `${resource}-host-key`) }]),
    ];
  });
  return {
    resources: [
      { urn: hypervisor, type: "pulumi:providers:libvirt", id: "1", inputs: { uri } },
      ...others.map((other) => ({ ...other, provider })),
      ...resources,
    ],
    pending: [],
  };
}
