import * as pulumi from "@pulumi/pulumi";
import type { Node, Role } from "../topology.ts";
import type { VirtualMachine } from "./virtual-machine.ts";

/** A node in the outputs of the stack. */
export interface NodeOutput {
  name: string;
  role: Role;
  address: string;
  /** SHA-256 of its image. */
  image: string;
  /** Pool of a worker; undefined for the control plane. */
  pool?: string;
}

/** Duration of each phase in seconds, by node; `cluster` has the phases of all nodes together. */
export type Timings = Record<string, Record<string, number>>;

/** A node and its resources. */
interface CreatedNode {
  readonly node: Node;
  readonly machine: VirtualMachine;
  readonly timings: pulumi.Output<Record<string, number>>;
}

/** Returns the nodes as outputs, in the same order. */
export function nodeOutputs(created: readonly CreatedNode[]): pulumi.Output<NodeOutput[]> {
  return pulumi.all(
    created.map(({ node: { name, role, image, pool }, machine }) =>
      machine.address.apply((address) => ({
        name,
        role,
        address,
        image: image.sha256,
        ...(pool === undefined ? {} : { pool }),
      })),
    ),
  );
}

/** Returns the durations of the phases of each node, and of those of the whole cluster. */
export function timingsOf(
  created: readonly CreatedNode[],
  cluster: pulumi.Output<Record<string, number>>,
): pulumi.Output<Timings> {
  return pulumi
    .all([...created, { timings: cluster }].map(({ timings }) => timings))
    .apply((seconds) =>
      Object.fromEntries(
        [...created.map(({ node }) => node.name), "cluster"].map((name, at) => [name, seconds[at] ?? {}]),
      ),
    );
}
