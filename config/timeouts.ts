import type { DomainType } from "../libvirt/virtualisation.ts";
import { longestMinutes, within } from "./nodes.ts";
import type { Problems } from "./problems.ts";
import type { Values } from "./values.ts";

/** Limits of the long steps, in minutes. */
export interface Timeouts {
  readonly boot: number;
  readonly init: number;
  readonly join: number;
  readonly ready: number;
  /** Minutes that a node without an answer has to finish a reboot. */
  readonly reboot: number;
}

/**
 * Limits when the stack sets none. In emulation (three nodes on two cores), a boot took 3.5 minutes, the control plane 4 and a
 * join 2. The limits are five times as long, because a loaded machine is easily three times slower.
 */
const defaults: Record<DomainType, Timeouts> = {
  kvm: { boot: 5, init: 5, join: 5, ready: 5, reboot: 1 },
  qemu: { boot: 20, init: 25, join: 20, ready: 20, reboot: 3 },
};

/** Limit of a drain in minutes when the stack sets none. */
export const defaultDrainMinutes: Record<DomainType, number> = { kvm: 5, qemu: 10 };

/** Reads and checks the limits; 0 means the default of the domain type. */
export function readTimeouts(values: Values, problems: Problems, domainType: DomainType): Timeouts {
  const { reboot } = defaults[domainType];
  const read = (step: Exclude<keyof Timeouts, "reboot">) => {
    const given = values.integer(`${step}TimeoutMinutes`);
    within(problems, `${step}TimeoutMinutes`, given, [0, longestMinutes]);
    return given || defaults[domainType][step];
  };
  return { boot: read("boot"), init: read("init"), join: read("join"), ready: read("ready"), reboot };
}
