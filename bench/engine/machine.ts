import { cpus, release, totalmem } from "node:os";
import { checkout } from "../../lib/checkout.ts";
import { run } from "../../lib/process.ts";
import { versions } from "../../tools/versions.ts";

/** Facts about a run that its figures depend on. */
export interface Surroundings {
  /** Start of the run, in ISO 8601. */
  readonly date: string;
  /** Commit of the checkout. It ends in `-dirty` when a file differs from the commit. */
  readonly commit: string;
  readonly machine: {
    readonly processor: string;
    readonly processors: number;
    readonly memoryBytes: number;
    readonly kernel: string;
  };
  readonly versions: Readonly<Record<"node" | "pulumi" | "opentofu", string>>;
}

/** Collects the facts of this run. */
export async function surroundings(): Promise<Surroundings> {
  const git = (...args: readonly string[]) => run("git", ["-C", checkout, ...args]);
  const [commit, changes] = await Promise.all([git("rev-parse", "--short=12", "HEAD"), git("status", "--porcelain")]);
  return {
    date: new Date().toISOString(),
    commit: changes === "" ? commit : `${commit}-dirty`,
    machine: {
      processor: cpus()[0]?.model ?? "unknown",
      processors: cpus().length,
      memoryBytes: totalmem(),
      kernel: release(),
    },
    versions: { node: process.versions.node, pulumi: versions.pulumi, opentofu: versions.opentofu },
  };
}
