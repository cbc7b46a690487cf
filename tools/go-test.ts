import { join } from "node:path";
import { artifact, type Recipe } from "../lib/cache.ts";
import { run } from "../lib/process.ts";
import { checkedByGo, environmentOf, flagsOf, goInputs, type GoProgram } from "./go.ts";
import type { GoModule } from "./go-module.ts";

/** A test program of another project, in a Go module of its own. */
export interface GoTestModule extends Pick<GoModule, "folder" | "estimate"> {
  /** The program, whose package has the tests. */
  readonly program: Pick<GoProgram, "name" | "package">;
}

/** Returns the recipe that builds the tests of a package as a program. */
export async function goTestRecipe({ folder, program, estimate }: GoTestModule): Promise<Recipe> {
  // The flags of the node's programs, so that Go's build cache already has Kubernetes.
  const flags = flagsOf(program);
  return {
    name: program.name,
    estimate,
    checkedBy: checkedByGo,
    inputs: ["go test -c", JSON.stringify(flags), ...(await goInputs(folder, [program]))],
    build: async (output) => {
      await run("go", ["test", "-c", ...flags, "-o", join(output, program.name), program.package], {
        cwd: folder,
        env: environmentOf(program),
        timeout: 45 * 60_000,
      });
    },
  };
}

/** Builds the tests of a package as a program unless the cache has it. @returns the path of the program. */
export async function goTestProgram(module: GoTestModule): Promise<string> {
  return join(await artifact(await goTestRecipe(module)), module.program.name);
}
