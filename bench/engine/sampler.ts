import { readdirSync, readFileSync } from "node:fs";
import { family, parsePeakMemory, parseStat, type ProcessStat } from "./proc.ts";

/** Time between two samples in milliseconds. One sample takes about 5 ms. */
const interval = 250;

/** Costs of a part of a command. */
export interface Cost {
  /** CPU seconds, user and system. */
  readonly cpu: number;
  /** Largest sum of the peak resident memory of processes that run at the same time, in bytes. */
  readonly memory: number;
}

/** Last sample of a process. */
interface Sample extends ProcessStat {
  /** Largest resident memory in bytes. */
  readonly memory: number;
  readonly isProgram: boolean;
}

/**
 * Samples the processes below a command, and tells the program's costs from the CLI's. The program is the Node process that
 * runs index.ts, with its own children.
 */
export class Sampler {
  readonly #pid: number;
  readonly #seen = new Map<number, Sample>();
  readonly #memory = { cli: 0, program: 0 };
  readonly #timer: NodeJS.Timeout;

  constructor(pid: number) {
    this.#pid = pid;
    this.#timer = setInterval(() => this.#sample(), interval);
  }

  /** Ends the sampling. @returns the costs of the CLI and of the program, to the last sample. */
  end(): { readonly cli: Cost; readonly program: Cost } {
    clearInterval(this.#timer);
    const samples = [...this.#seen.values()];
    const cpu = (isProgram: boolean) =>
      samples.filter((sample) => sample.isProgram === isProgram).reduce((total, { own }) => total + own, 0);
    return {
      cli: { cpu: cpu(false), memory: this.#memory.cli },
      program: { cpu: cpu(true), memory: this.#memory.program },
    };
  }

  #sample(): void {
    const living = family(readStats(), this.#pid).map((stat) => this.#look(stat));
    const memory = (isProgram: boolean) =>
      living.filter((sample) => sample.isProgram === isProgram).reduce((total, each) => total + each.memory, 0);
    this.#memory.cli = Math.max(this.#memory.cli, memory(false));
    this.#memory.program = Math.max(this.#memory.program, memory(true));
  }

  #look(stat: ProcessStat): Sample {
    const { pid, parent } = stat;
    const known = this.#seen.get(pid);
    // A parent comes before its children, see family().
    const isProgram = known?.isProgram === true || this.#seen.get(parent)?.isProgram === true || runsProgram(pid);
    const sample = { ...stat, isProgram, memory: parsePeakMemory(readText(pid, "status")) };
    this.#seen.set(pid, sample);
    return sample;
  }
}

/** CPU seconds of this process's descendants that have ended. */
export function endedChildren(): number {
  return parseStat(readFileSync("/proc/self/stat", "utf8")).children;
}

function runsProgram(pid: number): boolean {
  return readText(pid, "cmdline").includes("@pulumi/pulumi/cmd/run");
}

function readStats(): readonly ProcessStat[] {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .map((pid) => readText(Number(pid), "stat"))
    .filter((text) => text !== "")
    .map(parseStat);
}

/** Returns a file of a process; empty after the end of the process. */
function readText(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return "";
  }
}
