import type { StackSettings } from "./settings.ts";
import { workersOf } from "./workers.ts";

/** Variable by which a Go program collects garbage once its heap has grown by this many percent. Go's default is 100. */
const variable = "GOGC";

/** Workers from which on the memory of the Pulumi CLI counts: about 0.5 GiB at this number. */
const manyWorkers = 500;

/**
 * Variable by which the Pulumi CLI of a large stack collects its garbage more often. docs/performance.md has the figures. A shell
 * does not get it from `npm run env`, because it would slow other Go programs down.
 * @param environment The user's own variables, which win.
 */
export function garbageCollection(
  settings: Pick<StackSettings, "get" | "objects">,
  environment: NodeJS.ProcessEnv = process.env,
): Readonly<Record<string, string>> {
  return environment[variable] || !(workersOf(settings).count >= manyWorkers) ? {} : { [variable]: "50" };
}
