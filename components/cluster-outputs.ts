import * as pulumi from "@pulumi/pulumi";
import type { Node, Role } from "../topology.ts";
import type { VirtualMachine } from "./virtual-machine.ts";

/** A node as the stack's outputs show it. */
export interface NodeOutput {
  name: string;
  role: Role;
  address: string;
  /** SHA-256 of the image it runs. */
  image: string;
  /** Pool of a worker. */
  pool?: string;
}

/** Seconds of each phase, by node; `cluster` for what concerns all. */
export type Timings = Record<string, Record<string, number>>;

/** A node that was made. */
interface MadeNode {
  readonly node: Node;
  readonly machine: VirtualMachine;
  readonly timings: pulumi.Output<Record<string, number>>;
}

/** The nodes as outputs, in their order. */
export function nodeOutputs(made: readonly MadeNode[]): pulumi.Output<NodeOutput[]> {
  return pulumi.all(
    made.map(({ node: { name, role, image, pool }, machine }) =>
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

/** What every node's phases took, and what the whole cluster took after them. */
export function timingsOf(
  made: readonly MadeNode[],
  cluster: pulumi.Output<Record<string, number>>,
): pulumi.Output<Timings> {
  return pulumi
    .all([...made, { timings: cluster }].map(({ timings }) => timings))
    .apply((seconds) =>
      Object.fromEntries(
        [...made.map(({ node }) => node.name), "cluster"].map((name, at) => [name, seconds[at] ?? {}]),
      ),
    );
}
