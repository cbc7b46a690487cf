import type { ObservedAt } from "../metrics/usage.ts";
import type { Contestant } from "./contestant.ts";
import type { LocalScheduler } from "./local-scheduler.ts";
import type { ManifestScheduler } from "./manifest-scheduler.ts";
import type { SchedulerControl, Seen } from "./scheduler-control.ts";
import type { SchedulerCredential } from "./scheduler-identity.ts";
import type { SchedulerSwitch } from "./scheduler-switch.ts";

/** The places where a scheduler can run. */
interface Places {
  readonly node: Pick<SchedulerControl, keyof SchedulerControl>;
  readonly local: Pick<LocalScheduler, keyof LocalScheduler>;
  readonly pods: Pick<ManifestScheduler, keyof ManifestScheduler>;
  readonly identity: {
    readonly create: () => Promise<SchedulerCredential>;
    readonly remove: () => Promise<void>;
  };
}

/**
 * The scheduler of a cluster: a unit of the control plane, a process of this machine, or pods. One of them runs at a time. While
 * it is none of the control plane's units, the node's watchdog starts the shipped one at the limit of time.
 */
export class ContestantControl implements SchedulerSwitch {
  readonly #places: Places;
  #credential: SchedulerCredential | undefined;
  /** Scheduler that runs outside of the control plane's units. */
  #outside: Contestant | undefined;
  /** The one that was started last, whose log can still be read. Undefined after a pause. */
  #last: Contestant | undefined;

  constructor(places: Places) {
    this.#places = places;
  }

  async provide(contestant: Contestant): Promise<void> {
    const { node, identity } = this.#places;
    if (contestant.local !== undefined) this.#credential ??= await identity.create();
    for (const image of contestant.manifests?.images ?? []) await node.importImages(image);
    await node.provide(contestant);
  }

  async activate(contestant: Contestant): Promise<void> {
    const { node, local, pods } = this.#places;
    await this.#end();
    this.#last = contestant;
    if (contestant.local === undefined && contestant.manifests === undefined) return node.activate(contestant);
    await node.leave(contestant);
    this.#outside = contestant;
    if (contestant.manifests !== undefined) return pods.start(contestant.name, contestant.manifests);
    if (this.#credential === undefined) throw new Error(`${contestant.name} was not provided before its start`);
    if (contestant.local !== undefined) await local.start(contestant, contestant.local, this.#credential);
  }

  async pause(contestant: Contestant): Promise<void> {
    await this.#end();
    await this.#places.node.pause(contestant);
  }

  async restore(): Promise<void> {
    const { node, local, pods, identity } = this.#places;
    this.#outside = undefined;
    this.#credential = undefined;
    try {
      // Before the shipped scheduler, which would bind the same pods.
      await local.stop();
      await identity.remove();
      await pods.remove();
    } finally {
      await node.restore();
    }
  }

  async observe(when: ObservedAt, clock: () => number): Promise<Seen> {
    const { node, local, pods } = this.#places;
    if (this.#outside?.manifests !== undefined) {
      return node.observe(when, clock, await pods.observe(this.#outside.manifests));
    }
    if (this.#outside?.local === undefined) return node.observe(when, clock);
    const [seen, own] = await Promise.all([node.observe(when, clock), local.observe(when)]);
    const component = "kube-scheduler";
    const { metrics, usage } = own;
    return {
      scrapes: [...seen.scrapes, ...(metrics === undefined ? [] : [{ component, text: metrics } as const])],
      usage: seen.usage.map((sample) =>
        usage === undefined
          ? sample
          : {
              ...sample,
              cpuSeconds: { ...sample.cpuSeconds, [component]: usage.cpuSeconds },
              memoryPeak: { ...sample.memoryPeak, [component]: usage.memoryPeak },
            },
      ),
    };
  }

  async journal(): Promise<string> {
    const { node, local } = this.#places;
    if (this.#last?.local !== undefined) return local.log();
    return node.journal(this.#last?.manifests?.namespace);
  }

  get ran(): boolean {
    const { node, local, pods } = this.#places;
    if (this.#outside === undefined) return node.ran;
    // A watchdog that has started the shipped scheduler gives the cluster a second one.
    return !node.sawUnit && (this.#outside.local === undefined ? pods.ran : local.runs);
  }

  async #end(): Promise<void> {
    const { local, pods } = this.#places;
    const outside = this.#outside;
    this.#outside = undefined;
    this.#last = undefined;
    await local.stop();
    if (outside?.manifests !== undefined) await pods.stop(outside.manifests);
  }
}
