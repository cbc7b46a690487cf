import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { sha256, sha256Of } from "../../../lib/digest.ts";
import { isUrl } from "../contestants/program-url.ts";
import type { SchedulerSource } from "../scenario/scenario.ts";
import { upstreamPrefix } from "../workload/upstream.ts";
import { contentsFile, inputsFolder, scenarioFile } from "./inputs.ts";
import type { RecordedBenchmark } from "./recorded-benchmark.ts";

/**
 * Copies the inputs of a recorded benchmark into a folder, and returns the path of the scenario there. Its file has the
 * scenario's name, because results are named after the file.
 * @param kubernetes Version of the present cluster, e.g. `1.36.3`.
 * @throws one error with everything that prevents an equal repetition: changed files, missing or changed programs, and another
 * Kubernetes for a workload of upstream.
 */
export async function prepareRepetition(
  benchmark: RecordedBenchmark,
  folder: string,
  kubernetes: string,
): Promise<string> {
  const { run, scenario, contents } = benchmark;
  const problems: string[] = [];
  // The name of a point of a sweep has its values, which may be paths.
  const path = join(folder, `${contents.name.replaceAll(/[/\0]/g, "_")}.yaml`);
  for (const [name, digest] of Object.entries(contents.files)) {
    if (!isInside(name)) {
      problems.push(
        `${contentsFile} names ${name}, expected a path below ${inputsFolder}/. Fix: use an unchanged record`,
      );
      continue;
    }
    const text = await readFile(join(run.folder, inputsFolder, name), "utf8").catch((error: Error) => {
      problems.push(`${inputsFolder}/${name} cannot be read: ${error.message}`);
      return undefined;
    });
    if (text === undefined) continue;
    if (sha256(text) !== digest) problems.push(changedProblem(name));
    await writeIn(name === scenarioFile ? path : join(folder, name), text);
  }
  for (const scheduler of scenario.schedulers) problems.push(...(await programProblems(scheduler)));
  const { workload } = scenario;
  if (workload.from === "scheduler_perf" && workload.file.startsWith(upstreamPrefix)) {
    if (contents.kubernetes !== kubernetes) {
      problems.push(
        `${workload.file} was that of Kubernetes ${contents.kubernetes}, and it is that of ${kubernetes} now. ` +
          "Fix: repeat it with the version of nodeforge that recorded it",
      );
    }
  }
  if (problems.length > 0) {
    const lines = problems.map((problem) => `- ${problem}`).join("\n");
    throw new Error(`run ${run.name} cannot be repeated:\n${lines}`);
  }
  return path;
}

function isInside(name: string): boolean {
  const parts = name.split("/");
  // A name without a file, such as "a/", would be a folder.
  return name !== "" && !name.includes("\0") && parts.every((part) => !["", ".", ".."].includes(part));
}

function changedProblem(name: string): string {
  return (
    `${inputsFolder}/${name} is not the file that the benchmark read. Either it had a secret, which a record does not keep, ` +
    "or someone has changed it. Fix: benchmark the original scenario"
  );
}

async function programProblems({ name, binary, sha256: wanted }: SchedulerSource): Promise<readonly string[]> {
  // A program with a URL is downloaded and checked with the rest of the scenario.
  if (binary === undefined || isUrl(binary)) return [];
  const fix = "A record has no programs. Fix: build the same program again at this path";
  const file = await stat(binary).catch(() => undefined);
  if (!file?.isFile()) return [`${name}: there is no program ${binary}. ${fix}`];
  const found = await sha256Of(binary);
  return found === wanted ? [] : [`${name}: the SHA-256 of ${binary} is ${found}, expected ${wanted}. ${fix}`];
}

async function writeIn(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFile(path, text, { mode: 0o600 });
}
