import { readDays } from "../../lib/age.ts";
import { listArtifacts, prune } from "../../lib/cache.ts";
import { pruneFiles, usedByStacks } from "../../lib/cache-files.ts";
import { cacheRoot } from "../../lib/cache-root.ts";
import { columns } from "../../lib/table.ts";
import type { Command } from "../main.ts";

/** Lists what was built, or with `prune` removes what was superseded and what was not used for a month. */
export const command: Command = async ([action, ...args]) => {
  if (action === "prune") {
    const days = readDays("cache prune", args);
    const inUse = usedByStacks();
    const names = [...(await prune(cacheRoot(), inUse)), ...(await pruneFiles(days, inUse))];
    console.log(names.length === 0 ? "nothing to remove" : names.map((name) => `removed ${name}`).join("\n"));
    return 0;
  }
  if (action !== undefined) {
    throw new Error(`cache knows nothing (a list) and \`prune\`, not \`${[action, ...args].join(" ")}\``);
  }
  console.log(cacheRoot());
  const artifacts = await listArtifacts();
  const lastUse = (mtimeMs: number) => `last used ${new Date(mtimeMs).toISOString().slice(0, 16)}`;
  if (artifacts.length > 0)
    console.log(
      columns(
        artifacts.map(({ name, mtimeMs }) => ["", name, lastUse(mtimeMs)]),
        "  ",
      ),
    );
  return 0;
};
