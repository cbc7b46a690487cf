import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { simulationInput } from "../../addons/simulated-nodes.ts";
import { NativeControlPlane } from "../../bench/control-plane/native.ts";
import { inCheckout } from "../../lib/checkout.ts";
import { logLine } from "../../lib/log.ts";
import { simulatedLabel } from "../../names.ts";
import { versions } from "../../tools/versions.ts";
import type { Task } from "./in-namespace.ts";
import type { Junit } from "./junit.ts";
import type { Report } from "./report.ts";
import type { Selection } from "./requirements.ts";

/** Where kwok's configuration is on a node, and so in the namespaces. */
const kwokConfiguration = "/etc/nodeforge/simulated.yaml";

/** The conformance tests expect two nodes at least. */
const nodeNames = ["worker-node-1", "worker-node-2"];

/** Stages of addons/simulated-stages.yaml that play: nodes are Ready and deleted pods end, but no container starts. */
const stages = ["node-ready", "pod-deleted"];

/**
 * Runs cases against a new control plane on this machine. It has two simulated nodes, which get pods and never start them, as
 * nodes that pull no image. A case that passes needs no image. Needs root.
 *
 * The folder with the log stays where a case has failed.
 */
export async function testBareCluster({ chosen, leftOut }: Selection, program: string): Promise<Report> {
  await using plane = await NativeControlPlane.start();
  await plane.run("tee", [kwokConfiguration], kwokInput());
  plane.start("kwok", ["--config", kwokConfiguration, "--kubeconfig", "/etc/kubernetes/admin.conf"], "kwok.log");
  await plane.run(
    "kubectl",
    ["create", "-f", "-"],
    JSON.stringify({ apiVersion: "v1", kind: "List", items: nodeNames.map(nodeOf) }),
  );
  await plane.kubectl("wait", "--for=condition=Ready", "node", "--all", "--timeout=60s");
  const folder = await mkdtemp(join(tmpdir(), "nodeforge-conformance-"));
  const task: Task = { program, chosen, folder };
  logLine(`the log of the tests is ${join(folder, "conformance.log")}`);
  const began = Date.now();
  const output = await plane.run(
    process.execPath,
    [inCheckout("test", "conformance", "in-namespace.ts")],
    JSON.stringify(task),
  );
  const { results } = JSON.parse(output) as Junit;
  const seconds = (Date.now() - began) / 1000;
  const isWhole = results.every(({ outcome }) => outcome === "passed");
  if (isWhole) await rm(folder, { recursive: true });
  return { kubernetes: versions.kubernetes, isInterrupted: false, seconds, results, leftOut };
}

/** Returns kwok's configuration. */
function kwokInput(): string {
  const whole = simulationInput({ pools: [], stages: undefined, leaseSeconds: 40 }, "10.240.0.0/12").trimStart();
  const [options, ...all] = parseAllDocuments(whole).map(
    (document) => document.toJS() as { metadata?: { name: string } },
  );
  const kept = all.filter(({ metadata }) => stages.includes(metadata?.name ?? ""));
  return [options, ...kept].map((document) => `${JSON.stringify(document)}\n`).join("---\n");
}

function nodeOf(name: string): object {
  const amounts = { cpu: "4", memory: "8Gi", pods: "110" };
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name,
      labels: { [simulatedLabel]: "bare", "kubernetes.io/hostname": name, "kubernetes.io/os": "linux" },
      annotations: { "kwok.x-k8s.io/node": "fake" },
    },
    status: { allocatable: amounts, capacity: amounts },
  };
}
