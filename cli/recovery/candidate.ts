import type { Virsh } from "../../libvirt/virsh.ts";

/** A libvirt object that exists and may be an orphan, with the facts that decide it. */
export type Candidate = DomainCandidate | VolumeCandidate | NetworkCandidate | PoolCandidate;

interface Named {
  readonly name: string;
  /** virsh of its hypervisor. */
  readonly virsh: Virsh;
  /** Why it is removed. @default the reason of the source */
  readonly why?: string;
}

/** A domain that the state does not have. */
export interface DomainCandidate extends Named {
  readonly kind: "domain";
  readonly uuid: string;
  readonly description: string;
  /** Description that the interrupted creation gave; undefined where no creation was recorded. */
  readonly recordedDescription?: unknown;
  /** Whether it is shut off and has no saved memory; undefined where the source does not know. */
  readonly isShutOff?: boolean;
  /** Whether the state has every disk of it and no step of its machine. @default false */
  readonly isUnrecorded?: boolean;
}

/** A volume whose creation was interrupted, or whose upload failed. */
export interface VolumeCandidate extends Named {
  readonly kind: "volume";
  readonly pool: string;
  /**
   * Why the volume can be this stack's: the state has its key, or the creation of a resource of this name was interrupted.
   */
  readonly from: { readonly key: string } | { readonly resource: string };
  /** Whether it was to be blank: neither a copy of a file nor an overlay. */
  readonly isBlank: boolean;
}

/** A network that the state does not have. */
export interface NetworkCandidate extends Named {
  readonly kind: "network";
  readonly definition: string;
}

/** A storage pool that the state does not have. */
export interface PoolCandidate extends Named {
  readonly kind: "storage pool";
  readonly path: string | undefined;
  /** Path that the interrupted creation gave. */
  readonly recordedPath: unknown;
}
