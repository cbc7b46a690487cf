import type { Command } from "./command.ts";

/** A subcommand in the list of all. */
export interface Entry {
  /** Purpose in a few words. */
  readonly summary: string;
  /** Imports the subcommand when it is called, so that a small one does not wait for the others. */
  readonly load: () => Promise<{ readonly command: Command }>;
}

/** Every subcommand by its name, which is also the name of its npm script. */
export const commands: Readonly<Record<string, Entry>> = {
  up: { summary: "create or change the cluster", load: () => import("./up.ts") },
  preview: { summary: "show the changes that `up` would make", load: () => import("./preview.ts") },
  "preview:summary": {
    summary: "describe the changes of `up` as a comment for a review",
    load: () => import("./preview-summary.ts"),
  },
  roll: { summary: "replace the node image batch by batch, or roll back", load: () => import("./roll.ts") },
  refresh: { summary: "update the state from libvirt", load: () => import("./refresh.ts") },
  destroy: { summary: "delete the cluster", load: () => import("./destroy.ts") },
  kubectl: { summary: "run kubectl on the cluster", load: () => import("./kubectl.ts") },
  status: { summary: "show the cluster on one screen", load: () => import("./status.ts") },
  list: { summary: "list the clusters of this machine", load: () => import("./list.ts") },
  graph: { summary: "draw the cluster", load: () => import("./graph.ts") },
  ssh: { summary: "open a shell on a node, or run a command there", load: () => import("./ssh.ts") },
  console: { summary: "open the serial console of a node", load: () => import("./console.ts") },
  logs: { summary: "print the journal of a node", load: () => import("./logs.ts") },
  stop: { summary: "save or shut down every machine", load: () => import("./stop.ts") },
  start: { summary: "start every machine and wait for the nodes", load: () => import("./start.ts") },
  snapshot: { summary: "take, list or delete snapshots of the cluster", load: () => import("./snapshot.ts") },
  revert: { summary: "bring the cluster back to a snapshot", load: () => import("./revert.ts") },
  backup: {
    summary: "back up the control plane; list, check or prune backups",
    load: () => import("./backup.ts"),
  },
  restore: { summary: "restore a cluster's objects from a backup", load: () => import("./restore.ts") },
  cis: { summary: "check the cluster against the CIS benchmark", load: () => import("./cis.ts") },
  sbom: { summary: "print an SPDX document of programs and packages", load: () => import("./sbom.ts") },
  doctor: { summary: "check this machine", load: () => import("./doctor.ts") },
  bench: { summary: "benchmark schedulers on the cluster", load: () => import("./bench.ts") },
  runs: { summary: "list, show, compare or prune recorded runs", load: () => import("./runs.ts") },
  diagnose: {
    summary: "collect evidence from nodes, libvirt and Kubernetes, and name the likely cause",
    load: () => import("./diagnose.ts"),
  },
  completion: {
    summary: "print a shell function with completion",
    load: async () => ({ command: (await import("./completion.ts")).completion(commands) }),
  },
  pulumi: { summary: "run Pulumi on the stack", load: () => import("./pulumi.ts") },
  env: { summary: "print the variables that plain `pulumi` needs", load: () => import("./env.ts") },
  image: { summary: "build the node image and print its path", load: () => import("./image.ts") },
  cache: { summary: "list built artifacts, or prune them and downloads", load: () => import("./cache.ts") },
};
