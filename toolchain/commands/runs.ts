import type { Command } from "../cli.ts";
import { findRun, listRuns } from "../runs/archive.ts";
import { comparison } from "../runs/comparison.ts";
import { description, listing } from "../runs/listing.ts";

const usage = "runs knows nothing (a list), `show RUN` and `compare RUN RUN`";

/** Lists the runs that were recorded, shows one, or compares two. */
export const command: Command = async ([action, ...names]) => {
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
