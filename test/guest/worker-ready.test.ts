import { describe, expect, it } from "vitest";
import { TestNode } from "./node.ts";

/** STATUS is what the node says of itself, REMEMBERED the taints in its annotation, SMOKE the smoke check's DaemonSet, STARTED its pod here. */
const programs = `
kubectl() {
  case "$*" in
  "apply "*) note "$*" && note "stdin $(cat)" && [[ -z \${REFUSED-} ]] && printf '%s' "\${REMEMBERED-}" ;;
  "get node "*) printf '%s' "\${STATUS-}" ;;
  "-n nodeforge-smoke get daemonset "*) printf '%s' "\${SMOKE-}" ;;
  "-n nodeforge-smoke get pods "*) note "$*" && printf '%s' "\${STARTED-}" ;;
  "taint node w "*-) note "$*" && [[ -z \${TAKEN_AWAY-} ]] ;;
  *) note "$*" ;;
  esac
}
`;
const ready = { STATUS: "True kubelet is posting ready status" };

function workerReady(environment: Record<string, string>, taints = "") {
  const node = new TestNode(programs);
  const parameters = { WORKER_NAME: "w", READY_TIMEOUT_SECONDS: 0, TAINTS: taints };
  const outcome = node.run({ script: "worker-ready", parameters }, environment, '{"kind":"Node"}');
  const changes = node.calls.filter((call) => /^(taint|annotate) /.test(call));
  return { ...outcome, calls: node.calls, changes };
}

describe("a worker that has joined", () => {
  it("gets its labels in a way that takes away those that are ours no longer", () => {
    const { status, stdout, calls } = workerReady(ready);
    expect([status, stdout]).toEqual([0, '{"seconds":{"ready":0}}\n']);
    expect(calls).toEqual([
      "apply --server-side --force-conflicts --field-manager nodeforge -f - -o jsonpath={.metadata.annotations.nodeforge\\.local/taints}",
      'stdin {"kind":"Node"}',
    ]);
  });

  it("fails when its labels are refused", () => {
    const { status, stdout, calls } = workerReady({ ...ready, REFUSED: "yes" }, "a=b:NoSchedule");
    expect([status, stdout]).toEqual([1, ""]);
    expect(calls).toHaveLength(2);
  });

  it("fails with what it says of itself when it is not Ready", () => {
    const { status, stderr } = workerReady({ STATUS: "False cni plugin not initialized" });
    expect(status).toBe(1);
    expect(stderr).toContain("FAILED: w to be Ready: still missing after 0s: False cni plugin not initialized");
    expect(workerReady({}).stderr).toContain("no condition yet");
  });
});

describe("taints", () => {
  it("are added and remembered", () => {
    expect(workerReady(ready, "a=b:NoSchedule c:NoExecute").changes).toEqual([
      "taint node w --overwrite a=b:NoSchedule c:NoExecute",
      "annotate node w --overwrite nodeforge.local/taints=a=b:NoSchedule c:NoExecute",
    ]);
  });

  it("that are wanted no longer are taken away, and no others", () => {
    const REMEMBERED = "a=b:NoSchedule c:NoExecute d:NoSchedule";
    expect(workerReady({ ...ready, REMEMBERED }, "c:NoExecute a=x:NoSchedule").changes).toEqual([
      "taint node w a:NoSchedule- d:NoSchedule-",
      "taint node w --overwrite c:NoExecute a=x:NoSchedule",
      "annotate node w --overwrite nodeforge.local/taints=c:NoExecute a=x:NoSchedule",
    ]);
  });

  it("are all taken away when none is wanted", () => {
    expect(workerReady({ ...ready, REMEMBERED: "a=b:NoSchedule" }).changes).toEqual([
      "taint node w a:NoSchedule-",
      "annotate node w --overwrite nodeforge.local/taints=",
    ]);
  });

  it("that somebody took away already are no failure", () => {
    const { status, stderr, changes } = workerReady({ ...ready, REMEMBERED: "a:NoSchedule", TAKEN_AWAY: "yes" });
    expect([status, changes.length]).toEqual([0, 2]);
    expect(stderr).toContain("some taints were already removed");
  });

  it("that are as they were are not touched", () => {
    expect(workerReady({ ...ready, REMEMBERED: "a:NoSchedule" }, "a:NoSchedule").changes).toEqual([]);
    expect(workerReady(ready).changes).toEqual([]);
  });
});

describe("the smoke check's pod", () => {
  const SMOKE = "daemonset.apps/smoke";
  const asked = (calls: readonly string[]) => calls.filter((call) => call.includes("get pods"));

  it("is waited for where the check runs", () => {
    const { status, calls } = workerReady({ ...ready, SMOKE, STARTED: "true" });
    expect([status, asked(calls).length]).toEqual([0, 1]);
    expect(asked(calls)[0]).toContain("--field-selector spec.nodeName=w");
  });

  it.each(["false", ""])("fails the step while it says %j", (STARTED) => {
    const { status, stderr } = workerReady({ ...ready, SMOKE, STARTED });
    expect(status).toBe(1);
    expect(stderr).toContain("FAILED: the smoke check's pod on w to reach the others");
  });

  it("is not asked for where there is no check", () => {
    expect(asked(workerReady(ready).calls)).toEqual([]);
  });
});
