import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, vi } from "vitest";
import { which } from "../../lib/process.ts";
import { test } from "./folder.ts";
import { nixTool } from "./nix-tools.ts";
import { nixpkgsLib } from "./parity/nixpkgs-lib.ts";

afterEach(() => void vi.unstubAllEnvs());

describe("a tool that checks Nix files", () => {
  test("is missing if neither it nor cargo is installed", async ({ folder }) => {
    vi.stubEnv("PATH", folder);
    expect(await nixTool("deadnix")).toEqual({
      missing: "not installed: neither deadnix nor cargo, which would build it",
    });
  });

  test("is the machine's own if cargo is not installed", async ({ folder }) => {
    writeFileSync(join(folder, "deadnix"), "", { mode: 0o755 });
    vi.stubEnv("PATH", folder);
    expect(await nixTool("deadnix")).toEqual({ path: join(folder, "deadnix") });
  });

  test("is missing, with cargo's message, if cargo cannot build it", async ({ folder }) => {
    writeFileSync(join(folder, "cargo"), "#!/bin/sh\necho no such crate >&2\nexit 101\n", { mode: 0o755 });
    symlinkSync(which("flock")!, join(folder, "flock"));
    vi.stubEnv("PATH", folder);
    vi.stubEnv("NODEFORGE_CACHE", join(folder, "cache"));
    expect(await nixTool("deadnix")).toEqual({
      missing: "not installed: cargo could not build deadnix: no such crate",
    });
  });
});

describe("nixpkgs' lib", () => {
  test("is undefined if NIXPKGS_LIB is unset", () => {
    expect(nixpkgsLib({})).toBeUndefined();
  });

  test("is found by its own folder or by its parent", ({ folder }) => {
    mkdirSync(join(folder, "lib"));
    writeFileSync(join(folder, "lib", "modules.nix"), "");
    expect(nixpkgsLib({ NIXPKGS_LIB: folder })).toBe(join(folder, "lib"));
    expect(nixpkgsLib({ NIXPKGS_LIB: join(folder, "lib") })).toBe(join(folder, "lib"));
  });

  test("is an error if NIXPKGS_LIB names a folder without it", ({ folder }) => {
    expect(() => nixpkgsLib({ NIXPKGS_LIB: folder })).toThrow("expected nixpkgs' lib or a folder with it");
  });
});
