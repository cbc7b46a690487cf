import { join } from "node:path";
import { lookUp } from "../../lib/cache.ts";
import { inCheckout } from "../../lib/checkout.ts";
import { goTestProgram, goTestRecipe, type GoTestModule } from "../../tools/go-test.ts";
import { provide } from "../../tools/requirements.ts";

/** Kubernetes' end-to-end tests, of the version that nodes run. */
const module: GoTestModule = {
  folder: inCheckout("tools", "go", "conformance"),
  program: { name: "e2e-test", package: "k8s.io/kubernetes/test/e2e" },
  estimate: "5 min",
};

/** Builds Kubernetes' end-to-end tests unless the cache has them. @returns the path of the program. */
export async function conformanceProgram(): Promise<string> {
  await provide("building");
  return goTestProgram(module);
}

/** Returns the path of the program if it was built before, else undefined. */
export async function builtConformanceProgram(): Promise<string | undefined> {
  const { folder, present } = await lookUp(await goTestRecipe(module));
  return present ? join(folder, module.program.name) : undefined;
}
