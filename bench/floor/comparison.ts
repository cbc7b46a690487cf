import { columns } from "../../lib/table.ts";
import type { Ends } from "./bring-ups.ts";

/** Seconds of a part of the longest chain, in `up` and in the floor. A part that a bring-up does not have takes 0. */
export interface Part {
  readonly part: string;
  readonly up: number;
  readonly floor: number;
}

/** Largest accepted ratio of `up` to the floor. */
const floorGoal = 1.1;

/** Largest accepted ratio of `up` to the order by hand. */
const manualGoal = 0.6;

/** Reads the seconds that each resource took from the output of `up`, by the resource's name and type. */
export function durationsOf(output: string): ReadonlyMap<string, number> {
  const created = /\s(\S+:\S+:(\w+)) (\S+) created \((\d+(?:\.\d+)?)s\)/g;
  return new Map(
    [...output.matchAll(created)].map(([, , type, name, seconds]) => [`${type} ${name}`, Number(seconds)]),
  );
}

/**
 * Compares the parts of the longest chain. The part `rest` has everything else of `up`, such as its plan.
 * @param stack Name of the stack, with which the names of its resources begin.
 * @param total Seconds of the whole `up`.
 */
export function partsOf(stack: string, output: string, total: number, floor: Ends): readonly Part[] {
  const durations = durationsOf(output);
  const up = (type: string, name: string) => durations.get(`${type} ${stack}${name}`) ?? 0;
  const slowest = (suffix: string) =>
    Math.max(
      0,
      ...[...durations].filter(([key]) => key.endsWith(suffix) && key.includes("worker")).map(([, at]) => at),
    );
  const last = (phase: string) =>
    Math.max(0, ...Object.entries(floor).flatMap(([key, at]) => (key.split(" ")[0] === phase ? [at] : [])));
  const boot = floor["boot master"] ?? 0;
  const [init, token, join] = [last("init"), last("token"), last("join")];
  const nodesReady = slowest("-ready") + up("Command", "-ready");
  const parts = [
    part("boot of the control plane", up("Domain", "-master") + up("Command", "-master-host-key"), boot),
    part("initialization", up("Command", "-master-init"), init - boot),
    part("tokens", slowest("-token"), token - init),
    part("joins", slowest("-join"), join - token),
    // They begin with the end of the joins, and run side by side.
    part(
      "nodes Ready, CoreDNS and smoke check",
      Math.max(nodesReady, up("Deployment", "-addons-coredns"), up("DaemonSet", "-addons-smoke")),
      Math.max(0, ...Object.values(floor)) - join,
    ),
  ];
  return [...parts, part("rest", total - parts.reduce((sum, { up }) => sum + up, 0), 0)];
}

function part(name: string, up: number, floor: number): Part {
  return { part: name, up: Math.round(up), floor: Math.round(floor) };
}

/** Totals of a number of workers in seconds. */
export interface Totals {
  readonly workers: number;
  readonly up: number;
  readonly floor: number;
  readonly manual: number;
}

/** Returns the tables of one number of workers: where the time goes, and the ratios with their goals. */
export function report(totals: Totals, parts: readonly Part[]): string {
  const { workers, up, floor, manual } = totals;
  const rows = parts.map(({ part, up, floor }) => [part, String(up), String(floor), String(up - floor)]);
  const verdict = (ratio: number, goal: number) =>
    `${ratio.toFixed(2)} (goal: at most ${goal.toFixed(2)}, ${ratio <= goal ? "met" : "missed"})`;
  return [
    `1 control plane, ${workers} workers; seconds`,
    columns([["part", "up", "floor", "difference"], ...rows, ["total", String(up), String(floor), String(up - floor)]]),
    `up / floor: ${verdict(up / floor, floorGoal)}`,
    `up / order by hand (${manual} s): ${verdict(up / manual, manualGoal)}`,
  ].join("\n");
}
