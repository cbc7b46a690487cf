import { join } from "node:path";
import { artifact } from "../../lib/cache.ts";
import { developerTools } from "../../tools/developer-tools.ts";
import { goRecipe } from "../../tools/go-module.ts";

/** Returns the path of a linter or of a program to compare with. Builds it unless the cache has it. */
export async function goTool(name: keyof typeof developerTools): Promise<string> {
  return join(await artifact(await goRecipe(developerTools[name])), name);
}
