import { sha256, shortDigest } from "../lib/digest.ts";
import type { Node } from "../topology.ts";
import { metaData } from "./meta-data.ts";
import { networkConfig, type StaticNetwork } from "./network-config.ts";
import { userData, type Login } from "./user-data.ts";

/** Files of a NoCloud seed disk, and a digest of their content. */
export interface Seed {
  readonly files: Readonly<Record<"meta-data" | "user-data" | "network-config", string>>;
  /** First 12 hexadecimal digits of the content's SHA-256. */
  readonly digest: string;
}

/** Returns the seed of a node. The same node gives the same text, byte by byte. */
export function seedOf(node: Node, login: Login, network: StaticNetwork): Seed {
  const user = userData(node, login);
  const net = networkConfig(node, network);
  const files = { "meta-data": metaData(node, user, net), "user-data": user, "network-config": net };
  const digest = shortDigest(sha256(JSON.stringify(files)));
  return { files, digest };
}
