import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { schedulerSandboxLines } from "../../guest/sandbox.ts";
import { BenchNode, schedulerPrograms } from "./bench-node.ts";

const configuration = '{\n  "kind": "KubeSchedulerConfiguration",\n  "leaderElection": { "leaderElect": false }\n}';
const input = `--v=2\n--secure-port=10259\n\n${configuration}`;
const parameters = { NAME: "mine", SHA256: "", LIMIT_SECONDS: 600, START: "yes", SANDBOX: schedulerSandboxLines() };
const program = "#!/bin/sh\necho 'Kubernetes v1.36.3 \"x\"'\n";

function node(): BenchNode {
  const made = new BenchNode(schedulerPrograms);
  made.write("kube-scheduler", program, 0o755);
  made.write("state-kube-scheduler", "active\n");
  made.write("state-nodeforge-bench-scheduler", "inactive\n");
  return made;
}

const shipped = (made: BenchNode) => made.read("state-kube-scheduler").trim();
const tested = (made: BenchNode) => made.read("state-nodeforge-bench-scheduler").trim();
const activate = (made: BenchNode, changed = {}, environment = {}, stdin = input) =>
  made.run({ script: "bench-activate", parameters: { ...parameters, ...changed } }, stdin, environment);

describe("the activation of a scheduler", () => {
  it("stops the shipped one, starts the program with the configuration, and returns its invocation", () => {
    const made = node();
    const { status, stdout } = activate(made);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ invocation: "abc123" });
    expect([shipped(made), tested(made)]).toEqual(["inactive", "active"]);
    expect(made.read("bench/mine.yaml")).toBe(`${configuration}\n`);
    const [call, ...more] = made.calls.filter((each) => each.includes("--unit nodeforge-bench-scheduler"));
    expect(more).toEqual([]);
    expect(call).toContain(`${made.folder}/kube-scheduler --config /var/lib/nodeforge/bench/mine.yaml --kubeconfig`);
    expect(call).toMatch(/--bind-address 127\.0\.0\.1 --v=2 --secure-port=10259$/);
    for (const property of ["CPUAccounting=yes", "MemoryAccounting=yes", "RuntimeMaxSec=600"]) {
      expect(call).toContain(`--property ${property} `);
    }
    expect(call).toContain("--property Conflicts=kube-scheduler.service --property After=kube-scheduler.service ");
    expect(call).toContain("systemctl start --no-block kube-scheduler");
  });

  it("asks the scheduler for its health only once it listens, and succeeds at its first answer", () => {
    const made = node();
    made.write("tcp/127.0.0.1/10259", "");
    const { status, stderr } = activate(made);
    expect([status, stderr.includes("waiting")]).toEqual([0, false]);
    expect(made.calls.filter((call) => call.startsWith("openssl"))).toEqual([
      "openssl s_client -quiet -connect 127.0.0.1:10259",
    ]);
  });

  it("never has two schedulers, and lets no end of an earlier one start the shipped one meanwhile", () => {
    const made = node();
    activate(made);
    expect(activate(made).status).toBe(0);
    expect(made.read("at-start")).toBe("inactive swap\n");
    expect(made.has("run-bench-swap")).toBe(false);
    expect([shipped(made), tested(made)]).toEqual(["inactive", "active"]);
  });

  it.each([
    [600, 900],
    [841, 901],
  ])(
    "arms a watchdog for a limit of %i s before it stops anything, and ends the earlier one after that",
    (limit, all) => {
      const made = node();
      made.write("watchdogs", "nodeforge-bench-watchdog-7.timer loaded active\nother.timer loaded\n");
      activate(made, { LIMIT_SECONDS: limit });
      const [first, second, third] = made.calls;
      expect(first).toMatch(new RegExp(`^systemd-run .*--unit nodeforge-bench-watchdog-\\d+ --on-active ${all} `));
      expect(first).toMatch(
        /; systemctl start kube-scheduler; kubectl .* delete namespace --wait=false --selector nodeforge.local\/bench-scheduler$/,
      );
      expect(first).toContain("--setenv KUBECONFIG=/etc/kubernetes/admin.conf ");
      expect(second).toBe("systemctl stop nodeforge-bench-watchdog-7.timer other.timer");
      expect(third).toBe("systemctl stop nodeforge-bench-scheduler kube-scheduler");
    },
  );

  it("leaves the place to a scheduler elsewhere, for the limit of time", () => {
    const made = node();
    const { status, stdout } = activate(made, { START: "outside", LIMIT_SECONDS: 3600 });
    expect([status, JSON.parse(stdout)]).toEqual([0, { invocation: "" }]);
    expect([shipped(made), tested(made)]).toEqual(["inactive", "inactive"]);
    expect(made.calls[0]).toMatch(/--on-active 3660 /);
    expect(made.calls.filter((call) => call.includes("--unit nodeforge-bench-scheduler"))).toEqual([]);
  });

  it("runs a copied program", () => {
    const made = node();
    const digest = createHash("sha256").update(program).digest("hex");
    made.write(`bench/${digest}/scheduler`, program, 0o755);
    expect(activate(made, { SHA256: digest }).status).toBe(0);
    expect(made.calls.join("\n")).toContain(` /var/lib/nodeforge/bench/${digest}/scheduler --config `);
  });

  it("can leave the control plane without a scheduler, until the watchdog's time", () => {
    const made = node();
    const { status, stdout } = activate(made, { START: "no", LIMIT_SECONDS: 3600 });
    expect([status, JSON.parse(stdout)]).toEqual([0, { invocation: "" }]);
    expect([shipped(made), tested(made)]).toEqual(["inactive", "inactive"]);
    expect(made.calls.filter((call) => call.includes("--on-active 3660 "))).toHaveLength(1);
    expect(made.has("run-bench-swap")).toBe(false);
  });

  it("asks no program before it leaves the control plane without a scheduler", () => {
    const made = node();
    expect(activate(made, { START: "no", SHA256: "f".repeat(64) }).status).toBe(0);
    expect(activate(made, { START: "yes", SHA256: "f".repeat(64) }).stderr).toContain(
      "the control plane has no program",
    );
  });
});

describe("the sandbox of a scheduler", () => {
  /** Returns the properties of the unit, in their order. */
  const properties = (SANDBOX: string) => {
    const made = node();
    expect(activate(made, { SANDBOX }).status).toBe(0);
    const marked = made.calls.find((call) => call.includes("--unit nodeforge-bench-scheduler"))!;
    const [before = ""] = marked.split(` ${made.folder}/kube-scheduler --config`);
    return before.split(" --property ").slice(1);
  };
  const own = () => properties("");

  it("is each of its lines as a property, and nothing more", () => {
    expect(properties(schedulerSandboxLines())).toEqual([...own(), ...schedulerSandboxLines().split("\n")]);
    expect(properties("CapabilityBoundingSet=\nRestrictAddressFamilies=AF_INET AF_UNIX")).toEqual([
      ...own(),
      "CapabilityBoundingSet=",
      "RestrictAddressFamilies=AF_INET AF_UNIX",
    ]);
  });

  it("is none without a line", () => {
    expect(own().map((property) => property.split("=")[0])).toEqual([
      "Description",
      "CPUAccounting",
      "MemoryAccounting",
      "RuntimeMaxSec",
      "Conflicts",
      "After",
      "ExecStopPost",
    ]);
  });

  it("does not hold for the command at the unit's end, nor for the watchdog", () => {
    expect(own().filter((property) => property.startsWith("ExecStopPost="))).toEqual([
      expect.stringMatching(/^ExecStopPost=\+\/\S+ -c /),
    ]);
    const made = node();
    activate(made);
    const watchdog = made.calls.filter((call) => call.includes("--unit nodeforge-bench-watchdog"));
    expect(watchdog).toHaveLength(1);
    expect(watchdog[0]).not.toContain("--property ");
  });
});

describe("an activation that changes nothing", () => {
  it.each([
    ["a configuration that elects a leader", {}, "--v=2\n\n{}", "the configuration of mine elects a leader"],
    ["a name of a file elsewhere", { NAME: "../x" }, input, "the scheduler's name is ../x, expected"],
    ["a start that is none", { START: "maybe" }, input, "START is maybe, expected yes, no or outside"],
    ["a limit that is no number", { LIMIT_SECONDS: "1m" }, input, "LIMIT_SECONDS is 1m, expected"],
    [
      "a program that was not copied",
      { SHA256: "ab12" },
      input,
      "the control plane has no program with the SHA-256 ab12",
    ],
  ])("is one with %s", (_, changed, stdin, message) => {
    const made = node();
    const { status, stdout, stderr } = activate(made, changed, {}, stdin);
    expect([status, stdout, made.calls]).toEqual([1, "", []]);
    expect(stderr).toContain(`FAILED: ${message}`);
    expect(shipped(made)).toBe("active");
  });

  it("is one of a program that has changed", () => {
    const made = node();
    const digest = "0".repeat(64);
    made.write(`bench/${digest}/scheduler`, program, 0o755);
    expect(activate(made, { SHA256: digest }).stderr).toContain(
      `scheduler has changed: expected the SHA-256 ${digest}`,
    );
    expect(made.calls).toEqual([]);
  });

  it.each([
    ["volcano-schedul", "0::/kubepods/pod1", "volcano-schedul (process 7, /kubepods/pod1)"],
    ["kube-scheduler", "0::/user.slice/x.service", "kube-scheduler (process 7, /user.slice/x.service)"],
  ])("is one while %s runs in %s", (name, group, shown) => {
    const made = node();
    made.write("proc/7/comm", `${name}\n`);
    made.write("proc/7/cgroup", `${group}\n`);
    expect(activate(made).stderr).toContain(`FAILED: another scheduler runs on the control plane: ${shown}. Fix: `);
    expect(made.calls).toEqual([]);
  });

  it.each([
    ["the shipped scheduler", "kube-scheduler", "0::/system.slice/kube-scheduler.service"],
    ["the scheduler under test", "scheduler", "0::/system.slice/nodeforge-bench-scheduler.service"],
    ["a thread of the kernel", "gpu_scheduler", "0::/"],
    ["another program", "etcd", "0::/system.slice/etcd.service"],
  ])("is none because of %s", (_, name, group) => {
    const made = node();
    made.write("proc/7/comm", `${name}\n`);
    made.write("proc/7/cgroup", `${group}\n`);
    expect(activate(made).status).toBe(0);
  });
});

describe("an activation that fails half-way starts the shipped scheduler again", () => {
  it.each([
    [
      "the program does not start",
      { FAIL: "nodeforge-bench-scheduler" },
      "systemd did not start mine: panic: no such plugin",
    ],
    ["the program ends", { CRASH: "yes" }, "mine ended: panic: no such plugin"],
    [
      "the program does not become healthy",
      { HEALTH: "500 Internal Server Error" },
      "mine to be healthy: still missing after 120s: panic: no such plugin",
    ],
  ])("when %s", (_, environment, message) => {
    const made = node();
    const { status, stdout, stderr } = activate(made, {}, environment);
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toContain(`FAILED: ${message}`);
    expect(made.calls.at(-1)).toBe("systemctl start kube-scheduler");
    expect([shipped(made), tested(made)]).toEqual(["active", "inactive"]);
    expect(made.has("run-bench-swap")).toBe(false);
  });

  it("when the watchdog cannot be armed, and has stopped nothing", () => {
    const made = node();
    expect(activate(made, {}, { FAIL: "nodeforge-bench-watchdog" }).status).toBe(1);
    expect(made.calls.filter((call) => call.startsWith("systemctl stop"))).toEqual([]);
    expect(shipped(made)).toBe("active");
  });
});

describe("the restoration", () => {
  const restore = (made: BenchNode, environment = {}) => made.run({ script: "bench-restore" }, "", environment);

  it("starts the shipped scheduler, ends the other one and the watchdogs, and may be repeated", () => {
    const made = node();
    activate(made);
    made.write("calls", "");
    for (const { status, stdout } of [restore(made), restore(made)]) {
      expect([status, stdout]).toEqual([0, expect.stringMatching(/^\{"seconds":\d+\}\n$/)]);
      expect([shipped(made), tested(made)]).toEqual(["active", "inactive"]);
    }
    const stops = made.calls.filter((call) => call === "systemctl stop nodeforge-bench-watchdog-*");
    expect(stops).toHaveLength(2);
  });

  it("removes the programs, the configurations and the images that the benchmark brought, and no others", () => {
    const made = node();
    activate(made);
    made.write("bench/ab/scheduler", program, 0o755);
    made.write("bench/images", "docker.io/library/mine:1\nsha256:ab\n");
    expect(restore(made).status).toBe(0);
    expect(made.has("bench")).toBe(false);
    expect(made.calls.filter((call) => call.startsWith("ctr"))).toEqual([
      "ctr --namespace k8s.io images rm docker.io/library/mine:1",
      "ctr --namespace k8s.io images rm sha256:ab",
    ]);
    made.write("calls", "");
    expect(restore(made).status).toBe(0);
    expect(made.calls.filter((call) => call.startsWith("ctr"))).toEqual([]);
  });

  it("keeps them while the shipped scheduler is not healthy, for the next restoration", () => {
    const made = node();
    made.write("bench/images", "mine:1\n");
    expect(restore(made, { HEALTH: "500" }).status).toBe(1);
    expect([made.has("bench/images"), made.calls.some((call) => call.startsWith("ctr"))]).toEqual([true, false]);
  });

  it("follows a pause", () => {
    const made = node();
    activate(made, { START: "no" });
    expect(restore(made).status).toBe(0);
    expect(shipped(made)).toBe("active");
  });

  it("keeps the watchdogs while the shipped scheduler is not healthy", () => {
    const made = node();
    activate(made, { START: "no" });
    const { status, stderr } = restore(made, { HEALTH: "500" });
    expect(status).toBe(1);
    expect(stderr).toContain("FAILED: the shipped scheduler to be healthy: still missing after 120s");
    expect(made.calls).not.toContain("systemctl stop nodeforge-bench-watchdog-*");
    expect(shipped(made)).toBe("active");
  });

  it("does not give up while another step has locked the node", () => {
    const made = node();
    activate(made, { START: "no" });
    const { status, stderr } = restore(made, { LOCKED: "yes" });
    expect([status, shipped(made)]).toEqual([0, "active"]);
    expect(stderr).toContain("another step has locked this node for 60s");
  });
});
