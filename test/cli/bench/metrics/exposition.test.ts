import { describe, expect, it } from "vitest";
import { parseExposition } from "../../../../cli/bench/metrics/exposition.ts";

const text = String.raw`# HELP scheduler_pending_pods [STABLE] Number of pending pods, by the queue type.
# TYPE scheduler_pending_pods gauge
scheduler_pending_pods{queue="active"} 12
scheduler_pending_pods{queue="backoff"} 0
# TYPE scheduler_schedule_attempts_total counter
scheduler_schedule_attempts_total{profile="default-scheduler",result="scheduled"} 1.5e+03
# TYPE scheduler_preemption_victims histogram
scheduler_preemption_victims_bucket{le="1"} 3
scheduler_preemption_victims_bucket{le="+Inf"} 4
scheduler_preemption_victims_sum 9
scheduler_preemption_victims_count 4
process_start_time_seconds 1.75e+09 1700000000000

# a comment that is neither HELP nor TYPE
odd { path = "C:\\DIR\n\"quoted\" \d }, =" , } NaN
low -Inf
`;

describe("parseExposition", () => {
  it("reads counters, gauges and histograms with their types", () => {
    const { samples, types, errors } = parseExposition(text);
    expect(errors).toEqual([]);
    expect([...types]).toEqual([
      ["scheduler_pending_pods", "gauge"],
      ["scheduler_schedule_attempts_total", "counter"],
      ["scheduler_preemption_victims", "histogram"],
    ]);
    expect(samples.get("scheduler_pending_pods")).toEqual([
      { labels: new Map([["queue", "active"]]), value: 12 },
      { labels: new Map([["queue", "backoff"]]), value: 0 },
    ]);
    expect(samples.get("scheduler_schedule_attempts_total")?.[0]?.value).toBe(1500);
    expect(samples.get("scheduler_preemption_victims_bucket")?.[1]?.labels.get("le")).toBe("+Inf");
    expect(samples.get("process_start_time_seconds")).toEqual([{ labels: new Map(), value: 1.75e9 }]);
    expect(samples.size).toBe(8);
  });

  it("reads escapes, blanks, infinity and NaN", () => {
    const { samples } = parseExposition(text);
    expect(samples.get("odd")?.[0]?.labels).toEqual(new Map([["path", 'C:\\DIR\n"quoted" \\d }, =']]));
    expect(samples.get("odd")?.[0]?.value).toBeNaN();
    expect(samples.get("low")?.[0]?.value).toBe(-Infinity);
  });

  it.each([
    ["a{", "label's name"],
    ['a{b="c', "closing quote"],
    ['a{b="c\\', "closing quote"],
    ['a{b="c"d="e"} 1', ", was wanted"],
    ['a{b="c",b="d"} 1', "twice"],
    ["a{b=c} 1", '" was wanted'],
    ["a", "number"],
    ["a 0x10", "number"],
    ["a 1 soon", "time"],
    ["a 1 2 3", "line's end"],
    ["1a 1", "metric's name"],
    ["<html>", "metric's name"],
    ["# TYPE a meter", "counter, gauge"],
    ["# TYPE a", "a name and a type"],
  ])("names the line of %s", (line, message) => {
    const { errors, samples } = parseExposition(`good 1\n${line}\nlast 2\n`);
    expect(errors).toEqual([{ line: 2, message: expect.stringContaining(message) as string }]);
    expect([...samples.keys()]).toEqual(["good", "last"]);
  });

  it("refuses a second type of one family", () => {
    expect(parseExposition("# TYPE a gauge\n# TYPE a gauge").errors).toHaveLength(1);
  });

  it("keeps labels with names of Object apart", () => {
    const labels = parseExposition('a{__proto__="x",constructor="y"} 1').samples.get("a")?.[0]?.labels;
    expect(labels).toEqual(
      new Map([
        ["__proto__", "x"],
        ["constructor", "y"],
      ]),
    );
  });

  it("ends soon and with few, short errors for a hostile text", () => {
    const length = 2_000_000;
    const started = performance.now();
    const texts = ["a".repeat(length), " ".repeat(length) + "x", "a{" + 'b="'.repeat(length), "\\".repeat(length)];
    texts.push('a{b="' + "\\n".repeat(length), "#" + " ".repeat(length) + "T", "1\n".repeat(length));
    for (const hostile of texts) {
      const { errors } = parseExposition(hostile);
      expect(errors.length).toBeLessThanOrEqual(10);
      for (const { message } of errors) expect(message.length).toBeLessThan(250);
    }
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});
