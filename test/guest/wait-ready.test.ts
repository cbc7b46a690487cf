import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { TestNode } from "./node.ts";

/**
 * NODES has a line for each Node: its name, the status of its condition Ready. A look is a call of the API server, counted in
 * `looks`. It renews the lease of every node, by a clock that is OFFSET seconds ahead. The lease of DEAD stays at the second
 * DEAD_AT. The API server does not answer before the look UP. TOKENS has the name and the description of each secret.
 * The kubelets at the addresses UNVERIFIED have no certificate of the CA, until the unit has run APPROVES times.
 */
const programs = `
NODES=\${NODES-}
kubectl() {
  case "$*" in
  "-n kube-node-lease get nodes,leases -o jsonpath={range .items[*]}{.kind} {.metadata.name} "*)
    echo >>"$FOLDER/looks"
    local look name at
    look=$(wc -l <"$FOLDER/looks")
    ((look >= \${UP:-1})) || { echo "connection refused" && return 1; }
    sed '/./s/^/Node /' <<<"$NODES"
    while read -r name _; do
      [[ -n $name ]] || continue
      at=$(($(command date +%s) + \${OFFSET:-0}))
      [[ $name != "\${DEAD-}" ]] || { at=$DEAD_AT && look=0; }
      printf 'Lease %s %s.%06dZ\\n' "$name" "$(TZ=UTC printf '%(%Y-%m-%dT%H:%M:%S)T' "$at")" "$look"
    done <<<"$NODES"
    ;;
  "get node master") note "$*" ;;
  "-n kube-system get secrets "*)
    while read -r name description; do
      echo "$name $(printf %s "$description" | base64 -w 0)"
    done <<<"\${TOKENS-}"
    ;;
  "delete "*) note "$*: $(cat)" ;;
  esac
}
hostname() { echo master; }
systemctl() {
  case "$*" in
  "start nodeforge-approve-kubelets") echo x >>"$FOLDER/approvals" && echo "csr-1 is not approved: a reason" >"$FOLDER/kubelets.refused" ;;
  *) note "systemctl $*" && NODES="master True" ;;
  esac
}
timeout() { shift; "$@"; }
openssl() {
  echo "$*" >>"$FOLDER/asked"
  [[ " \${UNVERIFIED-} " != *" $(sed 's/.* -connect \\(.*\\):10250 .*/\\1/' <<<"$*") "* ]] ||
    (($(cat "$FOLDER/approvals" 2>/dev/null | wc -l) >= \${APPROVES:-9}))
}
kubeadm() { note "kubeadm $*"; }
`;

function waitReady(NODES: string, expected: string, environment: Readonly<Record<string, string>> = {}, limit = 0) {
  const node = new TestNode(programs);
  const call = { script: "wait-ready", parameters: { READY_TIMEOUT_SECONDS: limit } } as const;
  const outcome = node.run(call, { NODES, ...environment }, expected);
  const lines = (file: string) => (existsSync(join(node.folder, file)) ? node.read(file).trimEnd().split("\n") : []);
  return {
    ...outcome,
    calls: node.calls,
    looks: node.read("looks").length,
    asked: lines("asked"),
    approvals: lines("approvals").length,
    kubelets: node.read("nodeforge-kubelets"),
  };
}

describe("the gate", () => {
  it("opens when every expected node is Ready, also with other nodes in the cluster", () => {
    const { status, stdout, stderr, calls, looks } = waitReady(
      "w True\nleaving False\nmaster True",
      "master 10.0.0.1 1\nw 10.0.0.2 2\n",
    );
    expect([status, calls, looks]).toEqual([0, [], 2]);
    expect(stdout).toMatch(/^\{"seconds":\{"ready":\d+\}\}\n$/);
    expect(stderr).not.toContain("clock");
  });

  it("names nodes that are missing or not Ready", () => {
    const { status, stdout, stderr } = waitReady(
      "master True\nw2 Unknown",
      "master 10.0.0.1 1\nw1 10.0.0.2 2\nw2 10.0.0.3 3\n",
    );
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toContain(
      "FAILED: 3 nodes to be Ready: still missing after 0s: w1 has not joined;w2 is not Ready\n",
    );
  });

  it("stays closed for a node that is called Ready while its lease does not change", () => {
    const { status, stderr } = waitReady("master True\nw True", "master 10.0.0.1 1\nw 10.0.0.2 2\n", {
      DEAD: "w",
      DEAD_AT: "1600000000",
    });
    expect(status).toBe(1);
    expect(stderr).toContain("still missing after 0s: w has not renewed its lease yet\n");
  });

  it.each([
    ["-240", "behind"],
    ["240", "ahead"],
  ])("opens for nodes whose clock is off by %s s, and warns", (OFFSET, direction) => {
    const { status, stderr } = waitReady("master True\nw True\nsimulated True", "master 10.0.0.1 1\nw 10.0.0.2 2\n", {
      OFFSET,
    });
    expect(status).toBe(0);
    expect(stderr).not.toContain("the clock of simulated");
    expect(stderr).toMatch(new RegExp(`warning: the clock of w is 2(39|40|41) s ${direction}\n`));
  });

  it("stays closed for a lease that a clock in the future wrote", () => {
    const { status, stderr } = waitReady("master True\nw True", "master 10.0.0.1 1\nw 10.0.0.2 2\n", {
      DEAD: "w",
      DEAD_AT: "4000000000",
    });
    expect([status, stderr]).toEqual([1, expect.stringContaining("w has not renewed its lease yet")]);
  });

  it("names nodes with a wrong clock in its failure", () => {
    const { status, stderr } = waitReady("master True\nw False", "master 10.0.0.1 1\nw 10.0.0.2 2\n", {
      OFFSET: "-240",
    });
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /: w is not Ready;the clock of master is \d+ s behind;the clock of w is 2(39|40|41) s behind\n/,
    );
  });

  it("needs a second answer of an API server that was unavailable", () => {
    const { status, looks } = waitReady("master True", "master 10.0.0.1 1\n", { UP: "3" }, 60);
    expect([status, looks]).toEqual([0, 4]);
    const { stderr } = waitReady("master True", "master 10.0.0.1 1\n", { UP: "2" });
    expect(stderr).toContain("master has not renewed its lease yet");
  });

  it("revokes the tokens of all joins in one call, and no others", () => {
    const tokens = "a nodeforge: join of w\nb created by hand\nc nodeforge: join of x\nd";
    const { status, calls } = waitReady("master True", "master 10.0.0.1 1\n", { TOKENS: tokens });
    const object = (name: string) =>
      `{"apiVersion":"v1","kind":"Secret","metadata":{"name":"${name}","namespace":"kube-system"}}`;
    expect([status, calls.join("\n")]).toEqual([0, `delete --ignore-not-found -f -: ${object("a")}\n${object("c")}`]);
  });

  it("deletes nothing without a token of a join", () => {
    const { status, calls } = waitReady("master True", "master 10.0.0.1 1\n", { TOKENS: "b created by hand" });
    expect([status, calls]).toEqual([0, []]);
  });
});

describe("the serving certificates of kubelets", () => {
  const [ready, nodes] = ["master True\nw True", "master 10.0.0.1 1\nw 10.0.0.2 2\n"];

  it("are verified as the API server does, for name and address, once where they are good", () => {
    const { status, asked, approvals } = waitReady(ready, nodes);
    expect([status, approvals]).toEqual([0, 0]);
    const options = "-CAfile /etc/kubernetes/pki/ca.crt -verify_return_error";
    const call = (name: string, address: string) =>
      `s_client -connect ${address}:10250 ${options} -verify_hostname ${name} -verify_ip ${address}`;
    const shown = asked.map((text) => text.replace(/-CAfile \S+/, "-CAfile /etc/kubernetes/pki/ca.crt"));
    expect(shown.sort()).toEqual([call("master", "10.0.0.1"), call("w", "10.0.0.2")]);
  });

  it("are approved while the gate waits, and only the missing ones are asked for again", () => {
    const found = waitReady(ready, nodes, { UNVERIFIED: "10.0.0.2", APPROVES: "2" }, 60);
    expect([found.status, found.approvals]).toEqual([0, 2]);
    expect(found.asked.map((text) => text.replace(/.*-verify_ip /, "")).sort()).toEqual([
      ...["10.0.0.1", "10.0.0.2", "10.0.0.2", "10.0.0.2"],
    ]);
  });

  it("close the gate where one is missing, and the failure has the reason of each refusal", () => {
    const { status, stdout, stderr } = waitReady(ready, nodes, { UNVERIFIED: "10.0.0.2" });
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toContain(
      "FAILED: the serving certificates of 2 kubelets: still missing after 0s: w serves no certificate of the CA of the cluster;csr-1 is not approved: a reason\n",
    );
  });

  it("are asked for only once all nodes are Ready", () => {
    expect(waitReady("master True\nw False", nodes).asked).toEqual([]);
  });

  it("are permitted for exactly the nodes of the stack", () => {
    expect(waitReady(`${ready}\nleaving True`, nodes).kubelets).toBe("master 10.0.0.1\nw 10.0.0.2\n");
  });

  it("of many nodes are each asked for once", () => {
    const names = Array.from({ length: 40 }, (_, index) => `w${index}`);
    const lines = names.map((name, index) => `${name} 10.0.1.${index} ${index}\n`).join("");
    const { status, asked } = waitReady(names.map((name) => `${name} True`).join("\n"), lines);
    expect([status, asked.length, new Set(asked).size]).toEqual([0, 40, 40]);
  });
});

describe("a control plane that is missing from its own cluster", () => {
  it("registers again, and is marked as a control plane", () => {
    const { status, stderr, calls } = waitReady("", "master 10.0.0.1 1\n");
    expect(status).toBe(0);
    expect(stderr).toContain("master is missing from its own cluster");
    expect(calls).toEqual([
      "systemctl restart kubelet",
      "get node master",
      "kubeadm init phase mark-control-plane --config /etc/nodeforge/kubeadm.yaml",
      "systemctl restart --no-block flanneld",
    ]);
  });

  it("is not registered again when it is only not Ready", () => {
    expect(waitReady("master False", "master 10.0.0.1 1\n").calls).toEqual([]);
  });
});
