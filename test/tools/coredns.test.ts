import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { corefile } from "../../addons/corefile.ts";
import { inCheckout } from "../../lib/checkout.ts";

/** Package of a plugin whose name differs from that of its directive. */
const packages: Readonly<Record<string, string>> = { prometheus: "metrics" };

test("CoreDNS is linked with the plugins of its configuration, and no other", () => {
  const directives = [...corefile("cluster.local").matchAll(/^ {4}([a-z]+)/gm)].map(([, name = ""]) => name);
  const main = readFileSync(inCheckout("tools", "go", "coredns", "main.go"), "utf8");
  const linked = [...main.matchAll(/^\t_ "github\.com\/coredns\/coredns\/plugin\/(.+)"$/gm)].map(([, name]) => name);
  expect(directives).toHaveLength(8);
  expect(linked).toEqual(directives.map((name) => packages[name] ?? name).sort());
});
