import { execa } from "execa";
import { killTree } from "../../test/support/kill-tree.ts";
import { endedChildren, Sampler } from "./sampler.ts";
import { StateWrites, type StateFiles, type Writes } from "./state-writes.ts";

/** A command to measure. */
export interface Measured {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly state: StateFiles;
  /** Wall seconds after which the command is stopped. */
  readonly limit: number;
}

/** Measures of a command. CPU is in seconds, memory in bytes. */
export interface Measures {
  readonly outcome: "done" | "stopped" | "failed";
  /** The end of the output of a failed command. */
  readonly reason?: string;
  /** Wall seconds. They depend on everything else that the machine does. */
  readonly wall: number;
  /** CPU seconds: of the CLI and its state service, of the Node process that runs the program, of the plugins with this benchmark. */
  readonly cpu: { readonly cli: number; readonly program: number; readonly plugins: number };
  /** Peak resident memory, see {@link Sampler}. */
  readonly memory: { readonly cli: number; readonly program: number };
  readonly writes: Writes;
}

/** Runs a command to its end or its limit, and measures it with all its descendants. */
export async function measure({ program, args, cwd, environment, state, limit }: Measured): Promise<Measures> {
  const [began, ended, own] = [performance.now(), endedChildren(), process.cpuUsage()];
  const writes = new StateWrites(state);
  const subprocess = execa(program, args, { cwd, env: { ...environment }, all: true, reject: false, stdin: "ignore" });
  const sampler = new Sampler(subprocess.pid ?? 0);
  let isLate = false;
  // A quadratic operation would take hours.
  const timer = setTimeout(() => {
    isLate = true;
    if (subprocess.pid !== undefined) killTree(subprocess.pid);
  }, limit * 1000);
  const result = await subprocess;
  clearTimeout(timer);
  const sampled = sampler.end();
  const { user, system } = process.cpuUsage(own);
  // The kernel's sum is exact, but lacks processes that no parent waited for. The samples have those.
  const cli = Math.max(sampled.cli.cpu, endedChildren() - ended - sampled.program.cpu);
  const failed = result.failed ? { reason: result.all.trim().split("\n").slice(-20).join("\n") } : {};
  return {
    outcome: isLate ? "stopped" : result.failed ? "failed" : "done",
    ...(isLate ? {} : failed),
    wall: (performance.now() - began) / 1000,
    cpu: { cli, program: sampled.program.cpu, plugins: (user + system) / 1e6 },
    memory: { cli: sampled.cli.memory, program: sampled.program.memory },
    writes: writes.end(),
  };
}
