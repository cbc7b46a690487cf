import type { Lab } from "../lab.ts";

/**
 * Returns the differences between the state and libvirt: orphans, and objects that are missing.
 * @param cluster Name of the cluster, with which its domains begin.
 * @param pool Pool with no volumes of others.
 */
export async function orphans(lab: Lab, cluster: string, pool: string): Promise<string[]> {
  const { deployment } = JSON.parse(await lab.pulumi("stack", "export")) as {
    deployment: { resources?: { type: string; outputs?: { name?: string } }[]; pending_operations?: object[] };
  };
  const inState = (kind: string) =>
    (deployment.resources ?? [])
      .filter(({ type }) => type.startsWith("libvirt:") && type.endsWith(`:${kind}`))
      .flatMap(({ outputs }) => outputs?.name ?? []);
  const domains = (await lab.virsh("list", "--all", "--name")).filter((name) => name.startsWith(`${cluster}-`));
  // The pool is missing while the stack has no object.
  const volumes = await lab.virsh("vol-list", pool).catch(() => []);
  const names = volumes.map((line) => line.split(/\s+/)[0] ?? "");
  const pending = deployment.pending_operations ?? [];
  return [
    ...differences("domain", inState("Domain"), domains),
    ...differences("volume", inState("Volume"), names),
    ...(pending.length > 0 ? [`${pending.length} interrupted operations in the state`] : []),
  ];
}

function differences(kind: string, state: readonly string[], libvirt: readonly string[]): string[] {
  return [
    ...libvirt.filter((name) => !state.includes(name)).map((name) => `${kind} ${name} is an orphan`),
    ...state.filter((name) => !libvirt.includes(name)).map((name) => `${kind} ${name} is missing`),
  ];
}
