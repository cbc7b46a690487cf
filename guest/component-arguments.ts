import { componentUnits, type Component, type ComponentArguments } from "../config/components.ts";

/** Settings from which {@link argumentLines} makes the arguments of the units. */
export interface ComponentSettings {
  readonly controlPlaneArguments: ComponentArguments;
  readonly featureGates: Readonly<Record<string, boolean>>;
}

/**
 * Returns the further arguments of the control plane's units, as init-control-plane.sh reads them: the unit, a blank and one
 * quoted argument on each line. The order of the keys in the stack's configuration does not matter.
 */
export function argumentLines({ controlPlaneArguments, featureGates }: ComponentSettings): string {
  const gates = Object.entries(featureGates).map(([gate, isOn]) => `${gate}=${isOn}`);
  const components = Object.keys(componentUnits) as Component[];
  const lines = components.flatMap((component) => {
    const flags = Object.entries(controlPlaneArguments[component]).map(([flag, value]) => `--${flag}=${value}`);
    if (gates.length > 0 && component !== "etcd") flags.push(`--feature-gates=${gates.sort().join(",")}`);
    return flags.sort().map((argument) => `${componentUnits[component]} ${quotedForSystemd(argument)}`);
  });
  return lines.join("\n");
}

/** Quotes one argument for ExecStart, in which systemd replaces %, $ and backslashes (systemd.service(5), "Command lines"). */
function quotedForSystemd(argument: string): string {
  const escaped = argument.replace(/[\\"]/g, "\\$&").replaceAll("%", "%%").replaceAll("$", "$$$$");
  return `"${escaped}"`;
}
