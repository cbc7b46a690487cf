import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { EngineEvent } from "../../../cli/engine-events/engine-event.ts";
import { frame } from "../../../cli/progress/frame.ts";
import { interruptionLines } from "../../../cli/progress/interruption.ts";
import { liveDisplay } from "../../../cli/progress/live-display.ts";
import { NodeProgress } from "../../../cli/progress/node-progress.ts";
import { plainDisplay } from "../../../cli/progress/plain-display.ts";
import { terminalScreen } from "../../../cli/runs/screen.ts";
import { cluster, event, message, ofWorker, step, workerStep } from "./events.ts";

const size = { columns: 80, rows: 24 };
const workers = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
const known = (count: number): readonly EngineEvent[] => [
  event("begun", cluster),
  ...workers(count).map((number) => event("begun", workerStep("create", number))),
];
const boots = (number: number) => event("begun", ofWorker("create", "domain", number, ""));
const booted = (number: number) => event("ended", ofWorker("create", "domain", number, ""));
const ready = (number: number) => [
  boots(number),
  booted(number),
  event("begun", ofWorker("create", "remote", number, "-ready")),
  event("ended", ofWorker("create", "remote", number, "-ready")),
];

function fold(events: readonly EngineEvent[], progress = new NodeProgress()): NodeProgress {
  events.forEach((each, index) => progress.take(each, index * 1000));
  return progress;
}

describe("the lines on a terminal", () => {
  it("are one for each node that changes, and one for the cluster", () => {
    const gate = step("create", "deployment", "dns");
    const progress = fold([
      event("begun", cluster),
      event("begun", workerStep("same", 1)),
      event("begun", workerStep("create", 2)),
      event("begun", workerStep("create", 3)),
      boots(2),
      event("begun", gate),
    ]);
    expect(frame(progress, 65_000, 0, size)).toEqual(
      [
        "worker-node-2  boot               1m01s   1m01s",
        "worker-node-3  waits              1m02s",
        "total 1m05s, 0 of 2 nodes complete, 1 at work, 1 waiting, 1 unchanged, add-ons 1m00s",
      ].map((line) => (line.length < 80 ? line : `${line.slice(0, 78)}…`)),
    );
  });

  it("show the unfinished nodes first where there are more nodes than rows, and count the others", () => {
    const failing = [boots(100), event("failed", ofWorker("create", "domain", 100, ""))];
    const progress = fold([...known(100), ...ready(1), ...failing, boots(50)]);
    const lines = frame(progress, 200_000, 0, { columns: 80, rows: 7 });
    expect(lines.map((line) => line.split(/ {2,}/)[0])).toEqual([
      "worker-node-100",
      "worker-node-50",
      "worker-node-2",
      "and 97 more: 1 of 97 nodes complete, 96 waiting",
      "total 3m20s, 1 of 100 nodes complete, 1 at work, 97 waiting, 1 failed",
    ]);
  });

  it("are never as long as the terminal is wide", () => {
    const join = ofWorker("create", "remote", 1, "-join");
    const progress = fold([...known(1), event("begun", join), message(join, "x".repeat(200))]);
    const lines = frame(progress, 9_000, 0, { columns: 40, rows: 24 });
    expect(lines.map(({ length }) => length)).toEqual([39, 39]);
    expect(lines[0]).toMatch(/^worker-node-1 +join .*…$/);
  });

  it("say the total of a complete node, and what failed", () => {
    const failing = [boots(2), event("failed", ofWorker("create", "domain", 2, ""))];
    const lines = frame(fold([...known(2), ...ready(1), ...failing]), 60_000, 0, size);
    expect(lines.slice(0, 2)).toEqual([
      "worker-node-1  Ready                         3s",
      "worker-node-2  failed: boot                  1s",
    ]);
  });
});

describe("a live display", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("overwrites its lines at most four times a second, keeps what is said above them, and leaves its last lines", async () => {
    const window = { columns: 80, rows: 24, on: () => window, off: () => window } as never;
    const screen = terminalScreen(window);
    let writes = 0;
    let now = 0;
    const write = (text: string) => (writes++, screen.write(text));
    screen.write("before\r\n");
    const display = liveDisplay({ write, columns: 80, rows: 24 }, 0, { now: () => now });
    const progress = new NodeProgress();
    for (const each of [...known(2), boots(1)]) display.show(progress, progress.take(each, now), now);
    expect(writes).toBe(0);
    now = 2_000;
    vi.advanceTimersByTime(2_000);
    expect(writes).toBe(8);
    display.say("said");
    for (const each of [booted(1), ...ready(2)]) display.show(progress, progress.take(each, now), now);
    display.end(progress, 3_000);
    vi.advanceTimersByTime(5_000);
    vi.useRealTimers();
    expect((await screen.text()).split("\n")).toEqual([
      "before",
      "said",
      "worker-node-1  waits after boot      1s      3s",
      "worker-node-2  Ready                         0s",
      "total 3s, 1 of 2 nodes complete, 1 waiting",
      "",
    ]);
  });
});

describe("plain lines", () => {
  const print = (events: readonly EngineEvent[]) => {
    const printed: string[] = [];
    const display = plainDisplay({ write: (text) => printed.push(text) }, 0);
    const progress = new NodeProgress();
    events.forEach((each, index) => display.show(progress, progress.take(each, index * 1000), index * 1000));
    display.end(progress, 0);
    return printed.join("").split("\n").slice(0, -1);
  };

  it("are one for each phase of each of twenty nodes", () => {
    const lines = print([...known(20), ...ready(1), boots(2)]);
    expect(lines).toEqual([
      "   21s  worker-node-1: boot",
      "   23s  worker-node-1: until Ready",
      "   24s  worker-node-1: Ready after 3s",
      "   25s  worker-node-2: boot",
    ]);
  });

  it("are one for each tenth of more nodes, and one for each failed node", () => {
    const failed = [boots(21), event("failed", ofWorker("create", "domain", 21, ""))];
    const lines = print([...known(21), ...workers(20).flatMap((number) => ready(number)), ...failed]);
    expect(lines.filter((line) => /\d+ %/.test(line)).map((line) => /\d+ %/.exec(line)?.[0])).toEqual(
      [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((tenth) => `${tenth * 10} %`),
    );
    expect(lines.filter((line) => line.includes("worker-node-"))).toEqual([
      " 1m43s  worker-node-21: failed: boot after 1s",
    ]);
    expect(lines.at(-1)).toBe(" 1m43s  100 %: 20 of 21 nodes complete, 1 failed");
  });

  it("have the messages of a removal and every warning, but not those of a bring-up", () => {
    const join = ofWorker("create", "remote", 1, "-join");
    const token = ofWorker("delete", "remote", 2, "-token");
    const lines = print([
      ...known(2),
      event("begun", join),
      message(join, "joining"),
      event("begun", token),
      message(token, "pod/one evicted"),
      message(join, "the clock is wrong", "warning"),
    ]);
    expect(lines).toEqual([
      "    3s  worker-node-1: cloud-init",
      "    4s  worker-node-1: join",
      "    5s  worker-node-2: drain",
      "    6s  worker-node-2: pod/one evicted",
      "    7s  warning: worker-node-1: the clock is wrong",
    ]);
  });
});

describe("after Ctrl-C", () => {
  const progress = fold([...known(7), ...[1, 2, 3, 4, 5, 6].map(boots)]);

  it("the lines name the steps that end first, and what a second Ctrl-C does", () => {
    const names = [1, 2, 3, 4, 5].map((number) => `worker-node-${number} (boot)`).join(", ");
    expect(interruptionLines("^C received; cancelling. If you would like", progress)).toEqual([
      `Ctrl-C: nothing new starts. These steps end first: ${names}, 1 more.`,
      "The next `npm run up` continues from there.",
      "Ctrl-C again ends at once. A step that is cut off may leave a part, which the next `npm run up` recovers.",
    ]);
    expect(interruptionLines("SIGTERM received; cancelling.", new NodeProgress())[0]).toBe(
      "SIGTERM: nothing new starts. No step is under way.",
    );
  });

  it("a second one ends at once, and another notice has no line", () => {
    expect(interruptionLines("^C received; terminating", progress)).toEqual([
      "Ctrl-C again: Pulumi ends at once. The next `npm run up` recovers what was half made.",
    ]);
    expect(interruptionLines("Loading policy packs...", progress)).toEqual([]);
  });
});
