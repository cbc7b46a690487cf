import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { logLine, type Log } from "../../lib/log.ts";
import { preview } from "../preview.ts";
import { readResult } from "../runs/result.ts";
import type { Session } from "../stack/session.ts";
import { liveFacts, type Sources } from "./live-facts.ts";
import { renderFailure, renderSummary } from "./summary.ts";
import { timedRuns } from "./timed-runs.ts";

/** A comment about a plan, and the exit code of the plan. */
export interface Comment {
  readonly text: string;
  readonly code: number;
}

/** Options of {@link liveComment}. */
export interface LiveOptions extends Pick<Sources, "virsh" | "kubectl"> {
  /**
   * Runs Pulumi without its output on the terminal.
   * @throws when Pulumi fails, with the end of its output.
   */
  readonly pulumi: (args: readonly string[]) => Promise<unknown>;
  /** Arguments for `pulumi preview`. @default none */
  readonly args?: readonly string[];
  /** Folder of all runs. @default the checkout's */
  readonly runs?: string;
  /** @default {@link logLine} */
  readonly log?: Log;
}

/** Plans an `up` as `npm run preview` does, and describes the plan. A plan that fails is described as well. */
export async function liveComment(
  session: Session,
  { virsh, kubectl, pulumi, args = [], runs, log = logLine }: LiveOptions,
): Promise<Comment> {
  const { stack } = session;
  const notes: string[] = [];
  const folder = await mkdtemp(join(tmpdir(), "nodeforge-plan-"));
  try {
    const events = join(folder, "events.json");
    let failure = "";
    const quiet: Session = {
      ...session,
      pulumi: (words) =>
        pulumi(words).then(
          () => 0,
          (error: Error) => {
            failure = error.message;
            return 1;
          },
        ),
    };
    const fixed = ["--event-log", events, "--non-interactive", "--color", "never"];
    const code = await preview(quiet, [...fixed, ...args], (line) => {
      log(line);
      notes.push(`${line.charAt(0).toUpperCase()}${line.slice(1)}.`);
    });
    if (code !== 0) return { text: renderFailure(stack, failure), code };
    const last = await readResult(session).catch(() => ({}));
    const facts = await liveFacts(stack, await readFile(events, "utf8"), {
      virsh,
      kubectl,
      runs: await timedRuns(stack, last, runs),
      notes,
    });
    return { text: renderSummary(facts), code: 0 };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
