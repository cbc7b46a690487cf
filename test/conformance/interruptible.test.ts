import { expect, test, vi } from "vitest";
import { interruptible } from "./interruptible.ts";

/** Sends signals to this process during some work, and returns the lines that it tells. */
async function linesAt(signals: readonly NodeJS.Signals[]) {
  const write = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  const before = process.listenerCount("SIGTERM");
  const isAborted = await interruptible("the case cleans up", (signal) => {
    for (const name of signals) process.emit(name, name);
    return Promise.resolve(signal.aborted);
  });
  const lines = write.mock.calls.map(([line]) => String(line));
  write.mockRestore();
  expect(process.listenerCount("SIGTERM")).toBe(before);
  return { isAborted, lines: lines.filter((line) => line.includes("interrupted: the case cleans up")) };
}

test.each(["SIGINT", "SIGHUP", "SIGTERM"] as const)(
  "%s interrupts the work, and the first one is told",
  async (name) => {
    const { isAborted, lines } = await linesAt([name, name]);
    expect(isAborted).toBe(true);
    expect(lines).toHaveLength(1);
  },
);

test("work without a signal is not interrupted", async () => {
  expect(await linesAt([])).toEqual({ isAborted: false, lines: [] });
});
