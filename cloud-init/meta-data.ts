import { createHash } from "node:crypto";
import { stringify } from "yaml";
import { shortDigest } from "../names.ts";
import type { Node } from "../topology.ts";

/**
 * Text of a node's meta-data.
 *
 * cloud-init sets local-hostname in its local stage, before networking, so the first DHCP request bears the right name.
 * The instance-id follows the rest of the seed: the same disk with another seed runs cloud-init's per-instance modules anew.
 */
export function metaData(node: Node, ...rest: readonly string[]): string {
  const digest = shortDigest(createHash("sha256").update(rest.join("\0")).digest("hex"));
  return stringify({ "instance-id": `${node.domainName}-${digest}`, "local-hostname": node.name });
}
