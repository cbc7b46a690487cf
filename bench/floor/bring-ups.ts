import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { approvalParameters } from "../../guest/approval.ts";
import { joinConfiguration } from "../../kubeadm/join-configuration.ts";
import type { Lab } from "../../test/e2e/lab.ts";
import { boot, runScript, type BareMachine } from "./bare-machines.ts";

/** Seconds from the start of a bring-up to the end of each of its phases. */
export type Ends = Readonly<Record<string, number>>;

/** Needs of a bring-up without Pulumi. */
export interface BareCluster {
  readonly lab: Lab;
  readonly master: BareMachine;
  readonly workers: readonly BareMachine[];
  /** kubeadm's configuration of the control plane. */
  readonly configuration: string;
  /** CoreDNS and the smoke check as a list of Kubernetes. */
  readonly addons: string;
  readonly kubectl: string;
}

/** Longest wait of a kubectl command. */
const kubectlLimit = "20m";

/** Brings the cluster up with every step at the earliest moment: the shortest time that image and scripts allow. */
export async function overlapped(cluster: BareCluster): Promise<Ends> {
  const { lab, master, workers } = cluster;
  const clock = new Clock();
  const booted = workers.map((worker) => clock.mark(`boot ${worker.name}`, boot(lab, worker)));
  await clock.mark("boot master", boot(lab, master));
  await clock.mark("init", initialize(cluster));
  const kubeconfig = await fetchKubeconfig(cluster);
  const addons = apply(cluster, kubeconfig).then(() =>
    clock.mark("coredns", rolledOut(cluster, kubeconfig, "coredns")),
  );
  await Promise.all(
    workers.map(async (worker, index) => {
      const token = await clock.mark(`token ${worker.name}`, mint(cluster, worker));
      await booted[index];
      await clock.mark(`join ${worker.name}`, joinCluster(cluster, worker, token));
    }),
  );
  await clock.mark("ready", ready(cluster, kubeconfig, [master, ...workers]));
  await addons;
  await clock.mark("smoke", rolledOut(cluster, kubeconfig, "smoke"));
  return clock.ends;
}

/** Brings the cluster up one step after the other, as a person does who follows a guide. */
export async function oneByOne(cluster: BareCluster): Promise<Ends> {
  const { lab, master, workers } = cluster;
  const clock = new Clock();
  await clock.mark("boot master", boot(lab, master));
  await clock.mark("init", initialize(cluster));
  const kubeconfig = await fetchKubeconfig(cluster);
  for (const worker of workers) {
    await clock.mark(`boot ${worker.name}`, boot(lab, worker));
    const token = await clock.mark(`token ${worker.name}`, mint(cluster, worker));
    await clock.mark(`join ${worker.name}`, joinCluster(cluster, worker, token));
    await clock.mark(`ready ${worker.name}`, ready(cluster, kubeconfig, [worker]));
  }
  await apply(cluster, kubeconfig);
  await clock.mark("coredns", rolledOut(cluster, kubeconfig, "coredns"));
  await clock.mark("smoke", rolledOut(cluster, kubeconfig, "smoke"));
  return clock.ends;
}

class Clock {
  readonly #start = Date.now();
  readonly #ends: Record<string, number> = {};

  get ends(): Ends {
    return this.#ends;
  }

  /** Records the time at which work ends. */
  async mark<T>(phase: string, work: Promise<T>): Promise<T> {
    const result = await work;
    const seconds = Math.round((Date.now() - this.#start) / 1000);
    this.#ends[phase] = seconds;
    console.log(`[${String(seconds).padStart(5)}s] ${phase}`);
    return result;
  }
}

async function initialize({ lab, master, configuration }: BareCluster): Promise<void> {
  const parameters = {
    ...master.parameters,
    IMAGE: "bench",
    MACHINE: "bench",
    ...approvalParameters(),
  };
  await runScript(lab, master, "init-control-plane", parameters, configuration);
}

/** Credentials of a join, as mint-token prints them. */
interface Token {
  readonly token: string;
  readonly caCertHash: string;
}

async function mint({ lab, master }: BareCluster, { name, address }: BareMachine): Promise<Token> {
  const parameters = { WORKER_NAME: name, WORKER_ADDRESS: address, TOKEN_TTL_MINUTES: 30 };
  return JSON.parse(await runScript(lab, master, "mint-token", parameters)) as Token;
}

async function joinCluster({ lab, master }: BareCluster, worker: BareMachine, token: Token): Promise<void> {
  const { name, address } = worker;
  const input = joinConfiguration({ ...token, name, address, endpoint: `${master.address}:6443`, taints: [] });
  await runScript(lab, worker, "join", worker.parameters, input);
}

async function fetchKubeconfig({ lab, master }: BareCluster): Promise<string> {
  const path = join(lab.folder, "bare-kubeconfig");
  writeFileSync(path, await lab.ssh(master.address, "cat /etc/kubernetes/admin.conf"), { mode: 0o600 });
  return path;
}

async function apply({ kubectl, addons }: BareCluster, kubeconfig: string): Promise<void> {
  await execa(kubectl, ["--kubeconfig", kubeconfig, "apply", "--server-side", "-f", "-"], { input: addons });
}

/** Waits until nodes exist and are Ready. */
async function ready({ kubectl }: BareCluster, kubeconfig: string, nodes: readonly BareMachine[]): Promise<void> {
  const names = nodes.map(({ name }) => `node/${name}`);
  for (const state of ["create", "condition=Ready"]) {
    const wait = ["wait", ...names, `--for=${state}`, `--timeout=${kubectlLimit}`];
    await execa(kubectl, ["--kubeconfig", kubeconfig, ...wait]);
  }
}

const workloads = {
  coredns: ["-n", "kube-system", "deployment/coredns"],
  smoke: ["-n", "nodeforge-smoke", "daemonset/smoke"],
};

async function rolledOut(
  { kubectl }: BareCluster,
  kubeconfig: string,
  workload: keyof typeof workloads,
): Promise<void> {
  const wait = ["rollout", "status", ...workloads[workload], `--timeout=${kubectlLimit}`];
  await execa(kubectl, ["--kubeconfig", kubeconfig, ...wait]);
}
