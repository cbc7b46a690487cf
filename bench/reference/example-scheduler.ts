import { join } from "node:path";
import { artifact } from "../../lib/cache.ts";
import { inCheckout } from "../../lib/checkout.ts";
import { goRecipe } from "../../tools/go-module.ts";

const name = "kube-scheduler";

/** Builds the scheduler of benchmarks/schedulers/example. @returns the path of its program. */
export async function exampleScheduler(): Promise<string> {
  const recipe = await goRecipe({
    name: "example-scheduler",
    folder: inCheckout("benchmarks", "schedulers", "example"),
    programs: [{ name, package: "nodeforge.dev/scheduler-example" }],
    estimate: "3 min",
  });
  return join(await artifact(recipe), name);
}
