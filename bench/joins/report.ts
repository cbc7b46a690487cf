import { columns } from "../../lib/table.ts";
import type { TaskResult } from "./clients.ts";

/** Programs of the control plane whose CPU time a bring-up counts. */
export const programs = ["kube-apiserver", "etcd", "kube-controller-manager", "kube-scheduler"] as const;

/** CPU seconds of each program. */
export type CpuSeconds = Readonly<Record<(typeof programs)[number], number>>;

/** A measured bring-up. */
export interface Measurement extends TaskResult {
  readonly waveSize: number;
  readonly cpu: CpuSeconds;
}

/** Parses the output of `ps -o comm=,cputimes=`. A name has at most 15 characters there (proc(5), comm). */
export function parseCpu(text: string): CpuSeconds {
  const rows = text.split("\n").map((line) => line.trim().split(/\s+/));
  const secondsOf = (program: string) =>
    rows.reduce((sum, [name, seconds]) => sum + (name === program.slice(0, 15) ? Number(seconds) : 0), 0);
  return Object.fromEntries(programs.map((program) => [program, secondsOf(program)])) as CpuSeconds;
}

/** Seconds from the first join's begin to the last node's Ready. */
export function wallOf({ joins }: Measurement): number {
  return Math.max(0, ...joins.map(({ ended }) => ended));
}

/**
 * Returns the wave size of the fastest bring-ups without a failed join, by the median of their seconds. A smaller size wins when
 * it is at most 3 % slower, because fewer joins at a time are easier to follow.
 */
export function fastest(measurements: readonly Measurement[]): number | undefined {
  const sizes = [...new Set(measurements.map(({ waveSize }) => waveSize))].sort((one, other) => one - other);
  const seconds = sizes.flatMap((size) => {
    const own = measurements.filter(({ waveSize }) => waveSize === size);
    return own.some(({ errors }) => errors.length > 0) ? [] : [[size, median(own.map(wallOf))] as const];
  });
  const least = Math.min(...seconds.map(([, at]) => at));
  return seconds.find(([, at]) => at <= least * 1.03)?.[0];
}

/** Lays measurements out for a terminal, in the order in which they ran. */
export function print(measurements: readonly Measurement[]): string {
  const head = [
    "wave",
    "seconds",
    "joins/s",
    "median",
    "slowest",
    "failed",
    "repeated",
    ...programs.map((name) => `${name} CPU s`),
  ];
  const rows = measurements.map((measurement) => {
    const { waveSize, joins, errors, repeated, cpu } = measurement;
    const wall = wallOf(measurement);
    const each = joins.map(({ began, ended }) => ended - began);
    return [
      String(waveSize),
      wall.toFixed(1),
      (joins.length / wall).toFixed(1),
      median(each).toFixed(2),
      Math.max(0, ...each).toFixed(2),
      String(errors.length),
      String(repeated),
      ...programs.map((program) => String(cpu[program])),
    ];
  });
  const errors = [...new Set(measurements.flatMap((measurement) => measurement.errors))].slice(0, 3);
  const best = fastest(measurements);
  return [
    columns([head, ...rows]),
    ...errors.map((error) => `error: ${error}`),
    best === undefined ? "every wave size had failed joins" : `fastest wave size: ${best}`,
  ].join("\n");
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((one, other) => one - other);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? 0) + (sorted[Math.floor(middle)] ?? 0)) / 2;
}
