import { logLine } from "../../lib/log.ts";
import { outlivingInterrupt } from "../../lib/process.ts";

/**
 * Runs work that Ctrl-C, a hang-up or a request to end interrupts by a signal.
 * @param told The line at the first interruption, e.g. `the present case cleans up`.
 */
export async function interruptible<T>(told: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const onSignal = () => {
    if (!stop.signal.aborted) logLine(`interrupted: ${told}`);
    stop.abort(new Error("the conformance tests were interrupted"));
  };
  return outlivingInterrupt(() => work(stop.signal), onSignal);
}
