import type { Command } from "../cli.ts";
import { listArtifacts, prune } from "../cache.ts";
import { cacheRoot } from "../cache-root.ts";

/** Lists what was built, or with `prune` removes what was superseded. */
export const command: Command = async (args) => {
  if (args.length === 1 && args[0] === "prune") {
    const names = await prune();
    console.log(names.length === 0 ? "nothing was superseded" : names.map((name) => `removed ${name}`).join("\n"));
    return 0;
  }
  if (args.length > 0) throw new Error(`cache knows \`prune\`, not ${args.join(" ")}`);
  console.log(cacheRoot());
  for (const { name, mtimeMs } of await listArtifacts()) {
    console.log(`  ${name.padEnd(40)} last used ${new Date(mtimeMs).toISOString().slice(0, 16)}`);
  }
  return 0;
};
