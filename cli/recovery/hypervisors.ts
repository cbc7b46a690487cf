import type { Virsh } from "../../libvirt/virsh.ts";
import { resourceType } from "../../names.ts";
import type { StackState, StateResource } from "../stack/state.ts";

/** A libvirt object that a resource of the stack manages. */
export interface LibvirtObject {
  readonly uuid: string;
  readonly name: string;
}

/** Returns virsh for a hypervisor's URI. */
export type Connect = (uri: string) => Virsh;

/** URIs of the hypervisors that the state has a provider for, each once. */
export function hypervisorsOf({ resources }: StackState): readonly string[] {
  const uris = resources.filter(({ type }) => type === resourceType.libvirtProvider).map(({ inputs }) => inputs?.uri);
  return [...new Set(uris)].filter((uri) => typeof uri === "string");
}

/** URI of the hypervisor of a resource; undefined where the state does not have its provider. */
export function uriOf({ resources }: StackState, { provider }: StateResource): string | undefined {
  const urn = provider?.slice(0, provider.lastIndexOf("::"));
  const uri = resources.find((resource) => resource.urn === urn)?.inputs?.uri;
  return typeof uri === "string" ? uri : undefined;
}
