import { writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type { GoProgram } from "../../tools/go.ts";

/** Folders of the modules that {@link fakeGo} has built and fetched, by their last names. A test empties the lists. */
export const go = { built: [] as string[], fetched: [] as string[] };

/** Replaces tools/go.ts: a build writes `NAME of MODULE` to the file of each program, and a download does nothing. */
export const fakeGo = {
  checkedByGo: "go.sum",
  goInputs: (module: string) => Promise.resolve([module]),
  downloadModules: (module: string) => Promise.resolve(void go.fetched.push(basename(module))),
  buildGo: async (module: string, programs: readonly GoProgram[], output: string) => {
    go.built.push(basename(module));
    for (const { name } of programs) await writeFile(join(output, name), `${name} of ${basename(module)}`);
  },
};
