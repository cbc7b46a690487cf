import { describe, expect, it } from "vitest";
import { TestNode } from "./node.ts";

/**
 * STATUS is the node's condition. REFUSED and STARTS let the API server refuse labels: always, or before it was waited for.
 * REMEMBERED has the taints in its annotation, and with TAKEN_AWAY they no longer exist. SMOKE is the name of the smoke check's
 * DaemonSet, and STARTED whether its pod has started here.
 */
const programs = `
kubectl() {
  case "$*" in
  "get --raw /readyz") note "$*" ;;
  "apply "*) note "$*" && note "stdin $(cat)" && ! refuses && printf '%s' "\${REMEMBERED-}" ;;
  "get node "*) printf '%s' "\${STATUS-}" ;;
  "-n nodeforge-smoke get daemonset "*) printf '%s' "\${SMOKE-}" ;;
  "-n nodeforge-smoke get pods "*) note "$*" && printf '%s' "\${STARTED-}" ;;
  "taint node w "*-) note "$*" && [[ -z \${TAKEN_AWAY-} ]] ;;
  *) note "$*" ;;
  esac
}
refuses() { [[ -n \${REFUSED-} || (-n \${STARTS-} && "$(cat "$FOLDER/calls")" != *readyz*) ]]; }
systemctl() { note "systemctl $*"; }
`;
const ready = { STATUS: "True kubelet is posting ready status" };

function workerReady(environment: Record<string, string>, taints = "") {
  const node = new TestNode(programs);
  const parameters = { WORKER_NAME: "w", READY_TIMEOUT_SECONDS: 0, TAINTS: taints };
  const outcome = node.run({ script: "worker-ready", parameters }, environment, '{"kind":"Node"}');
  const changes = node.calls.filter((call) => /^(taint|annotate) /.test(call));
  return { ...outcome, calls: node.calls, changes };
}

describe("a joined worker", () => {
  it("gets its labels by a server-side apply, which removes our earlier ones", () => {
    const { status, stdout, calls } = workerReady(ready);
    expect([status, stdout]).toEqual([0, '{"seconds":{"ready":0}}\n']);
    expect(calls).toEqual([
      "apply --server-side --force-conflicts --field-manager nodeforge -f - -o jsonpath={.metadata.annotations.nodeforge\\.local/taints}",
      'stdin {"kind":"Node"}',
      "systemctl start --no-block nodeforge-approve-kubelets",
    ]);
  });

  it("fails when the API server refuses its labels", () => {
    const { status, stdout, calls } = workerReady({ ...ready, REFUSED: "yes" }, "a=b:NoSchedule");
    expect([status, stdout]).toEqual([1, ""]);
    expect(calls.map((call) => call.split(" ")[0])).toEqual(["apply", "stdin", "get", "apply", "stdin"]);
  });

  it("gets its labels once the API server of a control plane that has just started answers", () => {
    const { status, calls, stderr } = workerReady({ ...ready, STARTS: "yes" });
    expect(status, stderr).toBe(0);
    expect(stderr).toContain("waiting for the API server");
    expect(calls.filter((call) => call === 'stdin {"kind":"Node"}')).toHaveLength(2);
  });

  it("fails with its condition when it is not Ready", () => {
    const { status, stderr } = workerReady({ STATUS: "False cni plugin not initialized" });
    expect(status).toBe(1);
    expect(stderr).toContain("FAILED: w to be Ready: still missing after 0s: False cni plugin not initialized");
    expect(workerReady({}).stderr).toContain("no condition yet");
  });
});

describe("taints", () => {
  it("are added, and recorded in an annotation", () => {
    expect(workerReady(ready, "a=b:NoSchedule c:NoExecute").changes).toEqual([
      "taint node w --overwrite a=b:NoSchedule c:NoExecute",
      "annotate node w --overwrite nodeforge.local/taints=a=b:NoSchedule c:NoExecute",
    ]);
  });

  it("of ours that are no longer desired are removed, and no others", () => {
    const REMEMBERED = "a=b:NoSchedule c:NoExecute d:NoSchedule";
    expect(workerReady({ ...ready, REMEMBERED }, "c:NoExecute a=x:NoSchedule").changes).toEqual([
      "taint node w a:NoSchedule- d:NoSchedule-",
      "taint node w --overwrite c:NoExecute a=x:NoSchedule",
      "annotate node w --overwrite nodeforge.local/taints=c:NoExecute a=x:NoSchedule",
    ]);
  });

  it("are all removed when none is desired", () => {
    expect(workerReady({ ...ready, REMEMBERED: "a=b:NoSchedule" }).changes).toEqual([
      "taint node w a:NoSchedule-",
      "annotate node w --overwrite nodeforge.local/taints=",
    ]);
  });

  it("that no longer exist are no failure", () => {
    const { status, stderr, changes } = workerReady({ ...ready, REMEMBERED: "a:NoSchedule", TAKEN_AWAY: "yes" });
    expect([status, changes.length]).toEqual([0, 2]);
    expect(stderr).toContain("some taints were already removed");
  });

  it("that are already set are not changed", () => {
    expect(workerReady({ ...ready, REMEMBERED: "a:NoSchedule" }, "a:NoSchedule").changes).toEqual([]);
    expect(workerReady(ready).changes).toEqual([]);
  });
});

describe("the smoke check's pod", () => {
  const SMOKE = "daemonset.apps/smoke";
  const asked = (calls: readonly string[]) => calls.filter((call) => call.includes("get pods"));

  it("is waited for when the check runs", () => {
    const { status, calls } = workerReady({ ...ready, SMOKE, STARTED: "true" });
    expect([status, asked(calls).length]).toEqual([0, 1]);
    expect(asked(calls)[0]).toContain("--field-selector spec.nodeName=w");
  });

  it.each(["false", ""])("fails the step while its status is %j", (STARTED) => {
    const { status, stderr } = workerReady({ ...ready, SMOKE, STARTED });
    expect(status).toBe(1);
    expect(stderr).toContain("FAILED: the smoke check's pod on w to reach the others");
  });

  it("is not waited for without a check", () => {
    expect(asked(workerReady(ready).calls)).toEqual([]);
  });
});
