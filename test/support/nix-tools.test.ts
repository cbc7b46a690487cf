import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { which } from "../../lib/process.ts";
import { nixTool } from "./nix-tools.ts";
import { nixpkgsLib } from "./parity/nixpkgs-lib.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "nix-tools-"));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

describe("a tool that judges Nix files", () => {
  it("is missing if it is not installed and cannot be built", async () => {
    vi.stubEnv("PATH", folder);
    expect(await nixTool("deadnix")).toEqual({
      missing: "not installed: neither deadnix nor cargo, which would build it",
    });
  });

  it("is the machine's own if cargo is missing", async () => {
    writeFileSync(join(folder, "deadnix"), "", { mode: 0o755 });
    vi.stubEnv("PATH", folder);
    expect(await nixTool("deadnix")).toEqual({ path: join(folder, "deadnix") });
  });

  it("is missing with cargo's own error if the build fails", async () => {
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
  it("is absent without NIXPKGS_LIB", () => {
    expect(nixpkgsLib({})).toBeUndefined();
  });

  it("is found by its own folder, or by the folder around it", () => {
    mkdirSync(join(folder, "lib"));
    writeFileSync(join(folder, "lib", "modules.nix"), "");
    expect(nixpkgsLib({ NIXPKGS_LIB: folder })).toBe(join(folder, "lib"));
    expect(nixpkgsLib({ NIXPKGS_LIB: join(folder, "lib") })).toBe(join(folder, "lib"));
  });

  it("is an error if it is named and missing", () => {
    expect(() => nixpkgsLib({ NIXPKGS_LIB: folder })).toThrow("neither nixpkgs' lib nor a folder that contains it");
  });
});
