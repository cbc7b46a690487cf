import type { DomainType } from "../libvirt/virtualisation.ts";
import { mostWorkers, within } from "./nodes.ts";
import type { Problems } from "./problems.ts";
import type { Values } from "./values.ts";

/**
 * Number of workers that join at the same time when the stack sets none. With `npm run bench:joins` and 1,000 nodes, 200 was the
 * fastest wave that the API server accepted without a refusal. Emulated machines share the processors, so more at a time gain
 * nothing.
 */
export const defaultJoinWaveSize: Record<DomainType, number> = { kvm: 200, qemu: 20 };

/** Reads and checks the number; 0 means the default of the domain type. */
export function readJoinWaveSize(values: Values, problems: Problems, domainType: DomainType): number {
  const given = values.integer("joinWaveSize");
  within(problems, "joinWaveSize", given, [0, mostWorkers]);
  return given || defaultJoinWaveSize[domainType];
}
