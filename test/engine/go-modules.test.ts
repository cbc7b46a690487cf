import { describe, expect, it } from "vitest";
import { inCheckout } from "../../lib/checkout.ts";
import { run } from "../../lib/process.ts";

/** Compiling a module for the first time takes minutes. */
const timeout = 600_000;

function go(module: string, ...args: string[]): Promise<string> {
  return run("go", args, {
    cwd: inCheckout(module),
    env: { GOTOOLCHAIN: process.env.GOTOOLCHAIN ?? "auto", GOFLAGS: "-mod=readonly" },
    timeout,
  });
}

describe.each(["providers/libvirt", "tools/fallback-plugins"])("the Go module %s", (module) => {
  it("passes go vet", { timeout }, async () => {
    await go(module, "vet", "./...");
  });

  it("passes its own tests", { timeout }, async () => {
    expect(await go(module, "test", "./...")).toMatch(/^ok\s/m);
  });
});

describe("the SDK of the libvirt provider", () => {
  it("matches its schema, and the schema matches the bridged provider", { timeout }, async () => {
    await go("providers/libvirt", "run", "./cmd/gen-sdk", "--check");
  });
});
