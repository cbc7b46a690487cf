import { readFileSync } from "node:fs";
import { startStopped } from "../../cli/recovery/restart.ts";
import { refreshFromLibvirt } from "../../cli/stack/refresh.ts";
import { sha256, shortDigest } from "../../lib/digest.ts";
import { writeImage } from "./material.ts";
import { label } from "./names.ts";
import { recovered } from "./recovering.ts";
import { callProblems, touchedBy } from "./soak-calls.ts";
import { SoakHands } from "./soak-hands.ts";
import type { Model } from "./soak-model.ts";
import { objectProblems } from "./soak-objects.ts";
import type { Operation, SoakTarget } from "./soak-operations.ts";
import { outageProblems, serviceAfter } from "./soak-service.ts";
import { firstDesired, images, pools, settingsOf, workersOf, type Image } from "./soak-settings.ts";
import { plan, type Stop } from "./soak-stops.ts";
import { orphanProblems, stateProblems } from "./soak-world.ts";
import { TestStack } from "./stack.ts";

/** The cluster of a soak on the real engine. Each operation also checks it against the model. */
export class SoakCluster implements SoakTarget, AsyncDisposable {
  readonly stack: TestStack;
  readonly performed: Operation[] = [];
  readonly hands: SoakHands;
  readonly #paths: Readonly<Record<Image, string>>;
  readonly #digests: ReadonlyMap<string, Image>;
  readonly #restore: () => Promise<void>;

  private constructor(stack: TestStack, paths: Readonly<Record<Image, string>>, restore: () => Promise<void>) {
    this.stack = stack;
    this.#paths = paths;
    this.#digests = new Map(images.map((image) => [shortDigest(sha256(readFileSync(paths[image]))), image]));
    this.#restore = restore;
    this.hands = new SoakHands(stack, this.#digests);
  }

  /** Creates a stack with the first cluster. */
  static async create(): Promise<SoakCluster> {
    const stack = await TestStack.create();
    try {
      const written = images.map(async (image) => [image, await writeImage(stack.folder, `${image}.qcow2`, image)]);
      const paths = Object.fromEntries(await Promise.all(written)) as Record<Image, string>;
      // The health check asks a machine that is off for its ports. No connection reaches a multicast address, so that fails at
      // once. An address of the hypervisor's network would take seconds.
      for (const [index, name] of pools.flatMap((pool) => workersOf(pool)).entries()) {
        stack.guests.chooseAddress(`lab-${name}`, `239.0.0.${index + 1}`);
      }
      const { succeeded, text } = await stack.up(settingsOf(firstDesired, paths));
      if (!succeeded) throw new Error(text);
      return new SoakCluster(stack, paths, await stack.remember());
    } catch (error) {
      await stack[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Goes back to the first cluster. */
  async reset(): Promise<void> {
    this.performed.length = 0;
    await this.#restore();
  }

  check(model: Model): void {
    refuse(objectProblems(this.stack, model, this.#digests), "libvirt or Kubernetes differs from the model");
  }

  /**
   * Recovers, refreshes and updates the stack, as `npm run up` does.
   * @param stop Ends the update before its end.
   * @throws when the cluster is not as the model says.
   */
  async run(model: Model, stop?: Stop): Promise<void> {
    await this.recover(model);
    const outcome = await this.#update(model, stop);
    if (outcome !== "failed as expected") return;
    await this.recover(model);
    await this.#update(model);
  }

  /** Recovers and refreshes the stack where it may need that. A cluster without a damage costs this time only. */
  async recover(model: Model): Promise<void> {
    if (!model.needsRecovery) return;
    this.#showPower();
    const { state, recovery } = await recovered(this.stack);
    const { log, printed } = recovery;
    const failures: string[] = [];
    const virsh = (...args: readonly string[]) => this.stack.virsh(...args);
    await startStopped(state, { connect: () => virsh, log: (line) => log.push(line) });
    await refreshFromLibvirt(this.stack.session(printed), { state, log: (line) => failures.push(line) });
    // Everything in this world is the cluster's own. The data disk is kept on purpose.
    const kept = log.filter((line) => line.startsWith("kept") && !line.includes("lab-master-data"));
    refuse(
      [...failures, ...kept, ...(model.isUnfinished ? await orphanProblems(this.stack) : [])],
      [...log, ...printed].join("\n"),
    );
  }

  /** Updates the stack, and checks that nothing changes. */
  async expectNothingToDo(): Promise<void> {
    const { succeeded, text, calls } = await this.stack.up();
    refuse(succeeded ? calls.list.map((call) => `an unchanged up did: ${call}`) : ["an unchanged up failed"], text);
  }

  /** Removes the data disk, expects that a run is refused before it changes anything, and puts the disk back. */
  async loseData(model: Model): Promise<void> {
    await this.recover(model);
    const disk = this.stack.world.ofKind("Volume").find(({ urn }) => label(urn) === "Volume master-data");
    if (disk === undefined) throw new Error("there is no data disk");
    this.stack.world.drop(disk);
    await refreshFromLibvirt(this.stack.session(), { log: () => undefined });
    const { succeeded, text, calls } = await this.stack.up(settingsOf(model.desired, this.#paths));
    this.stack.world.add(disk, false);
    const isRefused = !succeeded && text.includes("is missing, volume lab-master-data");
    refuse([...(isRefused ? [] : ["a run without the data disk was not refused"]), ...calls.list], text);
    model.forgetData();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stack[Symbol.asyncDispose]();
  }

  /** Lets libvirt show which machines are off. A run that ended early may have shut some down, too. */
  #showPower(): void {
    for (const domain of this.stack.world.ofKind("Domain")) {
      if (this.stack.guests.isRunning(domain.id)) continue;
      const [lan] = domain.properties.networkInterfaces as [object];
      domain.properties = { ...domain.properties, running: false, networkInterfaces: [{ ...lan, addresses: [] }] };
    }
  }

  async #update(model: Model, stop?: Stop): Promise<"as expected" | "failed as expected"> {
    const wasSettled = model.isSettled;
    const mayFail = model.mayFailOnce;
    const stopped = stop === undefined ? undefined : plan(this.stack, stop);
    const outcome = await this.stack.up(settingsOf(model.desired, this.#paths));
    this.stack.world.calm();
    const { text, calls } = outcome;
    const hasStopped = stopped?.() ?? false;
    // Pulumi ends with exit code 0 where it was interrupted between two deletions, and leaves the others to the next run.
    const succeeded = outcome.succeeded && !(hasStopped && stop?.how === "interrupt");
    const problems = [...callProblems(model, { ...outcome, succeeded }), ...outageProblems(model, calls)];
    if (wasSettled) problems.push(...calls.list.map((call) => `nothing was to be done, and the run did: ${call}`));
    if (!succeeded && !hasStopped && !mayFail) problems.push("the run failed");
    if (succeeded) {
      model.complete();
      problems.push(...objectProblems(this.stack, model, this.#digests));
      problems.push(...(await stateProblems(this.stack, model.desired, this.#digests)));
    } else {
      const isKilled = stop !== undefined && stop.how.startsWith("kill");
      const { nodes } = model;
      model.stop(touchedBy(calls), (name) => serviceAfter(calls, name, nodes.get(name), isKilled));
      problems.push(...objectProblems(this.stack, model, this.#digests));
    }
    refuse(problems, text);
    return succeeded || hasStopped ? "as expected" : "failed as expected";
  }
}

/** @throws when there are problems. @param details Output of the command that showed them. */
function refuse(problems: readonly string[], details: string): void {
  if (problems.length > 0) throw new Error([...problems, "", details].join("\n"));
}
