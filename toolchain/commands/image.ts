import { parseArgs } from "node:util";
import type { Command } from "../cli.ts";
import { chooseSystem, inWords } from "../image-system.ts";
import { debianImage, imageOf } from "../image.ts";
import { say } from "../log.ts";
import { provide } from "../requirements.ts";

/**
 * Builds the node image and prints its path. `--nix` or `--debian` says which; `npm run up` then stays with it.
 * `--marker TEXT` makes a Debian image that differs from the others of the same sources, and changes no choice.
 */
export const command: Command = async (args) => {
  const { values } = parseArgs({
    args: [...args],
    options: { debian: { type: "boolean" }, nix: { type: "boolean" }, marker: { type: "string" } },
  });
  const { debian, nix, marker } = values;
  if (nix && (debian || marker)) throw new Error("--nix goes neither with --debian nor with --marker");
  if (marker) {
    await provide("building");
    console.log(await debianImage(marker));
    return 0;
  }
  const asked = nix ? "nixos" : debian ? "debian" : undefined;
  const choice = asked ? ({ system: asked, reason: "as asked for" } as const) : await chooseSystem();
  say(inWords(choice));
  if (choice.system === "debian") await provide("building");
  console.log(await imageOf(choice.system));
  return 0;
};
