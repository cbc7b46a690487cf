import { isDataDisk, imageOfBaseVolume, resourceType, suffix } from "../../names.ts";
import { drains, type NodeChange } from "./node-change.ts";
import type { Plan, Planned } from "./planned.ts";
import type { Unknown } from "./unknown.ts";

/** A volume that a plan deletes. */
export interface LostVolume {
  /** Name in its storage pool. */
  readonly volume: string;
  readonly what: "root disk" | "seed disk" | "control plane's data" | "base image" | "volume";
}

/** Nodes that are drained, and volumes that are deleted. */
export interface PlanLosses {
  readonly drained: readonly string[];
  readonly volumes: readonly LostVolume[] | Unknown;
}

/** Returns what a plan drains and deletes. A volume that is replaced is deleted. */
export function lossesOf({ resources }: Plan, changes: readonly NodeChange[]): PlanLosses {
  const volumes = resources.filter(
    ({ type, operation }) => type === resourceType.volume && ["delete", "replace"].includes(operation),
  );
  return {
    drained: drainedBy(changes),
    volumes: volumes.map((volume) => ({ volume: nameOf(volume), what: kindOf(volume) })),
  };
}

/** Names of the workers that changes drain. */
export function drainedBy(changes: readonly NodeChange[]): readonly string[] {
  return changes.filter(drains).map(({ node }) => node);
}

function nameOf({ name, before }: Planned): string {
  return typeof before.name === "string" ? before.name : name;
}

function kindOf({ urn, name, before }: Planned): LostVolume["what"] {
  if (isDataDisk(urn)) return "control plane's data";
  if (name.endsWith(suffix.root)) return "root disk";
  if (name.includes(`${suffix.seed}-`)) return "seed disk";
  return imageOfBaseVolume(String(before.name)) === undefined ? "volume" : "base image";
}
