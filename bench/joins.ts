/**
 * Measures how fast nodes join a real control plane in waves of several sizes. The nodes are only clients: they send the
 * requests of kubeadm and the programs of a node, and no machine boots. Needs root.
 *
 * Usage: npm run bench:joins [-- --nodes 1000 --waves 10,20,50 --start SECONDS --repeat N]
 */
import { scriptText } from "../guest/script.ts";
import { inCheckout } from "../lib/checkout.ts";
import { logLine } from "../lib/log.ts";
import { runBenchmark } from "./command.ts";
import { nativeEndpoint, NativeControlPlane } from "./control-plane/native.ts";
import { parseArguments } from "./joins/arguments.ts";
import type { Task, TaskResult } from "./joins/clients.ts";
import { expectations, joiners, tokenSecrets } from "./joins/credentials.ts";
import { parseCpu, print, programs, wallOf, type CpuSeconds, type Measurement } from "./joins/report.ts";
import { provenance } from "./provenance.ts";

/** Calls of kubectl that create the tokens side by side. Each sends five requests a second. */
const calls = 10;

await runBenchmark(main);

async function main(): Promise<void> {
  const { nodes, waves, start, repeat } = parseArguments(process.argv.slice(2));
  const { date, commit, machine } = await provenance();
  const measurements: Measurement[] = [];
  for (let round = 0; round < repeat; round++) {
    // Every second round runs backwards, so that a drift of the machine meets all sizes alike.
    for (const waveSize of round % 2 === 0 ? waves : waves.toReversed()) {
      const measurement = await measure(nodes, waveSize, start);
      logLine(`waves of ${waveSize}: ${nodes} joins took ${wallOf(measurement).toFixed(1)} s`);
      measurements.push(measurement);
    }
  }
  console.log(`${date}, commit ${commit}\n${machine.processor}, ${machine.processors} processors`);
  console.log(`${nodes} nodes, whose kubelets need ${start} s to start\n\n${print(measurements)}`);
  if (measurements.some(({ errors }) => errors.length > 0)) process.exitCode = 1;
}

/** Joins the nodes to a new control plane. */
async function measure(nodes: number, waveSize: number, startSeconds: number): Promise<Measurement> {
  await using plane = await NativeControlPlane.start();
  const workers = await joiners(nodes);
  const shares = [...Map.groupBy(workers, (_, index) => index % calls).values()];
  const create = (share: typeof workers) =>
    plane.run("kubectl", ["create", "-f", "-"], JSON.stringify(tokenSecrets(share)));
  await Promise.all(shares.map(create));
  // As guest/init-control-plane.sh: only approve-joins approves, and the programs of a node read all nodes.
  await plane.kubectl("delete", "clusterrolebinding", "kubeadm:node-autoapprove-bootstrap");
  const proxier = ["--clusterrole", "system:node-proxier", "--group", "system:nodes"];
  await plane.kubectl("create", "clusterrolebinding", "nodeforge:node-proxier", ...proxier);
  await plane.run("bash", [], expectations(workers));
  plane.start("bash", ["-c", scriptText({ script: "approve-joins" })], "approve-joins.log");
  const ca = await plane.run("cat", ["/etc/kubernetes/pki/ca.crt"]);
  const before = await cpuOf(plane);
  const task: Task = { joiners: workers, waveSize, conditions: { endpoint: nativeEndpoint, ca, startSeconds } };
  const clients = inCheckout("bench", "joins", "clients.ts");
  const result = JSON.parse(await plane.run(process.execPath, [clients], JSON.stringify(task))) as TaskResult;
  const after = await cpuOf(plane);
  const cpu = Object.fromEntries(programs.map((name) => [name, after[name] - before[name]])) as CpuSeconds;
  return { ...result, waveSize, cpu };
}

async function cpuOf(plane: NativeControlPlane): Promise<CpuSeconds> {
  return parseCpu(await plane.run("ps", ["-A", "-o", "comm=,cputimes="]));
}
