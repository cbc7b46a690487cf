import type { Session } from "../session.ts";

/** A resource of an exported state. */
export interface StateResource {
  readonly urn: string;
  readonly type: string;
  readonly id?: string;
  /** URN of its parent. */
  readonly parent?: string;
  /** URN and id of its provider, joined by `::`. */
  readonly provider?: string;
  readonly inputs?: Readonly<Record<string, unknown>>;
  readonly outputs?: Readonly<Record<string, unknown>>;
  /** Errors of a creation that left something behind. A refresh forgets them. */
  readonly initErrors?: readonly string[];
  readonly protect?: boolean;
  /** Whether it waits for its deletion. */
  readonly delete?: boolean;
}

/** An operation that began and was not seen to end. */
export interface PendingOperation {
  readonly type: "creating" | "updating" | "deleting" | "reading" | "importing";
  readonly resource: StateResource;
}

/** What a stack's state has; empty before the first `up`. Secrets are encrypted. */
export interface StackState {
  readonly resources: readonly StateResource[];
  readonly pending: readonly PendingOperation[];
}

/** Reads a stack's state through Pulumi. */
export async function readState({ stack, capture }: Pick<Session, "stack" | "capture">): Promise<StackState> {
  return parseState(await capture(["stack", "export", "--stack", stack]));
}

/** Parses a state as `pulumi stack export` prints it. */
export function parseState(text: string): StackState {
  const { deployment } = JSON.parse(text) as {
    deployment?: { resources?: StateResource[]; pending_operations?: PendingOperation[] } | null;
  };
  return { resources: deployment?.resources ?? [], pending: deployment?.pending_operations ?? [] };
}
