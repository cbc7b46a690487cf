import { join } from "node:path";
import { artifact } from "../lib/cache.ts";
import { inCheckout } from "../lib/checkout.ts";
import { goRecipe, type GoModule } from "./go-module.ts";
import { provide } from "./requirements.ts";

/** Its own module, because a change of etcd's own would be another node image. Nodes need etcdutl at a restore only. */
export const etcdutlModule: GoModule = {
  name: "etcdutl",
  folder: inCheckout("tools", "go", "etcdutl"),
  estimate: "1 min",
  programs: [{ name: "etcdutl", package: "go.etcd.io/etcd/etcdutl/v3" }],
};

/** Builds etcdutl, which makes a store of an etcd snapshot, and returns its path. Takes no time where the cache has it. */
export async function etcdutl(): Promise<string> {
  await provide("building");
  return join(await artifact(await goRecipe(etcdutlModule)), "etcdutl");
}
