import { parseArgs } from "node:util";
import type { Command } from "../cli.ts";
import { debianImage } from "../image.ts";
import { provide } from "../requirements.ts";

/** Builds the Debian node image and prints its path; `--marker TEXT` makes one that differs. */
export const command: Command = async (args) => {
  const { values } = parseArgs({ args: [...args], options: { marker: { type: "string" } } });
  await provide("building");
  console.log(await debianImage(values.marker));
  return 0;
};
