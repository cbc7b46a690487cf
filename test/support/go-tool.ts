import { join } from "node:path";
import { artifact } from "../../lib/cache.ts";
import { inCheckout } from "../../lib/checkout.ts";
import type { GoProgram } from "../../tools/go.ts";
import { goRecipe } from "../../tools/go-module.ts";

/**
 * Returns the path of a linter or of a program to compare with. Builds it from the Go module of its name in tools/go unless
 * the cache has it.
 * @param estimate Duration of the build, for a person.
 */
export async function goTool(program: GoProgram, estimate: string): Promise<string> {
  const { name } = program;
  const module = { name, folder: inCheckout("tools", "go", name), programs: [program], estimate };
  return join(await artifact(await goRecipe(module)), name);
}
