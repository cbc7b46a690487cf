import pMap from "p-map";
import { listDomains } from "../../libvirt/inventory.ts";
import type { Virsh } from "../../libvirt/virsh.ts";
import { childrenOf, rootOf, textOf } from "../../libvirt/xml.ts";
import { domainDescription, domainMark } from "../../names.ts";

/** A domain whose description has the mark of a cluster. */
export interface MarkedDomain {
  readonly uuid: string;
  readonly cluster: string;
  /** Random id of the cluster. */
  readonly clusterId: string;
  readonly isRunning: boolean;
  readonly memoryMiB: number;
}

/** Five calls of virsh at a time, because each is a login over ssh, and sshd refuses more than ten at once. */
const concurrency = 5;

/** Description of a domain, with its cluster's name and id as groups. */
const marked = new RegExp(`^${domainDescription(domainMark("([a-z0-9-]+)", "([0-9a-f-]+)"), "")}`);

/** Lists the domains of every cluster on a hypervisor, also those of other checkouts. @throws when virsh fails. */
export async function markedDomains(virsh: Virsh): Promise<readonly MarkedDomain[]> {
  const [all, running] = await Promise.all([listDomains(virsh, "--all"), listDomains(virsh, "--state-running")]);
  const active = new Set(running.map(({ uuid }) => uuid));
  const read = async ({ uuid }: { readonly uuid: string }) => {
    // A domain may be deleted between the two calls.
    const xml = await virsh("dumpxml", uuid).catch(() => undefined);
    return xml === undefined ? undefined : readMarked(xml, uuid, active.has(uuid));
  };
  return (await pMap(all, read, { concurrency })).filter((domain) => domain !== undefined);
}

function readMarked(xml: string, uuid: string, isRunning: boolean): MarkedDomain | undefined {
  const root = rootOf(xml);
  const [, cluster, clusterId] = marked.exec(textOf(childrenOf(root, "description")[0]) ?? "") ?? [];
  if (cluster === undefined || clusterId === undefined) return undefined;

  // libvirt prints KiB for every unit of the definition (formatdomain.html, "Memory Allocation").
  const kibibytes = Number(textOf(childrenOf(root, "memory")[0]) ?? 0);
  return { uuid, cluster, clusterId, isRunning, memoryMiB: Math.round(kibibytes / 1024) };
}
