/** Numbers of resources by what a run did to them. */
export interface Changes {
  readonly created: number;
  readonly updated: number;
  readonly deleted: number;
  readonly replaced: number;
  /** Unchanged. */
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
 * Reads Pulumi's summary of an update; returns undefined where Pulumi printed none, for example after a preview.
 *
 * Reads the printed text, because `pulumi stack history` leaves out updates that failed at once.
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

/** Adds up the changes of several updates of one run; `same` is the number of the last update. */
export function addChanges(first: Changes | undefined, second: Changes): Changes {
  return {
    created: (first?.created ?? 0) + second.created,
    updated: (first?.updated ?? 0) + second.updated,
    deleted: (first?.deleted ?? 0) + second.deleted,
    replaced: (first?.replaced ?? 0) + second.replaced,
    same: second.same,
  };
}
