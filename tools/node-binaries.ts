import { link, mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { major, minor } from "semver";
import { artifact, lookUp, type Recipe } from "../lib/cache.ts";
import { inCheckout } from "../lib/checkout.ts";
import type { Transfer } from "../lib/transfers.ts";
import type { GoProgram } from "./go.ts";
import { goRecipe, modulesOf, type GoModule } from "./go-module.ts";
import { which } from "../lib/process.ts";
import { provide } from "./requirements.ts";
import { versions } from "./versions.ts";

const kubernetesVersion = Object.fromEntries(
  // kubectl and the servers read the first one, and the user agent of every client reads the second one.
  ["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"].flatMap((path) => [
    [`${path}.gitVersion`, `v${versions.kubernetes}`],
    [`${path}.gitMajor`, String(major(versions.kubernetes))],
    [`${path}.gitMinor`, String(minor(versions.kubernetes))],
    [`${path}.gitTreeState`, "clean"],
  ]),
) as Record<string, string>;

const kubernetes = (name: string): GoProgram => ({
  name,
  package: `k8s.io/kubernetes/cmd/${name}`,
  variables: kubernetesVersion,
});

const containerd = (name: string): GoProgram => ({
  name,
  package: `github.com/containerd/containerd/v2/cmd/${name}`,
  variables: { "github.com/containerd/containerd/v2/version.Version": `v${versions.containerd}` },
});

const cni = (name: string, kind: string): GoProgram => ({
  name,
  package: `github.com/containernetworking/plugins/plugins/${kind}/${name}`,
  variables: { "github.com/containernetworking/plugins/pkg/utils/buildversion.BuildVersion": `v${versions.cni}` },
});

const declared: readonly Omit<GoModule, "folder">[] = [
  {
    name: "kubernetes",
    estimate: "4 min",
    programs: [
      "kubeadm",
      "kubectl",
      "kubelet",
      "kube-apiserver",
      "kube-controller-manager",
      "kube-scheduler",
      "kube-proxy",
    ].map(kubernetes),
  },
  { name: "containerd", estimate: "1 min", programs: ["containerd", "containerd-shim-runc-v2", "ctr"].map(containerd) },
  { name: "etcd", estimate: "1 min", programs: [{ name: "etcd", package: "go.etcd.io/etcd/server/v3" }] },
  {
    name: "cni",
    estimate: "1 min",
    programs: [cni("bridge", "main"), cni("loopback", "main"), cni("host-local", "ipam"), cni("portmap", "meta")],
  },
  {
    name: "flannel",
    estimate: "1 min",
    programs: [
      {
        name: "flanneld",
        package: "github.com/flannel-io/flannel",
        variables: { "github.com/flannel-io/flannel/pkg/version.Version": `v${versions.flannel}` },
        // The UDP backend is written in C.
        cgo: true,
      },
    ],
  },
  { name: "kwok", estimate: "1 min", programs: [{ name: "kwok", package: "sigs.k8s.io/kwok/cmd/kwok" }] },
  // Its own main package, because CoreDNS's links every plugin, and with them the clients of three clouds.
  { name: "coredns", estimate: "1 min", programs: [{ name: "coredns", package: "nodeforge.dev/toolchain/coredns" }] },
];

/** The modules with the programs that nodes run. */
export const nodeSets: readonly GoModule[] = declared.map((set) => ({
  ...set,
  folder: inCheckout("tools", "go", set.name),
}));

/** Names of the programs that {@link nodeBinaries} builds. */
export const nodeProgramNames: readonly string[] = nodeSets.flatMap(({ programs }) => programs.map(({ name }) => name));

/**
 * Builds the programs that nodes run from the projects' Go modules, and returns their folder.
 *
 * They are never downloaded, because the programs that were tested on one machine must be the ones that run on another.
 * @param only Name of the one module to build. @default all modules
 */
export async function nodeBinaries(only?: string): Promise<string> {
  // The compiler is part of each key.
  await provide("building");
  const wanted = nodeSets.filter(({ name }) => only === undefined || name === only);
  const recipes = await Promise.all(wanted.map(goRecipe));
  const folders: string[] = [];
  // One build after the other, because each uses every processor.
  for (const recipe of recipes) folders.push(await artifact(recipe));
  if (only !== undefined && folders[0] !== undefined) return folders[0];
  return artifact(gathering(folders));
}

/** Returns the transfers of the modules that {@link nodeBinaries} needs, in the order of its builds. */
export function nodeModules(): readonly Transfer[] {
  return nodeSets.map(modulesOf);
}

/** Returns the folder that {@link nodeBinaries} would return, and whether it exists. */
export async function lookUpNodeBinaries() {
  const recipes = await Promise.all(nodeSets.map(goRecipe));
  const places = await Promise.all(recipes.map((recipe) => lookUp(recipe)));
  return lookUp(gathering(places.map(({ folder }) => folder)));
}

function gathering(folders: readonly string[]): Recipe {
  return {
    name: "node-binaries",
    inputs: folders,
    estimate: "a second",
    verb: "gathering",
    build: async (folder) => {
      for (const set of folders) await linkAll(set, folder);
    },
  };
}

/** Returns the folder of one module's programs if they were built before, else undefined. */
export async function cachedNodeBinaries(name: string): Promise<string | undefined> {
  const set = nodeSets.find((candidate) => candidate.name === name);
  // Without a compiler nothing was built, and the key of the build is unknown.
  if (set === undefined || which("go") === undefined) return undefined;
  const { folder, present } = await lookUp(await goRecipe(set));
  return present ? folder : undefined;
}

/** Makes hard links, which need no space and stay whole if their source is pruned. */
async function linkAll(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const name of await readdir(from)) await link(join(from, name), join(to, name));
}
