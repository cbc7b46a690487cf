import { readDays } from "../../lib/age.ts";
import type { Command } from "../main.ts";
import { findRun, listRuns } from "../runs/archive.ts";
import { comparison } from "../runs/comparison.ts";
import { description, listing } from "../runs/listing.ts";
import { pruneRuns } from "../runs/prune.ts";

const usage = "runs knows nothing (a list), `show RUN`, `compare RUN RUN` and `prune [--older-than DAYS]`";

/** Lists the runs that were recorded, shows one, compares two, or removes old ones. */
export const command: Command = async ([action, ...names]) => {
  if (action === "prune") {
    const removed = await pruneRuns(readDays("runs prune", names));
    console.log(removed.length === 0 ? "no run is so old" : removed.map((name) => `removed ${name}`).join("\n"));
    return 0;
  }
  const runs = await listRuns();
  const [first, second] = names;
  if (action === undefined) console.log(listing(runs));
  else if (action === "show" && first !== undefined && names.length === 1)
    console.log(description(findRun(runs, first)));
  else if (action === "compare" && first !== undefined && second !== undefined && names.length === 2) {
    console.log(comparison(findRun(runs, first), findRun(runs, second)));
  } else throw new Error(`${usage}, not \`${[action, ...names].join(" ")}\``);
  return 0;
};
