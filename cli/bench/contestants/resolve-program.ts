import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { sha256Of } from "../../../lib/digest.ts";
import { run, which } from "../../../lib/process.ts";
import type { Contestant } from "./contestant.ts";
import { downloadProgram } from "./download-program.ts";
import { programProblem } from "./elf.ts";
import { addressProblem, isUrl } from "./program-url.ts";

/** A program for the control plane, and what is wrong with it. */
interface ResolvedProgram {
  readonly fields: Pick<Contestant, "binary" | "binarySha256" | "modules">;
  readonly problems: readonly string[];
}

/**
 * Finds a program for the control plane, downloads it if a URL names it, and checks it.
 * @param binary Path or URL.
 * @param sha256 Expected SHA-256, which a URL needs.
 * @param folder Folder of the scenario, to which a path is relative.
 * @param kubernetesVersion Version of the cluster, e.g. `1.36.3`.
 * @returns problems that begin with the path or the URL. They show no URL that may have a secret.
 */
export async function resolveProgram(
  binary: string,
  sha256: string | undefined,
  folder: string,
  kubernetesVersion: string,
): Promise<ResolvedProgram> {
  if (!isUrl(binary)) return named(binary, await readProgram(resolve(folder, binary), sha256, kubernetesVersion));
  const address = addressProblem(binary);
  if (address !== undefined || sha256 === undefined) {
    const problems = [address, sha256 === undefined ? missingDigest : undefined].filter((each) => each !== undefined);
    return named(address === undefined ? binary : "binary", refused(problems));
  }
  try {
    const path = await downloadProgram(binary, sha256.toLowerCase());
    return named(binary, await readProgram(path, sha256, kubernetesVersion));
  } catch (error) {
    return named(binary, refused([(error as Error).message]));
  }
}

const missingDigest =
  "a URL is given without sha256, and a server cannot prove its own files. Fix: add the SHA-256 that its publisher states";

function named(name: string, { fields, problems }: ResolvedProgram): ResolvedProgram {
  return { fields, problems: problems.map((problem) => `${name}: ${problem}`) };
}

function refused(problems: readonly string[]): ResolvedProgram {
  return { fields: {}, problems };
}

async function readProgram(
  path: string,
  wanted: string | undefined,
  kubernetesVersion: string,
): Promise<ResolvedProgram> {
  const file = await stat(path).catch(() => undefined);
  if (!file?.isFile()) return refused([`there is no such file: ${path}`]);
  try {
    const problem = await programProblem(path, process.arch);
    const digest = await sha256Of(path);
    const modules = await modulesOf(path);
    const problems = [problem, digestProblem(digest, wanted), skewProblem(modules, kubernetesVersion)];
    return {
      fields: { binary: path, binarySha256: digest, ...(modules === undefined ? {} : { modules }) },
      problems: problems.filter((each) => each !== undefined),
    };
  } catch (error) {
    return refused([`it cannot be read: ${(error as Error).message}`]);
  }
}

function digestProblem(found: string, wanted: string | undefined): string | undefined {
  if (wanted === undefined || wanted.toLowerCase() === found) return undefined;
  return `its SHA-256 is ${found}, expected ${wanted}. Fix: name the right program, or correct sha256`;
}

/** Output of `go version -m`; undefined without Go, and for a program that Go did not build. */
async function modulesOf(path: string): Promise<string | undefined> {
  const go = which("go");
  if (go === undefined) return undefined;
  const text = await run(go, ["version", "-m", path]).catch(() => undefined);
  // The first line has the path, which another machine does not have.
  return text?.replace(`${path}: `, "");
}

/**
 * A scheduler must not be newer than the API server, and may be one minor version older (Kubernetes' version skew policy).
 * A program without k8s.io/kubernetes among its modules says nothing about that.
 */
function skewProblem(modules: string | undefined, kubernetesVersion: string): string | undefined {
  const built = /^\s*dep\s+k8s\.io\/kubernetes\s+v1\.(\d+)\.\S*/m.exec(modules ?? "")?.[1];
  const cluster = /^v?1\.(\d+)\./.exec(kubernetesVersion)?.[1];
  if (built === undefined || cluster === undefined) return undefined;
  const difference = Number(cluster) - Number(built);
  if (difference === 0 || difference === 1) return undefined;
  const range = `1.${Number(cluster) - 1} or 1.${cluster}`;
  return `it has the code of Kubernetes 1.${built}, and the cluster has ${kubernetesVersion}. Fix: build it with k8s.io/kubernetes ${range}`;
}
