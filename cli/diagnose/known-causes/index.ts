import { hypervisorCauses } from "./hypervisor.ts";
import { joinCauses } from "./join.ts";
import type { KnownCause } from "./known-cause.ts";
import { loginCauses } from "./login.ts";
import { machineCauses } from "./machine.ts";
import { nodeCauses } from "./node.ts";
import { podCauses } from "./pods.ts";
import { reachabilityCauses } from "./reachability.ts";
import { serviceCauses } from "./services.ts";
import { stackCauses } from "./stack.ts";

/** Every known cause, the most specific first: an earlier cause explains the later ones. */
export const knownCauses: readonly KnownCause[] = [
  ...stackCauses,
  ...hypervisorCauses,
  ...machineCauses,
  ...loginCauses,
  ...nodeCauses,
  ...joinCauses,
  ...serviceCauses,
  ...podCauses,
  ...reachabilityCauses,
];
