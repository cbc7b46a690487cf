import { Option } from "commander";
import { findBackup, listBackups, pruneBackups, keptBackups } from "../backup/folder.ts";
import { backupListing } from "../backup/listing.ts";
import { takeBackup } from "../backup/take-backup.ts";
import { verifyBackup } from "../backup/verify.ts";
import { holdMachines } from "../machines/held.ts";
import { openStack } from "../session.ts";
import { readSettings } from "../stack/settings.ts";
import { defineCommand, type Command, type Declaration } from "./command.ts";
import { choiceOf, stackOptions, wholeNumber, type StackOptions } from "./options.ts";

interface ListOptions {
  readonly json?: boolean;
}

const list: Declaration<ListOptions> = {
  name: "list",
  purpose: "Lists the backups of every stack, the oldest first.",
  options: () => [new Option("--json", "print the backups as JSON")],
  examples: { "npm run backup -- list --json": "as JSON" },
  async run({ json = false }) {
    console.log(backupListing(await listBackups(), json));
    return 0;
  },
};

const verify: Declaration<StackOptions> = {
  name: "verify",
  purpose: "Decrypts a backup and checks every byte of it. Changes nothing, and needs no cluster.",
  options: stackOptions,
  takes: { file: "path of the backup, or its name in backups/" },
  examples: { "npm run backup -- verify dev-2026-11-27T07-12-54Z.nodeforge-backup": "one of backups/" },
  async run(options, [name = ""]) {
    const path = findBackup(name);
    const session = await openStack(choiceOf(options), { image: false, hypervisor: false, plugins: false });
    const { header, files, snapshotSize } = await verifyBackup(path, session);
    console.log(
      `${path} is complete: ${files} files and ${(snapshotSize / 2 ** 20).toFixed(1)} MiB of etcd ${header.etcdVersion} at ` +
        `revision ${header.etcdRevision}, from cluster ${header.cluster} with Kubernetes ${header.kubernetesVersion}`,
    );
    return 0;
  },
};

interface PruneOptions extends StackOptions {
  readonly keep?: number;
}

const prune: Declaration<PruneOptions> = {
  name: "prune",
  purpose: "Deletes the oldest backups of each cluster of a stack.",
  options: () => [
    ...stackOptions(),
    new Option("--keep <number>", "backups of each cluster to keep (default: the stack's backupsKept)").argParser(
      wholeNumber(4),
    ),
  ],
  examples: { "npm run backup -- prune --keep 3": "all but the last three" },
  async run(options) {
    const choice = choiceOf(options);
    const keep = options.keep ?? keptBackups(readSettings(choice).get);
    const removed = await pruneBackups(choice.stack, keep);
    console.log(
      removed.length === 0
        ? `each cluster of stack ${choice.stack} has at most ${keep} backups`
        : removed.map((name) => `removed ${name}`).join("\n"),
    );
    return 0;
  },
};

const purpose =
  "Writes a backup of a stack's control plane to backups/: a consistent snapshot of etcd, its certificates and its keys. " +
  "The secrets provider of the stack encrypts it. `restore` brings the objects back onto a new control plane.\n\n" +
  "`up` and `roll` take one before they replace the control plane. The stack's backupsKept says how many of each cluster stay.";

const take = defineCommand<StackOptions>({
  name: "backup",
  purpose,
  options: stackOptions,
  examples: { "npm run backup": "the stack dev" },
  async run(options) {
    const { session, state } = await holdMachines(choiceOf(options));
    const { path, header, pruned } = await takeBackup(session, state);
    for (const name of pruned) console.error(`removed ${name}`);
    console.log(`${path}\nKubernetes ${header.kubernetesVersion}, etcd revision ${header.etcdRevision}`);
    return 0;
  },
});

// Without options, because commander would take those of a subcommand for its own.
const overview: Command = defineCommand({
  name: "backup",
  purpose,
  subcommands: [list, verify, prune] as readonly Declaration[],
  examples: {
    "npm run backup": "the stack dev",
    "npm run backup -- --stack lab": "the stack lab",
    "npm run backup -- list": "all backups",
    "npm run backup -- verify FILE": "check one",
    "npm run backup -- prune --keep 3": "delete old ones",
  },
  run: () => take([]),
});

/** Words that begin a subcommand or its help. */
const first = ["list", "verify", "prune", "-h", "--help"];

/** Backs up the control plane of a stack; lists, checks and deletes backups. */
export const command: Command = Object.assign(
  (args: readonly string[]) => (first.includes(args[0] ?? "") ? overview : take)(args),
  { declaration: overview.declaration },
);
