import type { ResourceTransformation } from "@pulumi/pulumi";
import { resourceType } from "../names.ts";

/** Outputs that the program reads and that are no inputs, by the types of a worker's resources. */
const read: Readonly<Record<string, readonly string[]>> = {
  [resourceType.volume]: [],
  [resourceType.domain]: [],
  [resourceType.localCommand]: ["stdout"],
  [resourceType.remoteCommand]: ["stdout"],
};

/**
 * Leaves out the properties without a value that the program does not read, for the types of a worker's resources. The engine
 * gets the same inputs, so plans and states are the same.
 *
 * Pulumi's Node SDK makes an output of each property that a type has. A worker has 95, of which 45 have no value and are not
 * read. An output takes 8 KB of memory until its resource is registered (`transferProperties` in `runtime/rpc.js` of 3.250.0).
 */
export const omitUnreadOutputs: ResourceTransformation = ({ type, props, opts }) => {
  const names = read[type];
  if (names === undefined) return undefined;
  const kept = Object.entries(props as object).filter(([name, value]) => value !== undefined || names.includes(name));
  return { props: Object.fromEntries(kept), opts };
};
