import { logLine, type Log } from "../../lib/log.ts";
import { plainText } from "../../lib/plain-text.ts";
import { preview } from "../preview.ts";
import { EventStream } from "../engine-events/event-stream.ts";
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
  /** Arguments for `pulumi preview`. @default none */
  readonly args?: readonly string[];
  /** Folder of all runs. @default the checkout's */
  readonly runs?: string;
  /** @default {@link logLine} */
  readonly log?: Log;
}

/**
 * Plans an `up` as `npm run preview` does, and describes the plan. A plan that fails is described as well. Pulumi's output stays
 * away from the standard output, which is for the comment.
 */
export async function liveComment(
  session: Session,
  { virsh, kubectl, args = [], runs, log = logLine }: LiveOptions,
): Promise<Comment> {
  const { stack } = session;
  const notes: string[] = [];
  const events: string[] = [];
  await using stream = await EventStream.open({ onEvent: (line) => events.push(line) });
  let printed = "";
  const keep = Object.assign((text: string) => void (printed += text), { hides: () => true });
  const quiet: Session = { ...session, pulumi: (words) => session.pulumi(words, keep, stream.variables) };
  const fixed = [...stream.options, "--non-interactive", "--color", "never"];
  const code = await preview(quiet, [...fixed, ...args], (line) => {
    log(line);
    notes.push(`${line.charAt(0).toUpperCase()}${line.slice(1)}.`);
  });
  if (code !== 0) return { text: renderFailure(stack, plainText(printed)), code };
  const last = await readResult(session).catch(() => ({}));
  const facts = await liveFacts(stack, events.join("\n"), {
    virsh,
    kubectl,
    runs: await timedRuns(stack, last, runs),
    notes,
  });
  return { text: renderSummary(facts), code: 0 };
}
