import { linkedModules, type GoProgram, type LinkedModule } from "../../tools/go.ts";
import type { GoSet } from "../../tools/go-sets.ts";
import { versions, type PluginName } from "../../tools/versions.ts";
import { joined, pathPurlOf, purlOf, type Component, type Inventory, type Relation } from "./component.ts";

/** Inventory of Go programs. */
export interface GoInventory extends Inventory {
  /** Package URLs of the programs. */
  readonly programs: readonly string[];
}

/**
 * Returns programs of Go modules with the modules that each is linked from. Builds nothing, and downloads missing modules.
 * @param sets Modules whose programs belong together: those of nodes, of commands, or of developers.
 * @param modulesOf Returns the modules of a program; replaced in tests.
 */
export async function goPrograms(sets: readonly GoSet[], modulesOf = linkedModules): Promise<GoInventory> {
  const found: { readonly program: Component; readonly inventory: Inventory }[] = [];
  for (const { folder, programs, tests } of sets) {
    // One after the other, because each reads thousands of files.
    for (const program of programs) found.push(describe(program, await modulesOf(folder, program, tests)));
  }
  return {
    ...joined(found.map(({ inventory }) => inventory)),
    programs: found.map(({ program }) => program.purl),
  };
}

function describe(program: GoProgram, modules: readonly LinkedModule[]) {
  const described = programOf(program, modules);
  // The module that is built has no version. It is this checkout.
  const libraries = [...modules.filter(({ version }) => version !== "").map(libraryOf), standardLibrary()];
  const relations = libraries.map(({ purl }): Relation => ({ from: described.purl, type: "GENERATED_FROM", to: purl }));
  return { program: described, inventory: { components: [described, ...libraries], relations } };
}

function programOf({ name, package: path }: GoProgram, modules: readonly LinkedModule[]): Component {
  const module = modules
    .filter((candidate) => candidate.version !== "" && `${path}/`.startsWith(`${candidate.path}/`))
    .sort((one, other) => other.path.length - one.path.length)[0];
  if (module === undefined) {
    const version = ownVersion(name);
    const purl = purlOf("generic", name, version, { namespace: "nodeforge" });
    return { name, version, purl, purpose: "APPLICATION", source: "Its main package is in this checkout." };
  }
  const subpath = path.slice(module.path.length + 1);
  const version = module.version.replace(/^v/, "");
  const purl = pathPurlOf("golang", module.path, module.version, subpath === "" ? {} : { subpath });
  // A program at the top of its module would have the package URL of the module.
  const own =
    subpath === "" ? pathPurlOf("golang", module.path, module.version, { qualifiers: { program: name } }) : purl;
  return { name, version, purl: own, purpose: "APPLICATION" };
}

function ownVersion(name: string): string {
  const plugin = name.replace(/^pulumi-resource-/, "");
  if (plugin in versions.plugins) return versions.plugins[plugin as PluginName];
  if (name === "coredns") return versions.coredns;
  if (name === "kube-scheduler") return versions.kubernetes;
  throw new Error(`the program ${name} has no version. Fix: add it to ownVersion in cli/sbom/go-programs.ts`);
}

function libraryOf({ path, version, sum }: LinkedModule): Component {
  return {
    name: path,
    version,
    purl: pathPurlOf("golang", path, version),
    purpose: "LIBRARY",
    ...(sum === "" ? {} : { goSum: sum }),
  };
}

function standardLibrary(): Component {
  const { go } = versions;
  return { name: "stdlib", version: go, purl: purlOf("golang", "stdlib", go), purpose: "LIBRARY" };
}
