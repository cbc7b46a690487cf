import { describe, expect, it } from "vitest";
import { inCheckout } from "../../lib/checkout.ts";
import { run } from "../../lib/process.ts";

/** The fuzz targets of the Go modules of this checkout. `go test` runs their seeds, and only this tier searches for more. */
const targets = {
  "./internal/command": ["FuzzConnection", "FuzzOutput"],
  "./internal/kubernetes": ["FuzzKubeconfig", "FuzzObject", "FuzzToken"],
};

/** Seconds for each target. */
const seconds = 60;

/** The first target of a module compiles it with all its dependencies for the search. */
const timeout = 2_400_000;

function go(...args: readonly string[]): Promise<string> {
  return run("go", args, {
    cwd: inCheckout("tools", "fallback-plugins"),
    env: { GOTOOLCHAIN: process.env.GOTOOLCHAIN ?? "auto", GOFLAGS: "-mod=readonly" },
    timeout,
  });
}

describe.each(Object.entries(targets))("the Go package %s", (folder, names) => {
  it("has these fuzz targets", { timeout }, async () => {
    const listed = await go("test", "-list", "^Fuzz", folder);
    expect(listed.split("\n").filter((line) => line.startsWith("Fuzz"))).toEqual(names);
  });

  it.each(names)(`fails for no text that %s finds in ${seconds} s`, { timeout }, async (name) => {
    expect(await go("test", "-run", "^$", "-fuzz", `^${name}$`, "-fuzztime", `${seconds}s`, folder)).toMatch(/^ok\s/m);
  });
});
