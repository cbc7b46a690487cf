import { join } from "node:path";
import { artifact } from "../../lib/cache.ts";
import { exampleScheduler as module } from "../../tools/developer-tools.ts";
import { goRecipe } from "../../tools/go-module.ts";

/** Builds the scheduler of benchmarks/schedulers/example. @returns the path of its program. */
export async function exampleScheduler(): Promise<string> {
  return join(await artifact(await goRecipe(module)), "kube-scheduler");
}
