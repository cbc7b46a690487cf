import { describe, expect, it } from "vitest";
import { TestNode } from "./node.ts";

/**
 * NODE is the API server's answer about the node: cordoned or not, a space, its condition Ready. After GONE_AFTER drains the
 * node does not exist. DRAINS has a line for each drain: "ok" or kubectl's error. Its last line also counts for every later
 * drain. PODS has a line for each pod: the kind of its owner, and its name.
 */
const programs = `
kubectl() {
  local tried outcome
  tried=$(grep -c "^drain " "$FOLDER/calls" 2>/dev/null || true)
  case "$*" in
  "get node "*unschedulable*) ((tried >= \${GONE_AFTER:-99})) || printf '%s' "\${NODE-}" ;;
  "get pods "*) printf '%s\\n' "\${PODS-}" ;;
  "get poddisruptionbudgets "*) printf '%s' "\${BUDGETS-}" ;;
  "get --raw /readyz") ;;
  drain*)
    note "$*"
    outcome=$(sed -n "$((tried + 1))p;\\$p" <<<"$DRAINS" | head -n 1)
    [[ $outcome == ok ]] || { echo "error: $outcome" >&2 && return 1; }
    ;;
  *) note "$*" ;;
  esac
}
`;
const timeout = 'error when evicting pods/"web" -n "default": global timeout reached: 1m0s';
const bare = "cannot delete Pods that declare no controller (use --force to override): default/bare";
const usual = "--ignore-daemonsets --delete-emptydir-data --grace-period -1";

const worker = { WORKER_NAME: "w", WORKER_ADDRESS: "192.168.10.101", WORKER_MAC: "52:54:0a:dd:2d:75" };

/** Removes worker w. Without minutes, the limit is over after the first drain. */
function leave(
  environment: Record<string, string>,
  { policy = "fail", minutes = 0, grace = -1 } = {},
  node = new TestNode(programs),
) {
  const parameters = { DRAIN_TIMEOUT_MINUTES: minutes, DRAIN_GRACE_SECONDS: grace, DRAIN_POLICY: policy };
  expect(node.run({ script: "set-drain-policy", parameters })).toMatchObject({ status: 0 });
  const outcome = node.run({ script: "leave", parameters: worker }, environment);
  return { ...outcome, calls: node.calls };
}

describe("a leaving worker", () => {
  it("is cordoned, drained and deleted, in this order", () => {
    const { status, stdout, calls } = leave({ NODE: " True", DRAINS: "ok" }, { minutes: 10, grace: 30 });
    expect([status, stdout]).toEqual([0, ""]);
    expect(calls).toEqual([
      "cordon w",
      "drain w --ignore-daemonsets --delete-emptydir-data --grace-period 30 --timeout 60s",
      "delete node w --ignore-not-found",
    ]);
  });

  it("needs no change when it is not in the cluster", () => {
    const { status, stderr, calls } = leave({ NODE: "" });
    expect([status, calls]).toEqual([0, []]);
    expect(stderr).toContain("w is not in the cluster");
  });

  it("is not drained when its machine does not answer, because no pod could be seen to end", () => {
    const { status, calls } = leave({ NODE: " Unknown" });
    expect([status, calls]).toEqual([0, ["cordon w", "delete node w --ignore-not-found"]]);
  });

  it("is drained when it is not Ready, but its machine answers", () => {
    expect(leave({ NODE: " False", DRAINS: "ok" }).calls).toContain(`drain w ${usual} --timeout 1s`);
  });

  it("is finished when another user deletes its Node meanwhile", () => {
    const gone = leave({ NODE: " True", DRAINS: timeout, GONE_AFTER: "1" }, { minutes: 10 });
    expect(gone.status).toBe(0);
    expect(gone.calls.filter((call) => call.startsWith("drain "))).toHaveLength(1);
  });
});

describe("the address of a worker", () => {
  const sent = "udp/192.168.10.1/67";
  /** Returns a control plane with this lease of its own, in a cluster whose desired nodes are these. */
  function controlPlane(
    nodes: string,
    lease = "# This is private data.\nADDRESS=192.168.10.10\nSERVER_ADDRESS=192.168.10.1\n",
  ) {
    const node = new TestNode(programs);
    node.write("nodeforge-nodes", nodes);
    node.write("netif/leases/2", lease);
    node.write(sent, "");
    return node;
  }

  it.each([
    ["is released after its worker has left", { NODE: " True", DRAINS: "ok" }],
    ["is released when its worker had left before", { NODE: "" }],
  ])("%s, when the worker is no longer desired", (_, environment) => {
    const node = controlPlane("master\nww\n");
    expect(leave(environment, {}, node).status).toBe(0);
    const zeros = (count: number) => "00".repeat(count);
    // Fields of RFC 2131, figure 1, then message type, server and end. 0x0a is also the code of a newline.
    const fields = ["01010600", zeros(8), "c0a80a65", zeros(12), "52540add2d75", zeros(10 + 64 + 128), "63825363"];
    expect(node.bytes(sent).toString("hex")).toBe(`${fields.join("")}3501073604c0a80a01ff`);
  });

  it.each([
    ["the worker is replaced", controlPlaneOf("master\nw\n")],
    ["the network has no DHCP", controlPlaneOf("master\n", "ADDRESS=192.168.10.10\n")],
  ])("is kept when %s", (_, made) => {
    const node = made();
    expect(leave({ NODE: " True", DRAINS: "ok" }, {}, node).status).toBe(0);
    expect(node.read(sent)).toBe("");
  });

  it("is kept when the worker could not be drained", () => {
    const node = controlPlane("master\n");
    expect(leave({ NODE: " True", DRAINS: timeout }, {}, node).status).toBe(1);
    expect(node.read(sent)).toBe("");
  });

  it("does not keep its worker in the cluster when it cannot be released", () => {
    const node = controlPlane("master\n", "SERVER_ADDRESS=192.168.10.2\n");
    const { status, stderr } = leave({ NODE: " True", DRAINS: "ok" }, {}, node);
    expect([status, stderr.includes("192.168.10.2 does not accept the release; the lease expires later")]).toEqual([
      0,
      true,
    ]);
  });

  function controlPlaneOf(...args: Parameters<typeof controlPlane>) {
    return () => controlPlane(...args);
  }
});

describe("a drain that fails", () => {
  it.each([
    ["because time ran out", timeout],
    ["because the API server is busy", "the server was unable to return a response"],
  ])("%s is repeated until the limit", (_, failure) => {
    const { status, calls } = leave({ NODE: " True", DRAINS: `${failure}\n${failure}\nok` }, { minutes: 10 });
    expect(status).toBe(0);
    expect(calls.map((call) => call.split(" ")[0])).toEqual(["cordon", "drain", "drain", "drain", "delete"]);
  });

  it("names the blocking pods and budgets, and uncordons the worker", () => {
    const PODS = "ReplicaSet default/web\nDaemonSet kube-flannel/f\nNode kube-system/mirror\n default/bare";
    const held = leave({ NODE: " True", DRAINS: timeout, PODS, BUDGETS: "default/web-budget\n" });
    expect(held.status).toBe(1);
    expect(held.stderr).toContain(`error: ${timeout}`);
    expect(held.stderr).toContain(
      "FAILED: w could not be drained, and stays in the cluster (pods still there: default/web default/bare; " +
        "budgets that allow no disruption: default/web-budget). Fix: let the pods move elsewhere, or set drainPolicy to force",
    );
    expect(held.calls).toEqual(["cordon w", `drain w ${usual} --timeout 1s`, "uncordon w"]);
  });

  it("does not uncordon a worker that was cordoned before", () => {
    const held = leave({ NODE: "true True", DRAINS: timeout });
    expect(held.status).toBe(1);
    expect(held.calls).not.toContain("uncordon w");
    expect(held.stderr).toContain("pods still there: none; budgets that allow no disruption: none");
  });

  it("fails at once for an unmanaged pod, with time left", () => {
    const held = leave({ NODE: " True", DRAINS: bare, PODS: " default/bare" }, { minutes: 10 });
    expect(held.status).toBe(1);
    expect(held.stderr).toContain("pods still there: default/bare;");
    expect(held.calls).toEqual(["cordon w", `drain w ${usual} --timeout 60s`, "uncordon w"]);
  });
});

describe("drainPolicy force", () => {
  it("ignores budgets at the limit, and deletes the Node", () => {
    const { status, stderr, calls } = leave({ NODE: " True", DRAINS: timeout }, { policy: "force" });
    expect(status).toBe(0);
    expect(stderr).toContain("drainPolicy is force: deleting the remaining pods on w (");
    expect(calls).toEqual([
      "cordon w",
      `drain w ${usual} --force --timeout 1s`,
      `drain w ${usual} --force --disable-eviction --timeout 120s`,
      "delete node w --ignore-not-found",
    ]);
  });

  it("respects budgets before the limit", () => {
    const { calls } = leave({ NODE: " True", DRAINS: `${timeout}\nok` }, { policy: "force", minutes: 10 });
    expect(calls.filter((call) => call.startsWith("drain "))).toEqual(
      Array<string>(2).fill(`drain w ${usual} --force --timeout 60s`),
    );
  });
});
