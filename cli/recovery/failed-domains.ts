import { lines, type Virsh } from "../../libvirt/virsh.ts";
import { domainMark } from "../../topology.ts";
import { undefineDomain, type Leftover } from "./orphans.ts";
import { clusterIdsOf, clusterOf, isKnown } from "./owner.ts";
import type { StackState } from "../stack/state.ts";
import { AnotherRunError } from "../stack/lock.ts";

/** Lists what is shut off with no memory kept on disk: what never started, and what ran and was shut off. */
const listShutOff = ["list", "--inactive", "--without-managed-save", "--uuid", "--name"];

/**
 * Removes domains of the cluster that libvirt defined and could not start, for want of memory perhaps. Their disks stay.
 *
 * The provider (0.8.3, resource_libvirt_domain.go) tells a domain's id only once it has started, so the engine takes such a
 * create for one that did nothing: neither the state nor the pending operations have the domain, and its name is taken.
 * Only what has the mark of this very cluster goes, with its random id, and is in no state and shut off.
 * @param connect virsh for a hypervisor's URI; asked for one list when there is nothing to do.
 * @param isAlone Asked before each removal: whether still nobody else works on the stack.
 * @yields each that was removed, and each hypervisor that could not be asked; the others are looked at all the same.
 * @throws {AnotherRunError} when somebody else began to work on the stack.
 */
export async function* removeUnstartedDomains(
  state: StackState,
  connect: (uri: string) => Virsh,
  isAlone: () => Promise<boolean>,
): AsyncGenerator<Leftover> {
  const cluster = clusterOf(state);
  const marks = clusterIdsOf(state).map((id) => `${domainMark(cluster, id)}, machine `);
  if (marks.length === 0) return;
  for (const uri of hypervisorsOf(state)) {
    const virsh = connect(uri);
    try {
      for (const line of lines(await virsh(...listShutOff))) {
        const [uuid = "", name = ""] = line.split(/\s+/);
        // By its name first: somebody's own machines, of which there may be many, are not asked about one by one.
        if (!name.startsWith(`${cluster}-`) || isKnown(state, uuid)) continue;
        const description = await virsh("desc", uuid);
        if (!marks.some((mark) => description.startsWith(mark))) continue;
        if (!(await isAlone())) throw new AnotherRunError();
        await undefineDomain(virsh, uuid);
        yield { what: `domain ${name}` };
      }
    } catch (error) {
      if (error instanceof AnotherRunError) throw error;
      // A hypervisor that is down stops nobody here: what follows needs it, and shows why.
      yield { what: `domains that never started on ${uri}`, left: (error as Error).message.split("\n").at(-1) ?? "" };
    }
  }
}

/** The hypervisors the state has anything on. */
function hypervisorsOf({ resources }: StackState): readonly string[] {
  const uris = resources.filter(({ type }) => type === "pulumi:providers:libvirt").map(({ inputs }) => inputs?.uri);
  return [...new Set(uris)].filter((uri) => typeof uri === "string");
}
