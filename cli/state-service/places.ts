import { join } from "node:path";

/** A stack in the folder of a file backend. */
export interface StackPlace {
  /** Folder of the backend. */
  readonly folder: string;
  readonly project: string;
  readonly stack: string;
}

/** Paths of a stack. Those below `.pulumi` are the layout of Pulumi's file backend (3.250.0, pkg/backend/diy). */
export function pathsOf({ folder, project, stack }: StackPlace) {
  const pulumi = join(folder, ".pulumi");
  // Pulumi takes every file in its own folders for one of its files.
  const own = join(folder, ".nodeforge", project, stack);
  return {
    checkpoint: join(pulumi, "stacks", project, `${stack}.json`),
    tags: join(pulumi, "stacks", project, `${stack}.pulumi-tags`),
    history: join(pulumi, "history", project, stack),
    backups: join(pulumi, "backups", project, stack),
    locks: join(pulumi, "locks", "organization", project, stack),
    journal: `${own}.journal`,
    journalLock: `${own}.journal.lock`,
  };
}
