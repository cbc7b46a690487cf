import { join } from "node:path";
import { lookUp } from "../../lib/cache.ts";
import { conformanceTests as module } from "../../tools/developer-tools.ts";
import { goTestProgram, goTestRecipe } from "../../tools/go-test.ts";
import { provide } from "../../tools/requirements.ts";

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
