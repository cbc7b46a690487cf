import { describe, expect, it } from "vitest";
import { readFailures, readUnready } from "../../../cli/diagnose/failures.ts";
import { kubeconfigOf, clusterStateOf } from "../../../cli/diagnose/state.ts";
import { parseState } from "../../../cli/stack/state.ts";
import { complete, kubeconfig, stackState } from "./stack-state.ts";

const state = (progress = complete) => clusterStateOf(parseState(stackState(progress)));

describe("a cluster in a state", () => {
  it("has every node and the way to reach it", () => {
    const { nodes, ...rest } = state();
    expect(rest).toEqual({
      uris: ["qemu:///system"],
      networks: ["lab-net"],
      pools: ["nodeforge-lab"],
      kubeconfig: "lab-master-kubeconfig",
      ready: true,
    });
    expect(nodes.map(({ name, role }) => [name, role])).toEqual([
      ["master", "control-plane"],
      ["worker-node-1", "worker"],
    ]);
    expect(nodes[1]).toMatchObject({
      resource: "lab-worker-node-1",
      uri: "qemu:///system",
      mac: "52:54:00:00:00:02",
      address: "192.168.222.100",
      leased: true,
      hostKey: "ssh-ed25519 KEYOFworker-node-1",
    });
    expect(nodes.flatMap(({ steps }) => steps.filter(({ done }) => !done))).toEqual([]);
  });

  it("has the same nodes in a state of an earlier release, with machines as components", () => {
    const earlier = clusterStateOf(parseState(stackState(complete, false, true)));
    expect(earlier).toEqual(state());
    expect(earlier.nodes).toHaveLength(2);
    const text = stackState(complete, false, true).replaceAll('"addressing":"dhcp"', '"addressing":"static"');
    expect(clusterStateOf(parseState(text)).nodes.map(({ leased }) => leased)).toEqual([false, false]);
  });

  it("has the workers in the order of their names, whatever order their machines were created in", () => {
    const { deployment } = JSON.parse(stackState(complete)) as { deployment: { resources: { urn: string }[] } };
    const worker = deployment.resources.filter(({ urn }) => urn.includes("worker-node-1"));
    const named = (name: string) =>
      JSON.parse(JSON.stringify(worker).replaceAll("worker-node-1", name)) as { urn: string }[];
    deployment.resources.unshift(...named("worker-node-10"), ...named("worker-node-2"));
    const { nodes } = clusterStateOf(parseState(JSON.stringify({ deployment })));
    expect(nodes.map(({ name }) => name)).toEqual(["master", "worker-node-1", "worker-node-2", "worker-node-10"]);
  });

  it.each([
    ["dhcp", true],
    ["reservation", true],
    ["static", false],
  ])("has a leased address with addressing %s: %s", (addressing, leased) => {
    const text = stackState(complete).replaceAll('"addressing":"dhcp"', `"addressing":"${addressing}"`);
    expect(clusterStateOf(parseState(text)).nodes.map((node) => node.leased)).toEqual([leased, leased]);
  });

  it("has nodes without a machine", () => {
    const { nodes, kubeconfig: step, ready } = state({ master: ["root"], worker: [] });
    expect([step, ready]).toEqual([undefined, false]);
    expect(nodes[0]).toMatchObject({ name: "master", uri: "qemu:///system", address: undefined, hostKey: undefined });
    expect(nodes[1]?.uri).toBeUndefined();
    expect(nodes[0]?.steps.map(({ name, done }) => [name, done])).toEqual([
      ["disk", true],
      ["machine", false],
      ["host key", false],
      ["control plane", false],
      ["drain policy", false],
      ["kubeconfig", false],
    ]);
  });

  it("has no finished machine after an error of its creation, or before its deletion", () => {
    const text = JSON.parse(stackState(complete)) as { deployment: { resources: Record<string, unknown>[] } };
    const [first, second] = text.deployment.resources.filter(({ type }) => String(type).endsWith(":Domain"));
    Object.assign(first!, { initErrors: ["no lease"] });
    Object.assign(second!, { delete: true });
    const { nodes } = clusterStateOf(parseState(JSON.stringify(text)));
    expect(nodes.map(({ steps }) => steps[1])).toEqual([
      { name: "machine", done: false },
      { name: "machine", done: false },
    ]);
    expect(nodes[0]?.address).toBe("192.168.222.10");
  });

  it("has a machine whose creation was interrupted", () => {
    const text = JSON.parse(stackState(complete)) as { deployment: Record<string, unknown> };
    const resources = text.deployment.resources as Record<string, unknown>[];
    const begun = resources.filter(({ urn }) => String(urn).endsWith("Domain::lab-worker-node-1"));
    text.deployment.resources = resources.filter((resource) => !begun.includes(resource));
    text.deployment.pending_operations = [{ resource: { ...begun[0], outputs: {} }, type: "creating" }];
    expect(clusterStateOf(parseState(JSON.stringify(text))).nodes[1]).toMatchObject({
      mac: "52:54:00:00:00:02",
      address: undefined,
    });
  });

  it.each(["{}", '{"deployment":null}', '{"version":3,"deployment":{"manifest":{}}}'])(
    "is empty for the state %s",
    (text) => {
      expect(clusterStateOf(parseState(text))).toEqual({ nodes: [], uris: [], networks: [], pools: [], ready: false });
    },
  );

  it("has the kubeconfig only when the state was exported with secrets", () => {
    expect(kubeconfigOf(stackState(complete, true), "lab-master-kubeconfig")).toBe(kubeconfig);
    expect(() => kubeconfigOf(stackState(complete), "lab-master-kubeconfig")).toThrow("the state has no kubeconfig");
  });
});

const log = `
 +  command:remote:Command lab-worker-node-1-join **creating failed** error: exit status 1
Diagnostics:
  pulumi:pulumi:Stack (nodeforge-lab):
    error: update failed

  command:remote:Command (lab-worker-node-1-join):
    [  12s] FAILED: disk is full
    error:   Process exited with status 1

  command:remote:Command (lab-master-init):
    [  10s] waiting for cloud-init

  libvirt:index:Network (lab-network):
    error: internal error: Network is already in use by interface virbr1

Resources:
    + 31 created
    error: not of a resource
`;

describe("failures", () => {
  it("are those in Pulumi's diagnostics, with node and step", () => {
    expect(readFailures(log, state())).toEqual([
      {
        node: "worker-node-1",
        step: "join",
        resource: "lab-worker-node-1-join",
        type: "command:remote:Command",
        text: "    [  12s] FAILED: disk is full\n    error:   Process exited with status 1\n\n",
      },
      {
        step: "network",
        resource: "lab-network",
        type: "libvirt:index:Network",
        text: "    error: internal error: Network is already in use by interface virbr1\n\n",
      },
    ]);
  });

  it("belong to the node with the longest name that fits", () => {
    const nodes = state().nodes;
    const ten = { ...nodes[1]!, name: "worker-node-1-x", resource: "lab-worker-node-1-x" };
    const text = "Diagnostics:\n  libvirt:index:Domain (lab-worker-node-1-x):\n    error: no\n";
    expect(readFailures(text, { nodes: [...nodes, ten], ready: false })).toMatchObject([
      { node: "worker-node-1-x", step: "machine" },
    ]);
  });

  it("are the first step that the state lacks, without a log", () => {
    const steps = (progress: typeof complete) =>
      readFailures("", state(progress)).map(({ node, step }) => [node, step]);
    expect(steps({ master: ["root", "domain", "host-key"], worker: ["root", "domain", "host-key"] })).toEqual([
      ["master", "control plane"],
    ]);
    expect(steps({ ...complete, worker: ["root", "domain", "host-key", "token"], ready: false })).toEqual([
      ["worker-node-1", "join"],
    ]);
    expect(steps({ ...complete, ready: false })).toEqual([[undefined, "waiting until all nodes are Ready"]]);
    expect(steps(complete)).toEqual([]);
  });

  it("name the nodes that the last message of the wait calls missing", () => {
    const text =
      "[ 15s] still waiting: master is not Ready\n[900s] FAILED: 2 nodes to be Ready: still missing after 900s: worker-node-1 has not joined\n";
    expect(readUnready(text, state().nodes)).toEqual(["worker-node-1"]);
    expect(readUnready("", state().nodes)).toEqual([]);
  });
});
