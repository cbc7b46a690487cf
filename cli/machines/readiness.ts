import { setTimeout as sleep } from "node:timers/promises";
import { duration, logLine, type Log } from "../../lib/log.ts";
import { list, object, readJson, text as anyText } from "../../lib/outside.ts";
import { run } from "../../lib/process.ts";
import { kubectl } from "../../tools/kubectl.ts";
import { isReady, kubernetesNodes } from "../stack/kubernetes-nodes.ts";

/** Runs kubectl as the administrator of a cluster, and returns its output. */
export type Kubectl = (...args: readonly string[]) => Promise<string>;

/** Times in milliseconds of a wait. */
export interface Patience {
  readonly timeout: number;
  /** @default 2_000 */
  readonly interval?: number;
  /** @default {@link logLine} */
  readonly log?: Log;
}

/** Milliseconds between two lines of a wait. */
const reportInterval = 15_000;

/** Returns kubectl with a kubeconfig. A call ends after 30 s. */
export async function kubectlWith(kubeconfig: string): Promise<Kubectl> {
  const program = await kubectl();
  const options = { timeout: 30_000, env: { KUBECONFIG: kubeconfig } };
  return (...args) => run(program, ["--request-timeout=10s", ...args], options);
}

/** Why the API server is not ready, in one line; undefined when it is. Of a list of checks only the failed ones are named. */
export async function apiServerProblem(ask: Kubectl): Promise<string | undefined> {
  const answer = await ask("get", "--raw", "/readyz").catch((error: unknown) => (error as Error).message);
  const text = answer.trim();
  const failed = [...text.matchAll(/\[-\]([\w/-]+) failed/g)].map(([, check]) => check);
  if (failed.length > 0) return `failed checks: ${failed.join(", ")}`;
  return text === "ok" ? undefined : (text.split("\n").at(-1) ?? "");
}

/** Waits until the API server is ready. @throws at the timeout, with the last reason. */
export async function waitForApi(ask: Kubectl, patience: Patience): Promise<void> {
  await until("the API server", patience, () => apiServerProblem(ask));
}

interface List<Item> {
  readonly items: readonly (Item & { readonly metadata: { readonly name: string } })[];
}
interface Lease {
  readonly spec?: { readonly renewTime?: string };
}

/**
 * Waits until nodes are Ready and each kubelet has renewed its lease since the start of the wait. A node that was stopped stays
 * Ready in the API for 40 s, so the condition alone proves nothing. Only changes of a lease are compared, so no clock counts.
 * @throws at the timeout, naming the nodes.
 */
export async function waitForNodes(ask: Kubectl, names: readonly string[], patience: Patience): Promise<void> {
  const first = new Map<string, string>();
  await until("the nodes", patience, async () => {
    try {
      const [nodes, leases] = await Promise.all([
        kubernetesNodes(ask),
        ask("get", "leases", "--namespace", "kube-node-lease", "--output", "json", ...names, "--ignore-not-found"),
      ]);
      const ready = new Set(nodes.filter(({ status }) => isReady(status)).map(({ name }) => name));
      const renewed = renewTimes(leases);
      for (const [name, time] of renewed) if (!first.has(name)) first.set(name, time);
      const isAlive = (name: string) => renewed.has(name) && renewed.get(name) !== first.get(name);
      const missing = names.filter((name) => !ready.has(name) || !isAlive(name));
      return missing.length === 0 ? undefined : `not Ready: ${missing.join(", ")}`;
    } catch (error) {
      return (error as Error).message.split("\n").at(-1) ?? "";
    }
  });
}

const leases = { name: "kubectl's list of leases", fix: "run the command again, then npm run diagnose" };
const metadata = object({ name: anyText });
const leaseShape = object({ metadata }, { spec: object({}, { renewTime: anyText }) });
const leasesShape = { if: object({ items: {} }), then: object({ items: list(leaseShape) }), else: leaseShape };

/** kubectl prints one object instead of a list for one name, and nothing where none exists. */
function renewTimes(text: string): ReadonlyMap<string, string> {
  if (text.trim() === "") return new Map();
  const answer = readJson<List<Lease> | List<Lease>["items"][number]>(text, leases, leasesShape);
  const items = "items" in answer ? answer.items : [answer];
  return new Map(
    items.flatMap(({ metadata, spec }) => (spec?.renewTime === undefined ? [] : [[metadata.name, spec.renewTime]])),
  );
}

/** Repeats a question until it has no problem. */
async function until(
  what: string,
  { timeout, interval = 2_000, log = logLine }: Patience,
  problemOf: () => Promise<string | undefined>,
): Promise<void> {
  const began = Date.now();
  for (let reportAt = began + reportInterval; ;) {
    const problem = await problemOf();
    if (problem === undefined) return;
    if (Date.now() - began > timeout) {
      throw new Error(`${what} did not get ready within ${duration(timeout)}: ${problem}. Fix: npm run diagnose`);
    }
    if (Date.now() > reportAt) {
      reportAt += reportInterval;
      log(`waiting for ${what} (${duration(Date.now() - began)} of ${duration(timeout)}): ${problem}`);
    }
    await sleep(interval);
  }
}
