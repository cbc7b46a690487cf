import type { Virsh } from "../../libvirt/virsh.ts";

/** A libvirt object that a resource of the stack manages. */
export interface LibvirtObject {
  readonly uuid: string;
  readonly name: string;
}

/** Returns virsh for a hypervisor's URI. */
export type Connect = (uri: string) => Virsh;
