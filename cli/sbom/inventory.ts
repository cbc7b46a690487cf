import { readFile } from "node:fs/promises";
import type { ImageManifest } from "../../image/manifest.ts";
import { inCheckout } from "../../lib/checkout.ts";
import { run } from "../../lib/process.ts";
import { commandSets, developerSets } from "../../tools/go-sets.ts";
import { nodeSets } from "../../tools/node-binaries.ts";
import { pins, versions } from "../../tools/versions.ts";
import { joined, purlOf, type Component, type Relation } from "./component.ts";
import { spdxText } from "./document.ts";
import { downloads } from "./downloads.ts";
import { goPrograms } from "./go-programs.ts";
import { nodeImage } from "./node-image.ts";
import { npmPackages } from "./npm-packages.ts";

/**
 * Returns the SPDX document of this checkout: npm packages, Go programs with their modules, and downloaded files. The programs
 * are those of this machine, of nodes and of developers.
 * @param manifest Manifest of a node image, whose packages are added. @default none
 */
export async function checkoutSbom(manifest?: ImageManifest): Promise<string> {
  const { name, version, license } = JSON.parse(await readFile(inCheckout("package.json"), "utf8")) as Project;
  const root: Component = { name, version, license, purl: purlOf("generic", name, version), purpose: "APPLICATION" };
  const relation = (type: Relation["type"]) => (from: string) => ({ from, type, to: root.purl });
  const lock = await readFile(inCheckout("package-lock.json"), "utf8");
  const tools = await goPrograms(commandSets);
  const node = await goPrograms(nodeSets);
  const development = await goPrograms(developerSets);
  const inventory = joined([
    npmPackages(lock, root.purl),
    downloads(pins, versions.sha256From, root.purl),
    tools,
    node,
    development,
    {
      components: [],
      relations: [
        ...[...tools.programs, ...node.programs].map(relation("RUNTIME_DEPENDENCY_OF")),
        ...development.programs.map(relation("DEV_DEPENDENCY_OF")),
      ],
    },
    ...(manifest === undefined ? [] : [nodeImage(manifest, node.programs)]),
  ]);
  return spdxText(inventory, { root, epoch: await sourceEpoch() });
}

interface Project {
  readonly name: string;
  readonly version: string;
  readonly license: string;
}

/**
 * Returns the time of the sources in seconds since 1970: SOURCE_DATE_EPOCH
 * (https://reproducible-builds.org/specs/source-date-epoch), else the time of the commit, else 0.
 * @throws when SOURCE_DATE_EPOCH is not a whole number.
 */
export async function sourceEpoch(environment: NodeJS.ProcessEnv = process.env): Promise<number> {
  const { SOURCE_DATE_EPOCH: given } = environment;
  if (given) {
    if (/^\d{1,11}$/.test(given)) return Number(given);
    throw new Error(`SOURCE_DATE_EPOCH is ${given}, expected whole seconds since 1970. Fix: unset SOURCE_DATE_EPOCH`);
  }
  // A checkout without git is the archive of a release.
  return Number(await run("git", ["log", "-1", "--format=%ct"], { cwd: inCheckout() }).catch(() => "0"));
}
