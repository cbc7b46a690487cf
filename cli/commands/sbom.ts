import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { Option } from "commander";
import { readManifest } from "../../image/manifest-reader.ts";
import { manifestPlace, type ImageManifest } from "../../image/manifest.ts";
import { builtImage } from "../../image/provide.ts";
import { logLine } from "../../lib/log.ts";
import { provide } from "../../tools/requirements.ts";
import { checkoutSbom } from "../sbom/inventory.ts";
import { defineCommand } from "./command.ts";

interface SbomOptions {
  readonly out?: string;
  /** True without a path. */
  readonly image?: string | true;
}

/** Writes the SPDX document of what a cluster is made of. */
export const command = defineCommand<SbomOptions>({
  name: "sbom",
  purpose:
    "Prints an SPDX 2.3 document in JSON with everything that a cluster is made of: npm packages, Go programs with their " +
    "modules, and downloaded files. It has the tools of developers, too. Builds nothing. The same commit gives the same document.",
  options: () => [
    new Option("--out <file>", "write the document to this file instead of the standard output"),
    new Option("--image [file]", "add the packages of a node image (default: the image that `up` uses)"),
  ],
  examples: {
    "npm run --silent sbom > nodeforge.spdx.json": "programs and packages of this checkout",
    "npm run sbom -- --image --out nodeforge.spdx.json": "with the packages of the node image",
  },
  async run({ out, image }) {
    const manifest = image === undefined ? undefined : await manifestOf(image);
    // Go, which lists the modules, is one of these packages.
    await provide("building");
    const text = await checkoutSbom(manifest);
    if (out === undefined) process.stdout.write(text);
    else {
      await writeFile(fromUser(out), text);
      logLine(`wrote ${out}`);
    }
    return 0;
  },
});

/** npm changes into the checkout. INIT_CWD is the user's folder. */
function fromUser(path: string): string {
  return resolve(process.env.INIT_CWD ?? "", path);
}

async function manifestOf(image: string | true): Promise<ImageManifest> {
  const path = image === true ? await builtImage() : fromUser(image);
  if (path === undefined) throw new Error("the node image is not built yet. Fix: `npm run image`");
  const manifest = readManifest(path);
  if (manifest === undefined)
    throw new Error(`the node image ${path} has no manifest, expected ${manifestPlace(path)}. Fix: \`npm run image\``);
  return manifest;
}
