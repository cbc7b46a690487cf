import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { simulationInput } from "../../addons/simulated-nodes.ts";
import { NativeControlPlane } from "../../bench/control-plane/native.ts";
import { simulatedLabel } from "../../names.ts";
import { nodeBinaries } from "../../tools/node-binaries.ts";
import { bareSession } from "./bare-session.ts";
import { interruptible } from "./interruptible.ts";
import type { Junit } from "./junit.ts";
import { recordRun, type Cases } from "./recorded-run.ts";
import type { Report } from "./report.ts";
import { runSuite, type SuiteOptions } from "./suite.ts";

/** The administrator's kubeconfig in the namespaces. */
const kubeconfig = "/etc/kubernetes/admin.conf";

/** Where kwok's configuration is on a node, and so in the namespaces. */
const kwokConfiguration = "/etc/nodeforge/simulated.yaml";

/** The conformance tests expect two nodes at least. */
const nodeNames = ["worker-node-1", "worker-node-2"];

/** Stages of addons/simulated-stages.yaml that play: nodes are Ready and deleted pods end, but no container starts. */
const stages = ["node-ready", "pod-deleted"];

/**
 * Runs cases against a new control plane on this machine, and records the run. It has two simulated nodes, which get pods and never
 * start them, as nodes that pull no image. A case that passes needs no image.
 * @throws without root.
 */
export async function testBareCluster(cases: Cases): Promise<Report> {
  const user = process.getuid?.();
  if (user !== 0) {
    const fix = 'Fix: sudo env PATH="$PATH" npm run test:conformance -- --bare';
    throw new Error(`--bare makes namespaces, so it needs root: found user ${user}, expected 0. ${fix}`);
  }
  // Before the record, because nothing interrupts a build.
  const kubectl = join(await nodeBinaries(), "kubectl");
  return interruptible("the present case cleans up, and the control plane ends", (signal) =>
    recordRun(bareSession, cases, (log) => runCases(cases, { kubectl, log, signal }), signal),
  );
}

async function runCases(
  { program, selection: { chosen } }: Cases,
  options: Pick<SuiteOptions, "kubectl" | "log" | "signal">,
): Promise<Junit> {
  await using plane = await NativeControlPlane.start({}, options.signal);
  await plane.run("tee", [kwokConfiguration], kwokInput());
  plane.start("kwok", ["--config", kwokConfiguration, "--kubeconfig", kubeconfig], "kwok.log");
  await plane.run(
    "kubectl",
    ["create", "-f", "-"],
    JSON.stringify({ apiVersion: "v1", kind: "List", items: nodeNames.map(nodeOf) }),
  );
  await plane.kubectl("wait", "--for=condition=Ready", "node", "--all", "--timeout=60s");
  // Its path is short, because a test makes a socket in it.
  const folder = join(plane.folder, "e2e");
  await mkdir(folder);
  const within = ["nsenter", ...plane.entering];
  return await runSuite({ ...options, program, chosen, kubeconfig, domain: "cluster.local", folder, within });
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
