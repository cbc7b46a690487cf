import { etcdutlModule } from "./etcdutl.ts";
import type { GoModule } from "./go-module.ts";
import { nodeSets } from "./node-binaries.ts";
import { pluginSets } from "./plugins.ts";
import { pulumiSets } from "./pulumi-cli.ts";

/** The part of a module that an inventory reads. */
export type GoSet = Pick<GoModule, "folder" | "programs">;

/** The modules with the programs that commands run on this machine, or bring to a node for one step. */
export const commandSets: readonly GoSet[] = [...pulumiSets, ...pluginSets, etcdutlModule];

/** Every module with programs of a user: those of {@link commandSets}, and those in the node image. */
export const goSets: readonly GoSet[] = [...commandSets, ...nodeSets];
