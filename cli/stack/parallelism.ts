import { availableParallelism } from "node:os";
import type { StackSettings } from "./settings.ts";
import { workersOf } from "./workers.ts";

/** Variable with the number of operations that Pulumi runs at a time. Its option `--parallel` wins. */
const variable = "PULUMI_PARALLEL";

/** Operations beside the boots: every other step of a machine, above all joins. */
const besideBoots = 64;

/** Most operations at a time. With thousands the engine needs gigabytes (pulumi/pulumi#14989). */
const most = 256;

/**
 * Variable by which Pulumi runs enough operations at a time. A boot is one operation for its whole duration, so Pulumi's own
 * number, four for each processor, would let few machines boot at once.
 * @param environment The user's own variables, which win.
 */
export function parallelism(
  settings: Pick<StackSettings, "get" | "objects">,
  environment: NodeJS.ProcessEnv = process.env,
): Readonly<Record<string, string>> {
  if (environment[variable]) return {};
  const machines = workersOf(settings).count + 1;
  // The program refuses a bad number of workers.
  const wanted = Number.isSafeInteger(machines) ? machines + besideBoots : 0;
  return { [variable]: String(Math.max(4 * availableParallelism(), Math.min(most, wanted))) };
}
