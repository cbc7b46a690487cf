import { describe, expect, it } from "vitest";
import { readObservation } from "../../../../cli/bench/contestants/observation.ts";

const context = { when: "after", at: 12.5 } as const;
const ticks = (idle: number, steal: number) => `== processor\ncpu  10 0 10 ${idle} 0 0 0 ${steal} 99 99\n`;

describe("an observation of the control plane", () => {
  it("has the metrics as text, with their time", () => {
    const text = '== invocation\nabc\n== metrics etcd\n# HELP a\na{b="== c"} 1\n\n== end\n';
    expect(readObservation(text, context)).toEqual({
      invocation: "abc",
      unit: "",
      scrapes: [{ component: "etcd", when: "after", text: '# HELP a\na{b="== c"} 1\n' }],
    });
  });

  it("has the unit of the scheduler, where one runs", () => {
    expect(readObservation("== unit\nkube-scheduler\n== end\n", context).unit).toBe("kube-scheduler");
    expect(readObservation("== unit\n== end\n", context).unit).toBe("");
  });

  it("has seconds and bytes by program", () => {
    const text = `== usage kwok\nusage_usec 1500000\nmemory_peak 4096\n== usage etcd\nusage_usec 7\n${ticks(80, 0)}== end`;
    expect(readObservation(text, context).usage).toEqual({
      at: 12.5,
      cpuSeconds: { kwok: 1.5, etcd: 0.000007 },
      memoryPeak: { kwok: 4096 },
      steal: 0,
    });
  });

  it("has the stolen share since the observation before, without the times of guests", () => {
    const first = readObservation(`${ticks(80, 0)}== end\n`, context);
    expect([first.usage?.steal, first.ticks]).toEqual([0, { total: 100, steal: 0 }]);
    const second = readObservation(`${ticks(155, 25)}== end\n`, { ...context, before: first.ticks! });
    expect(second.usage?.steal).toBe(0.25);
    const same = readObservation(`${ticks(155, 25)}== end\n`, { ...context, before: second.ticks! });
    expect(same.usage?.steal).toBe(0);
  });

  it.each([
    ["== metrics etcd\na 1\n", "was cut off"],
    ["", "was cut off"],
    ["== metrics etcd\n== metrics etcd\n== end\n", 'the section "metrics etcd" twice'],
    ["== metrics kubelet\n== end\n", 'the unknown section "metrics kubelet"'],
    ["== usage kubelet\n== end\n", 'the unknown section "usage kubelet"'],
    ["== x\n== end\n", 'the unknown section "x"'],
    ["== processor\ncpu0 1 2\n== end\n", "expected cpu times"],
  ])("is refused when the answer is %j", (text, message) => {
    expect(() => readObservation(text, context)).toThrow(message);
  });

  it("has no id of a run that is none", () => {
    expect(readObservation("== invocation\n\u001b[2J\n== end\n", context).invocation).toBe("");
  });
});
