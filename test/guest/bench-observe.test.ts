import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readObservation } from "../../cli/bench/contestants/observation.ts";
import { BenchNode } from "./bench-node.ts";

const programs = `
kubectl() {
  note "kubectl $*"
  [[ -z \${DOWN-} || $* != *"$DOWN"* ]] || { echo "connection refused" >&2; return 1; }
  echo "metric{server=\\"$2\\"} 1"
}
systemctl() { echo "\${INVOCATION-}"; }
journalctl() { note "journalctl $*"; echo "line"; }
`;

/** A control plane whose cgroups exist for these units. */
function node(...units: readonly string[]): BenchNode {
  const made = new BenchNode(programs);
  units.forEach((unit, index) => {
    made.write(`groups/${unit}.service/cpu.stat`, `usage_usec ${index + 1}000000\nuser_usec 5\n`);
    made.write(`groups/${unit}.service/memory.peak`, `${index + 1}000\n`);
  });
  return made;
}

const observe = (made: BenchNode, SECTIONS: string, environment = {}) =>
  made.run({ script: "bench-observe", parameters: { SECTIONS } }, "", environment);
const context = { when: "before", at: 5 } as const;
const bench = "nodeforge-bench-scheduler";

describe("an observation", () => {
  it("has the metrics of each program, at its own port", () => {
    const made = node("kube-scheduler");
    const { stdout, status } = observe(made, "metrics");
    expect(status).toBe(0);
    const { scrapes, usage } = readObservation(stdout, context);
    expect(scrapes.map(({ component, text }) => [component, text])).toEqual([
      ["kube-scheduler", 'metric{server="https://127.0.0.1:10259"} 1'],
      ["kube-controller-manager", 'metric{server="https://127.0.0.1:10257"} 1'],
      ["etcd", 'metric{server="http://127.0.0.1:2381"} 1'],
      ["kube-apiserver", 'metric{server="60s"} 1'],
    ]);
    expect(usage).toBeUndefined();
  });

  it("asks the API server last, because the other requests are in its metrics, and leaves no file", () => {
    const made = node("kube-scheduler");
    made.write("tmp/kept", "");
    observe(made, "metrics", { TMPDIR: join(made.folder, "tmp") });
    expect(made.calls).toHaveLength(4);
    expect(made.calls.findIndex((call) => !call.includes("--server"))).toBe(3);
    expect(readdirSync(join(made.folder, "tmp"))).toEqual(["kept"]);
  });

  it("has no metrics of a scheduler while none runs", () => {
    const { scrapes } = readObservation(observe(node(), "metrics").stdout, context);
    expect(scrapes.map(({ component }) => component)).toEqual(["kube-controller-manager", "etcd", "kube-apiserver"]);
  });

  it("has the unit of the running scheduler, and none while none runs", () => {
    const unitOf = (made: BenchNode) => readObservation(observe(made, "usage").stdout, context).unit;
    expect([node(), node("kube-scheduler"), node("kube-scheduler", bench)].map(unitOf)).toEqual([
      "",
      "kube-scheduler",
      bench,
    ]);
  });

  describe("of pods", () => {
    const uid = "0a1b-2c";
    const withPods = (made: BenchNode, PODS: string, URL = "") =>
      made.run({ script: "bench-observe", parameters: { SECTIONS: "metrics usage", PODS, URL } });
    const seen = (made: BenchNode, pods: string, url?: string) =>
      readObservation(withPods(made, pods, url).stdout, context);
    const group = (made: BenchNode, path: string, time: number) => {
      made.write(`kubepods${path}/cpu.stat`, `usage_usec ${time}\n`);
      made.write(`kubepods${path}/memory.peak`, "100\n");
    };

    it("has the sums of their cgroups, by either driver, and their metrics", () => {
      const made = node("kube-scheduler");
      group(made, ".slice/kubepods-besteffort.slice/kubepods-besteffort-pod0a1b_2c.slice", 1_000_000);
      group(made, "/burstable/podff-1", 2_000_000);
      group(made, "/burstable/podff-2", 9_000_000);
      const { usage, scrapes } = seen(made, `${uid} ff-1`, "https://10.0.0.9:10259");
      expect([usage?.cpuSeconds["kube-scheduler"], usage?.memoryPeak["kube-scheduler"]]).toEqual([3, 200]);
      const own = scrapes.filter(({ component }) => component === "kube-scheduler");
      expect(own.map(({ text }) => text)).toEqual(['metric{server="https://10.0.0.9:10259"} 1']);
    });

    it("has no use where one cgroup is missing, and no metrics without an address", () => {
      const made = node("kube-scheduler");
      group(made, "/burstable/podff-1", 2_000_000);
      const { usage, scrapes } = seen(made, `${uid} ff-1`);
      expect(usage?.cpuSeconds).toEqual({});
      expect(scrapes.filter(({ component }) => component === "kube-scheduler")).toEqual([]);
    });

    it("is refused with a uid that is none", () => {
      expect(withPods(node(), "../x").stderr).toContain("FAILED: PODS has ../x, expected the uid of a pod");
    });
  });

  it("has the use of the scheduler under test rather than the shipped one", () => {
    const { stdout } = observe(node("kube-scheduler", bench, "etcd"), "usage", { INVOCATION: "abc" });
    const { usage, scrapes, invocation } = readObservation(stdout, context);
    expect([scrapes, invocation]).toEqual([[], "abc"]);
    expect(usage).toEqual({
      at: 5,
      cpuSeconds: { "kube-scheduler": 2, etcd: 3 },
      memoryPeak: { "kube-scheduler": 2000, etcd: 3000 },
      steal: 0,
    });
  });

  it("has both, and no other unit's use", () => {
    const { stdout } = observe(node("kube-scheduler", "kubelet", "kwok"), "usage metrics");
    const { usage, scrapes } = readObservation(stdout, context);
    expect(scrapes).toHaveLength(4);
    expect(Object.keys(usage?.cpuSeconds ?? {})).toEqual(["kube-scheduler", "kwok"]);
  });

  it.each([
    ["10259", "kube-scheduler did not print its metrics"],
    ["2381", "etcd did not print its metrics"],
  ])("fails when port %s does not answer", (DOWN, message) => {
    const { status, stderr } = observe(node("kube-scheduler"), "metrics", { DOWN });
    expect(status).toBe(1);
    expect(stderr).toContain(`connection refused\n`);
    expect(stderr).toContain(`FAILED: ${message}`);
  });

  it("fails for an unknown section", () => {
    expect(observe(node(), "logs").stderr).toContain("FAILED: SECTIONS has logs, expected metrics or usage");
  });
});

describe("the journal", () => {
  const journal = (made: BenchNode, INVOCATION: string, LINES_KEPT = "7") =>
    made.run({ script: "bench-journal", parameters: { INVOCATION, LINES_KEPT } });

  it.each([
    ["abc", "_SYSTEMD_INVOCATION_ID=abc"],
    ["", "--unit nodeforge-bench-scheduler"],
  ])("of the run %j has its last lines", (invocation, match) => {
    const made = node();
    expect(journal(made, invocation).stdout).toBe("line\n");
    expect(made.calls).toEqual([`journalctl --no-pager --output short-iso --lines 7 ${match}`]);
  });

  it.each([
    ["x;y", "7", "INVOCATION is x;y"],
    ["", "-1", "LINES_KEPT is -1"],
  ])("is refused for %j with %s lines", (invocation, lines, message) => {
    const made = node();
    const { status, stderr } = journal(made, invocation, lines);
    expect([status, made.calls]).toEqual([1, []]);
    expect(stderr).toContain(`FAILED: ${message}`);
  });
});

describe("the program of a scheduler", () => {
  const program = Buffer.from([0x7f, 0, 0xff, 0x0a, 0x0a]);
  const digest = createHash("sha256").update(program).digest("hex");
  const receive = (made: BenchNode, STORE: string, input: Buffer | string = "", SHA256 = digest) =>
    made.run({ script: "bench-receive", parameters: { SHA256, STORE } }, input);

  it("is stored once, with its bytes", () => {
    const made = node();
    expect(receive(made, "no").stdout).toBe('{"present":false}\n');
    expect(receive(made, "yes", program).stdout).toBe('{"present":true}\n');
    expect(receive(made, "no").stdout).toBe('{"present":true}\n');
    expect(made.has(`bench/${digest}/scheduler`)).toBe(true);
  });

  it("is not stored when a part of it is missing", () => {
    const made = node();
    const { status, stderr } = receive(made, "yes", program.subarray(1));
    expect(status).toBe(1);
    expect(stderr).toContain(`FAILED: the program arrived incomplete: expected the SHA-256 ${digest}`);
    expect(made.has(`bench/${digest}/scheduler`)).toBe(false);
    expect(receive(made, "no").stdout).toBe('{"present":false}\n');
  });

  it("is not present when its file has changed", () => {
    const made = node();
    made.write(`bench/${digest}/scheduler`, "other", 0o755);
    expect(receive(made, "no").stdout).toBe('{"present":false}\n');
  });

  it("needs a complete digest", () => {
    expect(receive(node(), "no", "", "../x").stderr).toContain(
      "FAILED: SHA256 is ../x, expected 64 hexadecimal digits",
    );
  });
});
