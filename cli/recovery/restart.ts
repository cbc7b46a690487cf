import { virshFor, type Virsh } from "../../libvirt/virsh.ts";
import { wakeMachines, type Patience } from "./halted-machines.ts";
import { uriOf } from "./orphans.ts";
import { logLine, type Log } from "../../lib/log.ts";
import type { StackState, StateResource } from "../stack/state.ts";
import { restoreLinks, startNetworks, startPools } from "./stopped-networks.ts";

/** What a test replaces. */
export interface SetGoingOptions {
  /** @default the installed virsh */
  readonly connect?: (uri: string) => Virsh;
  /** @default {@link logLine} */
  readonly log?: Log;
  readonly patience?: Patience;
}

/**
 * Sets going of a stack that is about to be destroyed what could not be deleted otherwise: pools that were stopped, and
 * machines that neither run nor are paused or off. What cannot be set going is said; the rest is to go all the same.
 */
export async function setGoingToDelete(state: StackState, options: SetGoingOptions = {}): Promise<void> {
  const { connect = virshFor, log = logLine, patience } = options;
  for (const { virsh, ofKind } of await hypervisorsOf(state, connect, log)) {
    try {
      await startPools(virsh, ofKind("Pool"), log);
      await wakeMachines(virsh, ofKind("Domain"), log, patience, true);
    } catch (error) {
      log((error as Error).message);
    }
  }
}

/**
 * Sets going what the stack has and what stands still in a way that no resource shows, so that neither a comparison with
 * libvirt nor Pulumi would: pools and networks of its own that were stopped, machines that are paused, asleep or saved, and
 * the links of machines whose network was stopped. Touches nothing that the state does not have by its UUID.
 *
 * A hypervisor that cannot be asked is left to what follows, which needs it and shows why.
 * @throws when something cannot be set going, with what to do.
 */
export async function setGoing(state: StackState, options: SetGoingOptions = {}): Promise<void> {
  const { connect = virshFor, log = logLine, patience } = options;
  for (const { virsh, there, ofKind } of await hypervisorsOf(state, connect, log)) {
    // A machine that goes on needs its disks and its network.
    await startPools(virsh, ofKind("Pool"), log);
    await startNetworks(virsh, ofKind("Network"), log);
    await wakeMachines(virsh, ofKind("Domain"), log, patience);
    for (const network of ofKind("Network")) {
      const linked = there.filter((resource) => networkOf(resource) === network.name).flatMap(known);
      await restoreLinks(
        virsh,
        network,
        linked.map(({ uuid }) => uuid),
        log,
      );
    }
  }
}

/** A hypervisor that answers, and what the state has there. */
interface Hypervisor {
  readonly virsh: Virsh;
  readonly there: readonly StateResource[];
  readonly ofKind: (kind: string) => ReturnType<typeof known>;
}

/** The hypervisors that the state has anything on; one that cannot be asked is said and left out. */
async function hypervisorsOf(state: StackState, connect: (uri: string) => Virsh, log: Log): Promise<Hypervisor[]> {
  const made = state.resources.filter(({ type, id }) => type.startsWith("libvirt:") && id !== undefined);
  const found: Hypervisor[] = [];
  for (const uri of new Set(made.map((resource) => uriOf(state, resource)))) {
    if (uri === undefined) continue;
    const virsh = connect(uri);
    const there = made.filter((resource) => uriOf(state, resource) === uri);
    const ofKind = (kind: string) => there.filter(({ type }) => type.endsWith(`:${kind}`)).flatMap(known);
    try {
      await virsh("uri");
      found.push({ virsh, there, ofKind });
    } catch (error) {
      log(`nothing is set going on ${uri}: ${(error as Error).message.split("\n").at(-1)}`);
    }
  }
  return found;
}

function known({ id, outputs, inputs }: StateResource): { uuid: string; name: string }[] {
  const name = outputs?.name ?? inputs?.name;
  return id !== undefined && typeof name === "string" ? [{ uuid: id, name }] : [];
}

function networkOf({ outputs, inputs }: StateResource): unknown {
  const [link] = (outputs?.networkInterfaces ?? inputs?.networkInterfaces ?? []) as { networkName?: unknown }[];
  return link?.networkName;
}
