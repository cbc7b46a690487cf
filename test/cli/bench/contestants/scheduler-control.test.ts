import { describe, expect, test } from "vitest";
import { schedulerSandboxLines } from "../../../../guest/sandbox.ts";
import { SchedulerControl } from "../../../../cli/bench/contestants/scheduler-control.ts";

const mine = {
  name: "mine",
  configuration: "{}\n",
  binary: "/bin/mine",
  binarySha256: "ab",
  arguments: ["--v=2", "--x"],
};
const shipped = { name: "shipped", configuration: "{}\n", arguments: [] };

/** Returns a control whose control plane runs `running`, and every script that it ran. */
function controlled() {
  const calls: unknown[][] = [];
  const state = { running: "", steal: 0, started: 0 };
  const answers: Readonly<Record<string, (parameters: Readonly<Record<string, unknown>>) => string>> = {
    "bench-activate": ({ START }) => {
      state.running = START === "yes" ? `f${++state.started}` : "";
      return JSON.stringify({ invocation: state.running });
    },
    "bench-observe": ({ SECTIONS }) => {
      const metrics = String(SECTIONS).includes("metrics") ? "== metrics etcd\nm 1\n" : "";
      const ticks = `cpu 0 0 0 ${100 * ++state.steal} 0 0 0 ${100 * state.steal}`;
      return `== invocation\n${state.running}\n${metrics}== usage etcd\nusage_usec 5\n== processor\n${ticks}\n== end\n`;
    },
    "bench-journal": () => "journal",
    "bench-restore": () => "",
  };
  const control = new SchedulerControl(
    {
      run: (script: string, parameters = {}, stdin?: string) => {
        calls.push([script, parameters, ...(stdin === undefined ? [] : [stdin])]);
        return Promise.resolve(answers[script]!(parameters));
      },
      copy: (...args: readonly string[]) => Promise.resolve(void calls.push(["copy", ...args])),
    },
    90,
  );
  return { control, calls, state };
}

describe("the control of schedulers", () => {
  test("copies a program, and nothing for the shipped one", async () => {
    const { control, calls } = controlled();
    await control.provide(shipped);
    await control.provide(mine);
    expect(calls).toEqual([["copy", "/bin/mine", "ab"]]);
  });

  test("hands over the arguments, an empty line and the configuration, with a limit of time and a sandbox", async () => {
    const { control, calls } = controlled();
    await control.activate(mine);
    await control.pause(shipped);
    const limit = { LIMIT_SECONDS: 90, SANDBOX: schedulerSandboxLines() };
    expect(calls).toEqual([
      ["bench-activate", { NAME: "mine", SHA256: "ab", ...limit, START: "yes" }, "--v=2\n--x\n\n{}\n"],
      ["bench-activate", { NAME: "shipped", SHA256: "", ...limit, START: "no" }, "\n{}\n"],
    ]);
  });

  test("knows whether the scheduler that it started still runs", async () => {
    const { control, state } = controlled();
    const clock = () => 0;
    expect(control.ran).toBe(false);
    await control.activate(mine);
    expect(control.ran).toBe(false);
    await control.observe("between", clock);
    expect(control.ran).toBe(true);
    state.running = "";
    await control.observe("between", clock);
    expect(control.ran).toBe(false);
    await control.pause(mine);
    await control.observe("between", clock);
    expect(control.ran).toBe(false);
    await control.activate(mine);
    await control.observe("between", clock);
    expect(control.ran).toBe(true);
    await control.restore();
    expect(control.ran).toBe(false);
  });

  test("observes metrics and usage, with the stolen time since the observation before", async () => {
    const { control, calls } = controlled();
    const first = await control.observe("start", () => 7);
    const second = await control.observe("between", () => 8);
    expect(calls.map(([, parameters]) => parameters)).toEqual([{ SECTIONS: "metrics usage" }, { SECTIONS: "usage" }]);
    expect(first.scrapes.map(({ component, text }) => [component, text])).toEqual([["etcd", "m 1"]]);
    expect(second.scrapes).toEqual([]);
    expect([first, second].map(({ usage }) => usage.map(({ at, steal }) => [at, steal]))).toEqual([
      [[7, 0]],
      [[8, 0.5]],
    ]);
  });

  test("counts no time that was stolen before the window", async () => {
    const { control } = controlled();
    const steals: number[] = [];
    for (const when of ["start", "end", "start", "between", "end"] as const) {
      const { usage } = await control.observe(when, () => 0);
      steals.push(...usage.map(({ steal }) => steal));
    }
    expect(steals).toEqual([0, 0.5, 0, 0.5, 0.5]);
  });

  test.each([
    ["start", "metrics usage", 2],
    ["between", "usage", 1],
    ["end", "usage metrics", 1],
  ] as const)("reads metrics outside of the window, here at its %s", async (when, sections, at) => {
    const { control, calls } = controlled();
    let now = 0;
    const { usage } = await control.observe(when, () => ++now);
    expect(calls.map(([, parameters]) => parameters)).toEqual([{ SECTIONS: sections }]);
    expect(usage.map((sample) => sample.at)).toEqual([at]);
  });

  test("reads the journal of the scheduler that it started", async () => {
    const { control, calls } = controlled();
    await control.activate(mine);
    expect(await control.journal()).toBe("journal");
    expect(calls.at(-1)).toEqual(["bench-journal", { LINES_KEPT: 2000, INVOCATION: "f1" }]);
    await control.pause(shipped);
    await control.journal();
    expect(calls.at(-1)).toEqual(["bench-journal", { LINES_KEPT: 2000, INVOCATION: "" }]);
  });

  test("fails as the control plane does", async () => {
    const failing = { run: () => Promise.reject(new Error("no route")), copy: () => Promise.resolve() };
    const control = new SchedulerControl(failing, 90);
    await expect(control.restore()).rejects.toThrow("no route");
    await expect(control.activate(mine)).rejects.toThrow("no route");
  });
});
