import { Option } from "commander";
import { debianImage } from "../../image/debian-image.ts";
import { imageDifferences } from "../../image/difference.ts";
import { chooseImage } from "../../image/location.ts";
import { readManifest } from "../../image/manifest-reader.ts";
import { imageOf } from "../../image/provide.ts";
import { chooseSystem, inWords } from "../../image/system.ts";
import { logLine } from "../../lib/log.ts";
import { earlyTransfers } from "../../lib/transfers.ts";
import { nodeModules } from "../../tools/node-binaries.ts";
import { provide } from "../../tools/requirements.ts";
import { defineCommand } from "./command.ts";

interface ImageOptions {
  readonly debian?: boolean;
  readonly nix?: boolean;
  readonly fresh?: boolean;
  /** URL; "" for the archives of Debian's default configuration. */
  readonly archive?: string;
  readonly marker?: string;
}

/** Builds the node image and prints its path. */
export const command = defineCommand<ImageOptions>({
  name: "image",
  purpose:
    "Builds the node image unless the cache has it, and prints its path. This checkout remembers the system, the archive and " +
    "the packages that you choose here, so `up` builds the same image.",
  options: () => [
    new Option("--nix", "build a NixOS image"),
    new Option("--debian", "build a Debian image"),
    new Option("--fresh", "Debian: build from the packages that the archive has now, and list the differences"),
    new Option(
      "--archive <url>",
      "Debian: archive to build from, e.g. a snapshot of one day; '' for the default archives",
    ),
    new Option("--marker <text>", "Debian: build a distinct image from the same sources, and remember nothing"),
  ],
  examples: {
    "npm run image": "build the image of this checkout",
    "npm run image -- --fresh": "build one with the security fixes of today",
    'npm run roll -- --image "$(npm run --silent image)"': "build it and roll it out",
  },
  async run(options) {
    refuseContradictions(options);
    const { debian, nix, marker, fresh = false, archive } = options;
    if (marker) {
      await prepareBuild();
      console.log((await debianImage({ marker })).path);
      return 0;
    }
    const named = nix ? "nixos" : debian ? "debian" : undefined;
    const choice = named ? ({ system: named, reason: "as asked for" } as const) : await chooseSystem();
    const isNew = isNewDebian(options);
    if (isNew && choice.system !== "debian") {
      throw new Error(`--fresh and --archive need a Debian image, but got ${inWords(choice)}. Fix: add --debian`);
    }
    logLine(inWords(choice));
    if (choice.system === "debian") await prepareBuild();
    const before = isNew ? chooseImage("").source : undefined;
    const path = await imageOf(choice.system, { archive, fresh });
    if (isNew) logDifferences(before, path);
    console.log(path);
    return 0;
  },
});

/** Installs the compiler, and begins to download what it compiles. */
async function prepareBuild(): Promise<void> {
  await provide("building");
  earlyTransfers.add(...nodeModules());
}

function refuseContradictions(options: ImageOptions): void {
  const { debian, nix, marker } = options;
  const problems = [
    ...(nix && debian ? ["--nix excludes --debian"] : []),
    ...(nix && marker ? ["--nix excludes --marker"] : []),
    ...(isNewDebian(options) && marker ? ["--marker excludes --fresh and --archive"] : []),
    ...(isNewDebian(options) && nix
      ? [
          "--nix excludes --fresh and --archive, because a lock file pins the packages of NixOS. " +
            "Fix: `nix flake update`",
        ]
      : []),
  ];
  if (problems.length > 0) throw new Error(problems.join("\n"));
}

/** Whether the options name another archive, or the newest packages of the archive. */
function isNewDebian({ fresh = false, archive }: ImageOptions): boolean {
  return fresh || archive !== undefined;
}

function logDifferences(before: string | undefined, path: string): void {
  const [old, built] = [before === undefined ? undefined : readManifest(before), readManifest(path)];
  if (old === undefined || built === undefined || before === path) {
    logLine(before === path ? "the image is the same as before" : "there was no image before");
    return;
  }
  const differences = imageDifferences(old, built);
  for (const difference of differences) logLine(difference);
  if (differences.length === 0) logLine("its packages are the same as those of the image before");
  logLine(`roll a cluster out to it: \`npm run roll -- --image ${path}\`; roll back: \`npm run roll -- --undo\``);
}
