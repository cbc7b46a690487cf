import { parseArgs } from "node:util";
import type { Command } from "../main.ts";
import { imageDifferences } from "../../image/difference.ts";
import { chooseImage } from "../../image/location.ts";
import { readManifest } from "../../image/judge.ts";
import { chooseSystem, inWords } from "../../image/system.ts";
import { debianImage, imageOf } from "../../image/provide.ts";
import { logLine } from "../../lib/log.ts";
import { provide } from "../../tools/requirements.ts";

/**
 * Builds the node image and prints its path. `--nix` or `--debian` says which; `npm run up` then stays with it.
 * `--fresh` makes a Debian image of what Debian's archive has now, and says what differs from the one before;
 * `--archive URL` takes another archive, such as one of a fixed day. `npm run up` stays with both.
 * `--marker TEXT` makes a Debian image that differs from the others of the same sources, and changes no choice.
 */
export const command: Command = async (args) => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      debian: { type: "boolean" },
      nix: { type: "boolean" },
      marker: { type: "string" },
      fresh: { type: "boolean" },
      archive: { type: "string" },
    },
  });
  const { debian, nix, marker, fresh, archive } = values;
  if (nix && (debian || marker)) throw new Error("--nix goes neither with --debian nor with --marker");
  const ofDebian = fresh === true || archive !== undefined;
  if (ofDebian && marker) throw new Error("--marker goes neither with --fresh nor with --archive");
  if (ofDebian && nix) {
    throw new Error("--fresh and --archive are for Debian: NixOS is of its lock, `nix flake update --flake ./nix`");
  }
  if (marker) {
    await provide("building");
    console.log(await debianImage(marker));
    return 0;
  }
  const asked = nix ? "nixos" : debian ? "debian" : undefined;
  const choice = asked ? ({ system: asked, reason: "as asked for" } as const) : await chooseSystem();
  if (ofDebian && choice.system !== "debian") {
    throw new Error(
      `--fresh and --archive are for Debian, and this is ${inWords(choice)}: add --debian to change that`,
    );
  }
  logLine(inWords(choice));
  if (choice.system === "debian") await provide("building");
  const before = ofDebian ? chooseImage("").source : undefined;
  const path = await imageOf(choice.system, { archive, fresh });
  if (ofDebian) sayWhatDiffers(before, path);
  console.log(path);
  return 0;
};

function sayWhatDiffers(before: string | undefined, path: string): void {
  const [old, made] = [before === undefined ? undefined : readManifest(before), readManifest(path)];
  if (old === undefined || made === undefined || before === path) {
    logLine(before === path ? "this is the image that there was" : "there was no image before");
    return;
  }
  const differences = imageDifferences(old, made);
  for (const difference of differences) logLine(difference);
  if (differences.length === 0) logLine("its packages are those of the image before");
  logLine(`\`npm run roll -- --image ${path}\` takes a living cluster to it, and \`npm run roll -- --undo\` back`);
}
