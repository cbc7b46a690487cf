import { findRun, listRuns } from "../runs/archive.ts";
import { comparison } from "../runs/comparison.ts";
import { description, listing } from "../runs/listing.ts";
import { pruneRuns } from "../runs/prune.ts";
import { defineCommand, type Declaration } from "./command.ts";
import { olderThanOption, type AgeOptions } from "./options.ts";

const show: Declaration = {
  name: "show",
  purpose: "Shows a run: its outcome, phases, changes, nodes and versions.",
  takes: { run: "latest, previous, or the beginning of a run's name" },
  examples: { "npm run runs -- show latest": "the last run" },
  async run(_, [name = ""]) {
    console.log(description(findRun(await listRuns(), name)));
    return 0;
  },
};

const compare: Declaration = {
  name: "compare",
  purpose: "Compares two runs.",
  takes: { before: "as for show", after: "as for show" },
  examples: { "npm run runs -- compare previous latest": "the last two runs" },
  async run(_, [before = "", after = ""]) {
    const runs = await listRuns();
    console.log(comparison(findRun(runs, before), findRun(runs, after)));
    return 0;
  },
};

const prune: Declaration<AgeOptions> = {
  name: "prune",
  purpose: "Deletes the records of old runs and diagnoses. Keeps the last run of every stack.",
  options: () => [olderThanOption("delete records that are older")],
  examples: { "npm run runs -- prune --older-than 90": "records that are older than 90 days" },
  async run({ olderThan }) {
    const removed = await pruneRuns(olderThan);
    console.log(
      removed.length === 0
        ? `no run is older than ${olderThan} days`
        : removed.map((name) => `removed ${name}`).join("\n"),
    );
    return 0;
  },
};

/** Lists recorded runs; shows one, compares two, or deletes old ones. */
export const command = defineCommand({
  name: "runs",
  purpose: "Lists the recorded runs of this checkout, the oldest first. Each is a folder below runs/.",
  subcommands: [show, compare, prune],
  examples: {
    "npm run runs": "all runs",
    "npm run runs -- show latest": "the last run",
    "npm run runs -- compare previous latest": "the last two runs",
    "npm run runs -- prune": "delete old records",
  },
  async run() {
    console.log(listing(await listRuns()));
    return 0;
  },
});
