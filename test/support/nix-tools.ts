import { join } from "node:path";
import { artifact } from "../../lib/cache.ts";
import { run, which } from "../../lib/process.ts";
import { versions } from "../../tools/versions.ts";

/** Tool that checks Nix files. */
export type NixTool = "deadnix" | "nixfmt";

/** Crate and version of each tool. nixfmt_rs implements nixfmt's rules in Rust, because only Nix has nixfmt itself. */
const crates: Readonly<Record<NixTool, readonly [crate: string, version: string]>> = {
  deadnix: ["deadnix", versions.deadnix],
  nixfmt: ["nixfmt_rs", versions.nixfmt_rs],
};

/**
 * Finds a tool. Prefers one that cargo builds and the cache keeps, because the machine's own may have other rules.
 *
 * A machine may have neither. The tools check only style, and CI has them.
 */
export async function nixTool(tool: NixTool): Promise<{ readonly path: string } | { readonly missing: string }> {
  const installed = which(tool);
  if (which("cargo") === undefined) {
    return installed
      ? { path: installed }
      : { missing: `not installed: neither ${tool} nor cargo, which would build it` };
  }
  try {
    return { path: await built(tool) };
  } catch (error) {
    const [reason = ""] = (error as Error).message.split("\n").slice(-1);
    return installed ? { path: installed } : { missing: `not installed: cargo could not build ${tool}: ${reason}` };
  }
}

async function built(tool: NixTool): Promise<string> {
  const [crate, version] = crates[tool];
  const folder = await artifact({
    name: tool,
    inputs: [crate, version, process.arch],
    estimate: "2 min",
    build: async (root) => {
      const args = ["install", "--quiet", "--locked", "--root", root, "--version", version, crate];
      await run("cargo", args, { timeout: 10 * 60_000 });
    },
  });
  return join(folder, "bin", tool);
}
