import { expect } from "vitest";
import type { Ended, Lab } from "../lab.ts";
import { shown, type FaultTable } from "./fault-table.ts";
import { orphans } from "./orphans.ts";

/** Node of the control plane. */
export const controlPlane = "master";

/** Worker that exists before, during and after each fault. */
export const worker = "worker-node-1";

/** Worker that a case adds, and that is removed after it. */
export const newcomer = "worker-node-2";

/** Network of the cluster, and the last part of the first and the last address that its DHCP server gives. */
export const network = { name: "scheduler_benchmark_net", prefix: "192.168.222.", dhcp: [100, 105] } as const;

/** Label of the objects that a fault must not lose. */
const keptLabel = "test=fault";

/** A cluster of a control plane and one worker, on which faults happen one after the other. Each of them leaves it healthy. */
export class SharedCluster {
  readonly lab: Lab;
  readonly #table: FaultTable;
  readonly #kept: string[] = [];
  #identity = "";

  constructor(lab: Lab, table: FaultTable) {
    this.lab = lab;
    this.#table = table;
  }

  /** Creates the stack and its cluster. */
  async bringUp(): Promise<void> {
    await this.lab.prepare();
    await this.lab.set("workers", "1");
    await this.lab.set("dhcpEnd", `${network.prefix}${network.dhcp[1]}`);
    await this.lab.up();
    this.#identity = await this.lab.clusterIdentity();
  }

  /** Destroys the cluster, because the next file expects an empty hypervisor. */
  async destroy(): Promise<void> {
    const destroy = await this.lab.nodeforge("destroy", ["--yes"], 10);
    expect(destroy.exitCode, destroy.all).toBe(0);
  }

  /** Name of a node's domain in libvirt. */
  domain(node: string): string {
    return `e2e-${node}`;
  }

  /** Runs a command on a node of the last complete run, over ssh. */
  async on(node: string, command: string): Promise<string> {
    const found = (await this.lab.nodes()).find(({ name }) => name === node);
    return this.lab.ssh(found?.address ?? "", command);
  }

  /** Writes an object that must exist after each later fault. */
  async keep(): Promise<void> {
    const name = `kept-${this.#kept.length + 1}`;
    const metadata = { name, namespace: "default", labels: { test: "fault" } };
    await this.lab.apply({ apiVersion: "v1", kind: "ConfigMap", metadata });
    this.#kept.push(name);
  }

  /** Runs `npm run diagnose`, and expects that it finds a problem with this cause. */
  async diagnose(cause: RegExp): Promise<Ended> {
    const diagnosis = await this.lab.nodeforge("diagnose", [], 10);
    expect(diagnosis.exitCode, diagnosis.all).toBe(1);
    expect(diagnosis.all).toMatch(cause);
    return diagnosis;
  }

  /** Runs `up`, and expects that it changes nothing and repairs nothing. */
  async upWithoutChange(): Promise<Ended> {
    const up = await this.lab.nodeforge("up", ["--yes", "--expect-no-changes"], 10);
    expect(up.exitCode, up.all).toBe(0);
    expect(up.all).not.toMatch(/recovering it|resuming it|starting it|restoring them|it is set/);
    return up;
  }

  /** Waits until exactly these nodes are Ready. */
  async waitForReady(names: readonly string[], limitMinutes = 10): Promise<void> {
    await this.lab.eventually(`${names.join(" and ")} to be Ready`, limitMinutes, async () => {
      expect(await this.lab.readyNodes()).toEqual(names);
    });
  }

  /**
   * Adds a row, and expects that nothing was lost and that all nodes are Ready.
   * @param next Result of the next `up`: its output, or words.
   */
  async report(
    fault: string,
    saw: Ended | string,
    next: Ended | string,
    names = [controlPlane, worker],
  ): Promise<void> {
    const words = (ended: Ended | string) => (typeof ended === "string" ? ended : shown(ended.all, ended.exitCode));
    const lost = await this.#lost(names);
    this.#table.add({ fault, saw: words(saw), next: words(next), lost });
    expect(lost).toEqual([]);
  }

  async #lost(names: readonly string[]): Promise<string[]> {
    const listed = await this.lab.kubectl("get", "configmaps", "--selector", keptLabel, "-o", "name");
    const ready = await this.lab.readyNodes();
    return [
      ...(await orphans(this.lab, "e2e", "nodeforge-e2e")),
      ...((await this.lab.clusterIdentity()) === this.#identity ? [] : ["the cluster"]),
      ...this.#kept.filter((name) => !listed.split("\n").includes(`configmap/${name}`)).map((name) => `object ${name}`),
      ...names.filter((name) => !ready.includes(name)).map((name) => `${name} is not Ready`),
      ...ready.filter((name) => !names.includes(name)).map((name) => `${name} is an orphan`),
    ];
  }
}
