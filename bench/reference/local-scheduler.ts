import { spawn, type ChildProcess } from "node:child_process";
import { openSync, closeSync, readFileSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Contestant } from "../../cli/bench/contestants/contestant.ts";
import type { Seen } from "../../cli/bench/contestants/scheduler-control.ts";
import type { SchedulerSwitch } from "../../cli/bench/contestants/scheduler-switch.ts";
import type { ObservedAt, UsageSample } from "../../cli/bench/metrics/usage.ts";
import { run } from "../../lib/process.ts";
import { endPrograms, runningPrograms } from "./processes.ts";

/** Called at the edges of the measured window. */
export interface WindowHooks {
  readonly opened: () => void;
  readonly closed: () => void;
}

const scheduler = "kube-scheduler";
const observed = [scheduler, "kube-apiserver", "etcd", "kube-controller-manager", "kwok"];

/** Configuration and log of the scheduler. The folder belongs to the namespace, and ends with it. */
const files = { configuration: "/run/scheduler.json", log: "/run/scheduler.log" };

const kubeconfig = "/etc/kubernetes/scheduler.conf";

/** Seconds until a started scheduler must be healthy. */
const healthySeconds = 60;

/** The scheduler of a control plane in the namespaces of this process: which one runs, and what it uses. */
export class LocalScheduler implements SchedulerSwitch {
  readonly #hooks: WindowHooks;
  #child: ChildProcess | undefined;
  #isOpen = false;

  constructor(hooks: WindowHooks) {
    this.#hooks = hooks;
  }

  /** Does nothing: the control plane sees the files of this machine. */
  async provide(): Promise<void> {}

  /** Starts a scheduler in the place of any other one, and waits until it is healthy. @throws when it ends before that. */
  async activate({ binary = scheduler, configuration, arguments: given, name }: Contestant): Promise<void> {
    await this.restore();
    writeFileSync(files.configuration, configuration);
    const log = openSync(files.log, "w");
    const access = ["--authentication-kubeconfig", "--authorization-kubeconfig"].map((flag) => `${flag}=${kubeconfig}`);
    const args = ["--config", files.configuration, ...access, "--bind-address=127.0.0.1", ...given];
    const child = spawn(binary, args, { stdio: ["ignore", log, log] });
    closeSync(log);
    this.#child = child;
    const end = Date.now() + healthySeconds * 1000;
    while (!(await isHealthy())) {
      if (!this.ran || Date.now() > end) {
        const state = this.ran ? `is not healthy after ${healthySeconds} s` : "ended";
        throw new Error(`the scheduler ${name} ${state}. Fix: read its log:\n${readLog().slice(-2000)}`);
      }
      await sleep(200);
    }
  }

  /** Leaves the control plane without a scheduler until the next call. */
  pause(): Promise<void> {
    return this.restore();
  }

  /** Ends the scheduler. Nothing needs the shipped one between the repetitions. */
  async restore(): Promise<void> {
    this.#child = undefined;
    await endPrograms([scheduler]);
  }

  async observe(when: ObservedAt, clock: () => number): Promise<Seen> {
    if (when === "between") return { scrapes: [], usage: [usageNow(clock())] };
    if (when === "end") {
      this.#close();
      const usage = [usageNow(clock())];
      return { scrapes: await this.#scrape(), usage };
    }
    const scrapes = await this.#scrape();
    // The API server's watch cache grows to gigabytes. A collection of its garbage slows one window and not the next one.
    await raw("/debug/pprof/heap?gc=1");
    const usage = [usageNow(clock())];
    this.#isOpen = true;
    this.#hooks.opened();
    return { scrapes, usage };
  }

  /** Returns the end of the scheduler's log. It is called after each repetition, also after one that failed in its window. */
  async journal(): Promise<string> {
    this.#close();
    return Promise.resolve(readLog().slice(-20_000));
  }

  /** Whether the scheduler that was started last still runs. */
  get ran(): boolean {
    const child = this.#child;
    return child?.pid !== undefined && child.exitCode === null && child.signalCode === null;
  }

  #close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#hooks.closed();
  }

  async #scrape(): Promise<Seen["scrapes"]> {
    return [
      ...(this.ran ? [{ component: scheduler, text: await raw("/metrics", ...schedulerServer) } as const] : []),
      { component: "kube-apiserver", text: await raw("/metrics") },
      { component: "etcd", text: await raw("/metrics", "--server", "http://127.0.0.1:2381") },
    ];
  }
}

/** Certificate of the scheduler is self-signed and new at each start. */
const schedulerServer = ["--server", "https://127.0.0.1:10259", "--insecure-skip-tls-verify"];

function raw(path: string, ...options: readonly string[]): Promise<string> {
  return run("kubectl", [...options, "get", "--raw", path]);
}

async function isHealthy(): Promise<boolean> {
  return (await raw("/healthz", ...schedulerServer).catch(() => "")) === "ok";
}

function readLog(): string {
  return readFileSync(files.log, "utf8");
}

function usageNow(at: number): UsageSample {
  const cpuSeconds: Record<string, number> = {};
  const memoryPeak: Record<string, number> = {};
  for (const program of runningPrograms(observed)) {
    const name = observed.find((each) => each.slice(0, 15) === program.name) ?? program.name;
    cpuSeconds[name] = program.cpuSeconds;
    memoryPeak[name] = program.memoryPeak;
  }
  // The hypervisor takes the same part from both sides.
  return { at, cpuSeconds, memoryPeak, steal: 0 };
}
