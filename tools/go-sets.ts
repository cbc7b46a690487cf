import { conformanceTests, developerTools, exampleScheduler, schedulerPerf } from "./developer-tools.ts";
import { etcdutlModule } from "./etcdutl.ts";
import type { GoModule } from "./go-module.ts";
import { nodeSets } from "./node-binaries.ts";
import { pluginSets } from "./plugins.ts";
import { pulumiSets } from "./pulumi-cli.ts";

/** The part of a module that an inventory reads. */
export interface GoSet extends Pick<GoModule, "folder" | "programs"> {
  /** Whether its programs are the tests of their packages. @default false */
  readonly tests?: boolean;
}

/** The modules with the programs that commands run on this machine, or bring to a node for one step. */
export const commandSets: readonly GoSet[] = [...pulumiSets, ...pluginSets, etcdutlModule];

/**
 * The modules that a release has as archives. The project of Pulumi releases its own programs, and the node image has those of
 * nodes.
 */
export const releasedSets: readonly GoModule[] = [...pluginSets, etcdutlModule];

/** The modules with the programs of developers, and the scheduler to copy. */
export const developerSets: readonly GoSet[] = [
  ...Object.values(developerTools),
  exampleScheduler,
  ...[conformanceTests, schedulerPerf].map(({ folder, program }) => ({ folder, programs: [program], tests: true })),
];

/** Every Go module of the checkout. A test compares it with the files of git, so that none is left out. */
export const goSets: readonly GoSet[] = [...commandSets, ...nodeSets, ...developerSets];
