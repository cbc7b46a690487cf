import { expect } from "vitest";
import { preview } from "../../cli/preview.ts";
import { recover } from "../../cli/recovery/recover.ts";
import { cluster } from "./names.ts";
import type { TestStack } from "./stack.ts";
import type { Call, Moment } from "./world.ts";

/** Recovers the stack as the commands do; returns the state, and all that the recovery did. */
export async function recovered(stack: TestStack) {
  const log: string[] = [];
  const printed: string[] = [];
  const calls: string[] = [];
  const { hold, state } = await recover(stack.session(printed), {
    connect:
      () =>
      (...args) => {
        calls.push(args.join(" "));
        return stack.virsh(...args);
      },
    log: (line) => log.push(line),
  });
  // A command would hold the stack until its process ends.
  hold.release();
  return { state, recovery: { log, printed, calls } };
}

/** Recovers the stack as the commands do; returns its log, the output of Pulumi, and the calls of virsh. */
export async function recoveryOf(stack: TestStack) {
  return (await recovered(stack)).recovery;
}

/** Previews as the command does, without the program; returns its log and the commands of Pulumi that it ran. */
export async function previewOf(stack: TestStack, ...rest: string[]) {
  const log: string[] = [];
  const ran: string[] = [];
  const session = stack.session();
  const capture = (args: readonly string[]) => {
    ran.push(args.slice(0, 2).join(" ").replace(/ --.*/, ""));
    return session.capture(args);
  };
  const pulumi = (args: readonly string[]) => {
    ran.push(args.join(" "));
    return Promise.resolve(0);
  };
  const code = await preview({ ...session, capture, pulumi }, rest, (line) => log.push(line));
  return { code, log, ran };
}

/** Kills an `up` after libvirt created an object and before the state records the object. */
export async function killAfter(stack: TestStack, pattern: RegExp): Promise<void> {
  stack.world.on("after", pattern, () => stack.cli.kill());
  expect((await stack.up()).succeeded).toBe(false);
  stack.world.calm();
}

/**
 * Kills `up` at one creation of a cluster of one worker after the other, and recovers the stack after each kill. Then completes
 * the cluster.
 *
 * libvirt has created an object before the kill. Other creations are interrupted in turn before and after their effect.
 * @param points `every`: one creation in each run, until every creation was interrupted. `sample`: all creations that run at
 * the same time, until every creation in libvirt and one creation of every other kind of resource was interrupted.
 * @throws when a recovery or the last `up` fails, when an object exists twice, or when a recovery leaves an orphan.
 */
export async function interruptCreations(stack: TestStack, points: "every" | "sample"): Promise<void> {
  const interrupted = new Set<string>();
  const removed: string[] = [];
  for (let run = 0; ; run++) {
    const isDone = (resource: string) =>
      interrupted.has(resource) ||
      (points === "sample" && !isOfLibvirt(resource) && kindsOf(interrupted).has(kindOf(resource)));
    const others = run % 2 === 0 ? "after" : "before";
    const killed = planKill(stack, { together: points === "sample", others, isDone });
    const { succeeded, text } = await stack.up({ workers: 1 });
    stack.world.calm();
    if (killed.size === 0) {
      expect(succeeded, text).toBe(true);
      break;
    }
    killed.forEach((resource) => interrupted.add(resource));
    const { log, printed } = await recoveryOf(stack);
    expect(log[0], printed.join("\n")).toBe("the last run on stack lab was killed; recovering it");
    removed.push(...log.flatMap((line) => /^removed (.*): its creation/.exec(line)?.[1] ?? []));
    const state = await stack.export();
    expect(state.deployment.pending_operations, printed.join("\n")).toBeUndefined();
    expect(stack.driftFrom(state).filter((line) => line.includes("libvirt:"))).toEqual([]);
  }
  const all = cluster(1);
  if (points === "every") expect([...interrupted].sort()).toEqual(all);
  expect([...interrupted].filter(isOfLibvirt).sort()).toEqual(all.filter(isOfLibvirt));
  expect(kindsOf(interrupted)).toEqual(kindsOf(all));
  expect(await stack.drift()).toEqual([]);
  const names = removed.map((what) => what.replace(/(-[0-9a-f]{8,12})+(?=$|\.)/, "")).sort();
  // A kill also interrupts creations beside the planned ones, so an object can be removed in several runs.
  expect([...new Set(names)]).toEqual([
    "domain lab-master",
    "domain lab-worker-node-1",
    "network scheduler_benchmark_net",
    "storage pool nodeforge-lab",
    "volume lab-base.qcow2",
    "volume lab-master-data.qcow2",
    "volume lab-master-root",
    "volume lab-master-seed.iso",
    "volume lab-worker-node-1-root",
    "volume lab-worker-node-1-seed.iso",
  ]);
  expect((await recoveryOf(stack)).log).toEqual([]);
  expect((await stack.preview()).steps).toEqual([]);
}

const kindOf = (resource: string) => resource.split(" ")[0] ?? "";
const kindsOf = (resources: Iterable<string>) => new Set([...resources].map(kindOf));
const isOfLibvirt = (resource: string) => ["Pool", "Network", "Volume", "Domain"].includes(kindOf(resource));

interface Kill {
  /** Whether the kill waits until all creations that run at the same time have begun. */
  readonly together: boolean;
  /** Moment at which creations outside of libvirt are interrupted. */
  readonly others: Moment;
  /** Whether a creation is not interrupted (any more). */
  readonly isDone: (resource: string) => boolean;
}

/** Plans a kill of the next `up`. Returns the names of the creations that it interrupts; they are known after that `up`. */
function planKill(stack: TestStack, { together, others, isDone }: Kill): ReadonlySet<string> {
  // Creations of one run that do not depend on each other begin within this time. A later one is interrupted in a later run.
  const quiet = 200;
  const killed = new Set<string>();
  const { promise: death, resolve: die } = Promise.withResolvers<void>();
  let isDead = false;
  let timer: NodeJS.Timeout | undefined;
  const killSoon = () => {
    if (isDead) return;
    clearTimeout(timer);
    timer = setTimeout(
      () => {
        isDead = true;
        stack.cli.kill();
        die();
      },
      together ? quiet : 0,
    );
  };
  const interrupt = (moment: Moment) => async (call: Call) => {
    if (killed.size > 0 && moment === "before") killSoon();
    if (isDone(call.resource) || moment !== (isOfLibvirt(call.resource) ? "after" : others)) return;
    if (killed.size === 0 || together) {
      killed.add(call.resource);
      killSoon();
    }
    await death;
    if (moment === "before") throw new Error("killed");
  };
  stack.world.on("before", /^create/, interrupt("before"));
  stack.world.on("after", /^create/, interrupt("after"));
  return killed;
}
