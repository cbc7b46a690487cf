/** Condition of a box, from the worst that is known of its machines and Nodes to no question at all. */
export type Condition = "missing" | "off" | "not-ready" | "ready" | "unknown" | "thing";

/** Colours of a box, each as a fill, a border and a text that a reader can tell apart. */
export interface Colours {
  readonly fill: string;
  readonly stroke: string;
  readonly text: string;
}

/** Look of a condition. */
export interface Look {
  /** Words of the legend. */
  readonly meaning: string;
  readonly light: Colours;
  readonly dark: Colours;
}

/** Look of each condition, the worst first. The text of a box names its state as well, so no reader depends on colours. */
export const looks: Readonly<Record<Condition, Look>> = {
  missing: {
    meaning: "machine missing",
    light: { fill: "#fbd5cc", stroke: "#b3261e", text: "#4a0f0b" },
    dark: { fill: "#4a1410", stroke: "#ff8a80", text: "#ffe4e0" },
  },
  off: {
    meaning: "machine not running",
    light: { fill: "#d3e5f5", stroke: "#0b5a94", text: "#062b48" },
    dark: { fill: "#0c2f4a", stroke: "#6cb8f0", text: "#e0f1ff" },
  },
  "not-ready": {
    meaning: "node not Ready",
    light: { fill: "#fdeab8", stroke: "#8a6100", text: "#3f2c00" },
    dark: { fill: "#443200", stroke: "#f2c14e", text: "#fff2cf" },
  },
  ready: {
    meaning: "node Ready",
    light: { fill: "#cfeedd", stroke: "#0b6b43", text: "#05331f" },
    dark: { fill: "#0c3a27", stroke: "#5fd09c", text: "#dcf8ea" },
  },
  unknown: {
    meaning: "not known or not asked",
    light: { fill: "#e4e4e4", stroke: "#5c5c5c", text: "#262626" },
    dark: { fill: "#383838", stroke: "#a8a8a8", text: "#efefef" },
  },
  thing: {
    meaning: "hypervisor, network, storage",
    light: { fill: "#ffffff", stroke: "#4d4d4d", text: "#1a1a1a" },
    dark: { fill: "#1e1e1e", stroke: "#b5b5b5", text: "#f0f0f0" },
  },
};

const order = Object.keys(looks) as readonly Condition[];

/** Returns the worst of conditions; "unknown" without any. A condition that is not known is worse than one in order. */
export function worst(conditions: readonly Condition[]): Condition {
  const ranked: readonly Condition[] = ["missing", "off", "not-ready", "unknown", "ready"];
  return ranked.find((condition) => conditions.includes(condition)) ?? "unknown";
}

/** Returns the conditions that boxes have, in the order of {@link looks}. */
export function conditionsIn(conditions: readonly Condition[]): readonly Condition[] {
  return order.filter((condition) => conditions.includes(condition));
}
