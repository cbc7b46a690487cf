import { listArtifacts, prune as pruneArtifacts } from "../../lib/cache.ts";
import { pruneFiles, usedByStacks } from "../../lib/cache-files.ts";
import { cacheRoot } from "../../lib/cache-root.ts";
import { columns } from "../../lib/table.ts";
import { defineCommand, type Declaration } from "./command.ts";
import { olderThanOption, type AgeOptions } from "./options.ts";

const prune: Declaration<AgeOptions> = {
  name: "prune",
  purpose:
    "Deletes built artifacts that a newer build of the same kind supersedes, partial downloads, and unused downloads. " +
    "Keeps every file that a stack of this checkout names.",
  options: () => [olderThanOption("delete downloads that nothing has used for longer")],
  examples: { "npm run cache -- prune --older-than 7": "downloads that were not used for a week" },
  async run({ olderThan }) {
    const inUse = usedByStacks();
    const names = [...(await pruneArtifacts(cacheRoot(), inUse)), ...(await pruneFiles(olderThan, inUse))];
    console.log(names.length === 0 ? "nothing to remove" : names.map((name) => `removed ${name}`).join("\n"));
    return 0;
  },
};

/** Lists built artifacts, or deletes superseded and unused ones. */
export const command = defineCommand({
  name: "cache",
  purpose: "Prints the folder of the cache and the artifacts that were built there, with the time of their last use.",
  subcommands: [prune],
  examples: { "npm run cache": "the list", "npm run cache -- prune": "delete superseded and unused artifacts" },
  async run() {
    console.log(cacheRoot());
    const lastUse = (mtimeMs: number) => `last used ${new Date(mtimeMs).toISOString().slice(0, 16)}`;
    const rows = (await listArtifacts()).map(({ name, mtimeMs }) => ["", name, lastUse(mtimeMs)]);
    if (rows.length > 0) console.log(columns(rows, "  "));
    return 0;
  },
});
