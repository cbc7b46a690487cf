import { columns } from "../../lib/table.ts";
import type { BackupFile } from "./folder.ts";

/** Returns a table of backups, one row each, or the backups as JSON. The encrypted key is left out. */
export function backupListing(files: readonly BackupFile[], asJson: boolean): string {
  if (asJson) {
    const items = files.map(({ name, path, size, header }) => {
      if (header instanceof Error) return { name, path, problem: header.message };
      return { name, path, size, ...header, key: undefined };
    });
    return JSON.stringify(items, undefined, 2);
  }
  if (files.length === 0) return "there is no backup; `npm run backup` takes the first";
  const rows = files.map(({ name, size, header }) =>
    header instanceof Error
      ? [name, `unreadable: ${header.message}`]
      : [
          name,
          header.cluster,
          header.kubernetesVersion,
          header.etcdRevision,
          String(header.nodes.length),
          sizeOf(size),
        ],
  );
  return columns([["BACKUP", "CLUSTER", "KUBERNETES", "REVISION", "NODES", "SIZE"], ...rows]);
}

function sizeOf(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}
