import type { PriorState } from "../../lifecycle/prior-state.ts";
import { desiredBy, type Desired } from "../../preflight/desired.ts";
import { deriveTopology } from "../../topology.ts";
import { configWith } from "./settings.ts";

/** Returns the libvirt objects that a valid configuration with some keys changed needs. */
export function desiredWith(raw: Record<string, string> = {}, prior?: PriorState): Desired {
  const config = configWith(raw);
  return desiredBy(config, deriveTopology(config), prior);
}
