import { listDomains } from "../../libvirt/inventory.ts";
import type { Virsh } from "../../libvirt/virsh.ts";
import { resourceName } from "../../names.ts";
import type { Connect } from "./hypervisors.ts";
import type { Candidate } from "./candidate.ts";
import { removeOrphans, shutOffDomains, type Orphan } from "./orphans.ts";
import { clusterIdsOf, hasDomainMark, isInState } from "./owner.ts";
import { clusterOf, hypervisorsOf, type StackState } from "../stack/state.ts";
import { AnotherRunError } from "../stack/lock.ts";
import { hasOnlyDisksInState, hasStep } from "./root-disks.ts";

/**
 * Removes domains of the cluster whose creation failed after libvirt had defined them. libvirt could not start them, for example
 * because memory was short, or its answer was lost, for example because libvirtd restarted. Their root disks go with them.
 *
 * The provider (0.8.3, resource_libvirt_domain.go) sets a domain's id only once it has started. To the engine such a creation
 * did nothing: neither the state nor the pending operations have the domain, and its name is taken. Its mark in libvirt is
 * the only record of it.
 * @param connect Returns virsh for a hypervisor's URI. Called for one list where no such domain exists.
 * @param isAlone Asked before each removal: whether no other run works on the stack.
 * @yields each removed domain, and each hypervisor that failed. Continues with the other hypervisors.
 * @throws {AnotherRunError} when another run began to work on the stack.
 */
export async function* removeFailedDomains(
  state: StackState,
  connect: Connect,
  isAlone: () => Promise<boolean>,
): AsyncGenerator<Orphan> {
  if (clusterIdsOf(state).length === 0) return;
  for (const uri of hypervisorsOf(state)) {
    try {
      yield* removeOrphans(state, failedDomains(state, connect(uri)), isAlone);
    } catch (error) {
      if (error instanceof AnotherRunError) throw error;
      // The marks stay in libvirt, so the next run finds these domains again. Later steps that need the hypervisor fail with
      // the reason.
      yield {
        what: `domains whose creation failed on ${uri}`,
        kept: (error as Error).message.split("\n").at(-1) ?? "",
      };
    }
  }
}

async function* failedDomains(state: StackState, virsh: Virsh): AsyncGenerator<Candidate> {
  for (const { uuid, name } of await listDomains(virsh, "--all")) {
    // The name first, because it needs no call of virsh: a hypervisor may have many domains of other users.
    if (!name.startsWith(resourceName(clusterOf(state), "")) || isInState(state, uuid)) continue;
    const description = await virsh("desc", uuid);
    if (!hasDomainMark(state, description)) continue;
    const isShutOff = (await shutOffDomains(virsh)).some((domain) => domain.uuid === uuid);
    const isUnrecorded = !isShutOff && !hasStep(state, uuid) && (await hasOnlyDisksInState(state, virsh, uuid));
    if (isShutOff || isUnrecorded) {
      yield { kind: "domain", name, virsh, uuid, description, isShutOff, isUnrecorded };
    }
  }
}
