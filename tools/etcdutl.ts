import { join } from "node:path";
import { inCheckout } from "../lib/checkout.ts";
import type { GoModule } from "./go-module.ts";
import { releasePins } from "./release-pins.ts";
import { moduleFolder } from "./released-module.ts";

/** Its own module, because a change of etcd's own would be another node image. Nodes need etcdutl at a restore only. */
export const etcdutlModule: GoModule = {
  name: "etcdutl",
  folder: inCheckout("tools", "go", "etcdutl"),
  estimate: "1 min",
  programs: [{ name: "etcdutl", package: "go.etcd.io/etcd/etcdutl/v3" }],
};

/**
 * Returns the path of etcdutl, which makes a store of an etcd snapshot. It is released or built as in {@link moduleFolder}.
 * @param pins Replaced in tests.
 * @throws {ChecksumError} if the released file has another hash.
 */
export async function etcdutl(pins = releasePins): Promise<string> {
  return join(await moduleFolder(etcdutlModule, pins), "etcdutl");
}
