import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { checkout, inCheckout } from "../../lib/checkout.ts";
import { officialNames } from "../../tools/plugins.ts";
import { pins, versions } from "../../tools/versions.ts";

const table = readFileSync(inCheckout("docs", "security.md"), "utf8");

/** The promises of the table in docs/security.md. */
describe("a download", () => {
  test("from npm has a hash in the lock file", () => {
    const { packages } = JSON.parse(readFileSync(inCheckout("package-lock.json"), "utf8")) as {
      packages: Record<string, { resolved?: string; integrity?: string; link?: boolean }>;
    };
    const downloaded = Object.entries(packages).filter(
      ([name, { link }]) => /(^|\/)node_modules\//.test(name) && !link,
    );
    expect(downloaded.length).toBeGreaterThan(100);
    for (const [name, { integrity }] of downloaded) expect(integrity, name).toMatch(/^sha512-/);
  });

  test("as Go modules has a go.sum", () => {
    const modules = globSync(["providers/*/go.mod", "tools/fallback-plugins/go.mod", "tools/go/*/go.mod"], {
      cwd: checkout,
    });
    expect(modules.length).toBeGreaterThan(8);
    for (const module of modules) expect(existsSync(inCheckout(dirname(module), "go.sum")), module).toBe(true);
  });

  test("by Nix has a hash in the flake's lock file", () => {
    const { nodes } = JSON.parse(readFileSync(inCheckout("flake.lock"), "utf8")) as {
      nodes: Record<string, { locked?: { narHash?: string } }>;
    };
    const locked = Object.entries(nodes).filter(([name]) => name !== "root");
    expect(locked.length).toBeGreaterThan(0);
    for (const [name, { locked: at }] of locked) expect(at?.narHash, name).toMatch(/^sha256-/);
  });

  test("by the workflows is pinned by its commit", () => {
    const files = globSync(join(".github", "workflows", "*.yml"), { cwd: checkout });
    const uses = files.flatMap((file) => [
      ...readFileSync(inCheckout(file), "utf8").matchAll(/^\s*(?:- )?uses: (?!\.\/)(\S+)/gm),
    ]);
    expect(uses.length).toBeGreaterThan(0);
    for (const [, action] of uses) expect(action).toMatch(/@[0-9a-f]{40}$/);
  });

  test("of plugins does not happen while no checksum is known, as the page says", () => {
    const known = officialNames.filter((name) => Object.keys(pins).some((file) => file.includes(`-${name}-v`)));
    expect(known).toEqual([]);
    expect(table).toContain("none is known of the present versions, so none is downloaded");
    expect(table).toContain(`pulumi-resource-command-v${versions.plugins.command}-linux-amd64.tar.gz`);
  });
});
