import { setTimeout as sleep } from "node:timers/promises";
import type { Ended } from "../lab.ts";

/** Moment of a running command. */
export interface Moment {
  readonly what: string;
  /** Succeeds once the moment is reached, and throws before. */
  readonly reached: () => Promise<unknown>;
  /** Longest wait in minutes. */
  readonly limitMinutes: number;
  /** Milliseconds between two attempts. @default 2000 */
  readonly interval?: number;
}

/**
 * Runs a command and does something at a moment of it.
 * @returns the command's end.
 * @throws when the command ends before the moment, or the moment is not reached in time. The command has ended by then.
 */
export async function during(running: Promise<Ended>, moment: Moment, act: () => Promise<void>): Promise<Ended> {
  let over: Ended | undefined;
  const watched = running.then((ended) => (over = ended));
  try {
    await reach(moment, () => over);
    await act();
  } catch (error) {
    // A command that still runs would change the cluster below the next case.
    await watched;
    throw error;
  }
  return watched;
}

async function reach({ what, reached, limitMinutes, interval = 2000 }: Moment, over: () => Ended | undefined) {
  const deadline = Date.now() + limitMinutes * 60_000;
  for (;;) {
    try {
      return await reached();
    } catch (error) {
      const ended = over();
      if (ended !== undefined) throw new Error(`the command ended before ${what}: ${ended.all}`, { cause: error });
      if (Date.now() > deadline) throw new Error(`waited ${limitMinutes} minutes for ${what}`, { cause: error });
    }
    await sleep(interval);
  }
}
