import { describe, expect, it } from "vitest";
import { TestNode } from "./node.ts";

/** NODES has a line for each Node: its name, the status of its condition Ready. TOKENS: each secret's name and description. */
const programs = `
NODES=\${NODES-}
kubectl() {
  case "$*" in
  "get nodes -o jsonpath={range .items[*]}{.metadata.name} "*) printf '%s\\n' "$NODES" ;;
  *"get leases "*) sed "s/ True$/ \${RENEWED:-9999-01-01T00:00:00.000000Z}/" <<<"$NODES" ;;
  "get node master") note "$*" ;;
  "-n kube-system get secrets "*) cut -d ' ' -f 1 <<<"\${TOKENS-}" ;;
  "-n kube-system get secret/"*) sed -n "s!^$4 !!p" <<<"$TOKENS" | tr -d '\\n' | base64 -w 0 ;;
  "-n kube-system delete "*) note "$*" ;;
  esac
}
hostname() { echo master; }
systemctl() { note "systemctl $*" && NODES="master True"; }
kubeadm() { note "kubeadm $*"; }
`;

function waitReady(NODES: string, expected: string, { TOKENS = "", RENEWED = "" } = {}) {
  const node = new TestNode(programs);
  const call = { script: "wait-ready", parameters: { READY_TIMEOUT_SECONDS: 0 } } as const;
  const outcome = node.run(call, { NODES, TOKENS, RENEWED }, expected);
  return { ...outcome, calls: node.calls };
}

describe("the gate", () => {
  it("opens when every expected node is Ready, whoever else is there", () => {
    const { status, stdout, calls } = waitReady("w True\nleaving False\nmaster True", "master 1\nw 2\n");
    expect([status, calls]).toEqual([0, []]);
    expect(stdout).toMatch(/^\{"seconds":\{"ready":\d+\}\}\n$/);
  });

  it("names who is missing and who is not Ready", () => {
    const { status, stdout, stderr } = waitReady("master True\nw2 Unknown", "master 1\nw1 2\nw2 3\n");
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toContain("FAILED: 3 nodes to be Ready: still missing after 0s: w1 has not joined;w2 is not Ready");
  });

  it("stays closed for a node that is called Ready, but was not heard of since", () => {
    const renewed = { RENEWED: "2020-01-01T00:00:00.000000Z" };
    const { status, stderr } = waitReady("master True\nw True", "master 1\nw 2\n", renewed);
    expect(status).toBe(1);
    expect(stderr).toContain("master has not been heard of yet;w has not been heard of yet");
  });

  it("revokes the tokens of joins, and no others", () => {
    const tokens = "secret/a nodeforge: join of w\nsecret/b made by hand";
    const { status, calls } = waitReady("master True", "master 1\n", { TOKENS: tokens });
    expect([status, calls]).toEqual([0, ["-n kube-system delete secret/a"]]);
  });
});

describe("a control plane that is not in its own cluster any more", () => {
  it("registers again, and is marked as one", () => {
    const { status, stderr, calls } = waitReady("", "master 1\n");
    expect(status).toBe(0);
    expect(stderr).toContain("master is not in its own cluster any more");
    expect(calls).toEqual([
      "systemctl restart kubelet",
      "get node master",
      "kubeadm init phase mark-control-plane --config /etc/nodeforge/kubeadm.yaml",
      "systemctl restart --no-block flanneld",
    ]);
  });

  it("is left alone while it is only not Ready", () => {
    expect(waitReady("master False", "master 1\n").calls).toEqual([]);
  });
});
