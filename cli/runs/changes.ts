/** How many resources a run changed. */
export interface Changes {
  readonly created: number;
  readonly updated: number;
  readonly deleted: number;
  readonly replaced: number;
  /** Left as they were. */
  readonly same: number;
}

const words: Readonly<Record<string, keyof Changes>> = {
  created: "created",
  updated: "updated",
  deleted: "deleted",
  replaced: "replaced",
  unchanged: "same",
};

/**
 * What Pulumi's summary of an update says; undefined where it made none, as after a preview only.
 *
 * Read from what it prints, because `pulumi stack history` leaves out updates that failed at once.
 */
export function readChanges(log: string): Changes | undefined {
  const update = log.split(/^Updating \(/m).at(-1) ?? "";
  if (update === log) return undefined;
  const summary = /^Resources:\n((?:.+\n?)*)/m.exec(update)?.[1];
  if (summary === undefined) return undefined;
  const changes = { created: 0, updated: 0, deleted: 0, replaced: 0, same: 0 };
  for (const [, count, word = ""] of summary.matchAll(/\b(\d+) (created|updated|deleted|replaced|unchanged)\b/g)) {
    const key = words[word];
    if (key !== undefined) changes[key] = Number(count);
  }
  return changes;
}

/** The changes of several updates of one run; what the last left alone is what the run did. */
export function addChanges(first: Changes | undefined, second: Changes): Changes {
  return {
    created: (first?.created ?? 0) + second.created,
    updated: (first?.updated ?? 0) + second.updated,
    deleted: (first?.deleted ?? 0) + second.deleted,
    replaced: (first?.replaced ?? 0) + second.replaced,
    same: second.same,
  };
}
