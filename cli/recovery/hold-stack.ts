import { join } from "node:path";
import { stateFolder } from "../../lib/checkout.ts";
import { readLogin } from "../environment.ts";
import { shareStack, StackHold, type HoldOptions } from "../stack/hold.ts";
import { backendFolder } from "../stack/lock.ts";
import type { Session } from "../stack/session.ts";
import { projectName, stackBaseName } from "../stack/settings.ts";

/** Options of {@link holdStack}. */
export interface HoldStackOptions extends HoldOptions {
  /** Folder for the locks of stacks whose backend is not a folder of this machine. @default one of this checkout */
  readonly folder?: string;
}

/**
 * Locks the stack of a session until the process ends, or until the hold is released. Every command that changes the stack or
 * measures its cluster does so. A stack whose backend is not a folder of this machine is locked for this checkout only.
 * @throws {AnotherRunError} naming the command that holds the stack for the whole wait.
 */
export async function holdStack(session: Session, options: HoldStackOptions = {}): Promise<StackHold> {
  const { folder, project, stack } = placeOf(session) ?? {
    folder: options.folder ?? join(stateFolder, "other-backends"),
    project: projectName(),
    stack: session.stack.replaceAll("/", "-"),
  };
  return StackHold.take(folder, project, stack, options);
}

/**
 * Keeps other commands from recovering the stack until this process ends. For commands that change only the state. Has no
 * effect while a command that changes the stack is running: Pulumi then reports its lock.
 */
export async function shareWithOthers(session: Session): Promise<void> {
  const place = placeOf(session);
  if (place !== undefined) await shareStack(place.folder, place.project, place.stack);
}

/** Place of a session's stack in a file backend; undefined for every other backend. */
export function placeOf(session: Session): { folder: string; project: string; stack: string } | undefined {
  const folder = backendFolder(backendOf(session));
  return folder === undefined ? undefined : { folder, project: projectName(), stack: stackBaseName(session.stack) };
}

/** URL of a session's backend. The session sets its own only where the user has none. */
function backendOf({ variables }: Session): string | undefined {
  return variables.PULUMI_BACKEND_URL ?? (process.env.PULUMI_BACKEND_URL || readLogin());
}
