import { sha256, shortDigest } from "../lib/digest.ts";
import { stringify } from "yaml";
import type { Node } from "../topology.ts";

/**
 * Returns the text of a node's meta-data.
 *
 * cloud-init sets local-hostname in its local stage, before networking, so the first DHCP request has the right name.
 * The instance-id depends on the rest of the seed: a disk with another seed runs cloud-init's per-instance modules again.
 */
export function metaData(node: Node, ...rest: readonly string[]): string {
  const digest = shortDigest(sha256(rest.join("\0")));
  return stringify({ "instance-id": `${node.domainName}-${digest}`, "local-hostname": node.name });
}
