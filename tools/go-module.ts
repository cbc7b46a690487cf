import { basename } from "node:path";
import { lookUp, type Recipe } from "../lib/cache.ts";
import type { Transfer } from "../lib/transfers.ts";
import { buildGo, checkedByGo, downloadModules, goInputs, type GoProgram } from "./go.ts";

/** Programs of one Go module that are built together. */
export interface GoModule {
  /** Name of the artifact. */
  readonly name: string;
  /** Folder with go.mod. */
  readonly folder: string;
  readonly programs: readonly GoProgram[];
  /** Duration of the build for the log, e.g. `10 min`. */
  readonly estimate: string;
}

/** Returns the recipe that builds the programs of a module. */
export async function goRecipe({ name, folder, programs, estimate }: GoModule): Promise<Recipe> {
  return {
    name,
    estimate,
    checkedBy: checkedByGo,
    inputs: await goInputs(folder, programs),
    build: (output) => buildGo(folder, programs, output),
  };
}

/** Returns the transfer of the modules that a build needs. It does nothing where the cache has the programs. */
export function modulesOf(module: GoModule): Transfer {
  return {
    name: `modules of ${basename(module.folder)}`,
    fetch: async (signal) => {
      if ((await lookUp(await goRecipe(module))).present) return;
      await downloadModules(module.folder, module.programs, signal);
    },
  };
}
