import { stat } from "node:fs/promises";
import { kubeconfigPath } from "../stack/outputs.ts";
import { checkCertificates } from "./certificates.ts";
import { isDefaultDaemon, uriProblem, withoutPassword } from "../../libvirt/uri.ts";
import { checkImage } from "./image.ts";
import { checkConfinement } from "./confinement.ts";
import { fail, ok, type Finding } from "./finding.ts";
import { checkMemory, checkSpace, checkVirtualisation } from "./machine.ts";
import { checkNetwork } from "./network.ts";
import { checkGo, checkLibvirt, checkNode, checkPrograms } from "./tools.ts";
import { needsGo } from "../../image/go-need.ts";
import { chooseImage, isUrl } from "../../image/location.ts";
import type { ImageManifest } from "../../image/manifest.ts";
import { listRuns } from "../runs/archive.ts";
import { columns } from "../../lib/table.ts";
import { readSettings, type StackChoice, type StackSettings } from "../stack/settings.ts";
import { workersOf } from "../stack/workers.ts";

/** A check. */
interface Check {
  /** Name of the finding when the check itself fails. */
  readonly name: string;
  readonly run: () => Finding | Promise<Finding>;
}

/**
 * Runs every check that applies to a stack on this machine. A check that fails to run is a finding, too.
 * @param environment Variables that the program will see.
 */
export async function examine(
  choice: StackChoice,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<readonly Finding[]> {
  const settings = readSettings(choice);
  const given = settings.get("libvirtUri");
  const uri = uriProblem(given) === undefined ? given : undefined;
  const choiceOfImage = chooseImage(settings.get("image"), environment);
  const image = choiceOfImage.source;
  const checks: readonly Check[] = [
    { name: "node", run: () => checkNode() },
    { name: "go", run: async () => checkGo(await needsGo(choiceOfImage)) },
    { name: "provisioning tools", run: () => checkPrograms("provisioning") },
    // The program downloads a URL and checks its hash.
    ...(isUrl(image ?? "")
      ? []
      : [{ name: "node image", run: async () => checkImage(image, await lastImage(choice.stack)) }]),
    { name: "libvirtUri", run: () => checkUri(given) },
    ...(uri !== undefined && isDefaultDaemon(uri) ? hypervisorChecks(settings, uri, image) : []),
    ...(uri === undefined ? [] : [{ name: "confinement", run: () => checkConfinement(uri) }]),
  ];
  const findings = await Promise.all(
    checks.map(async ({ name, run }) => {
      try {
        return await run();
      } catch (error) {
        return fail(
          name,
          `could not be checked: ${(error as Error).message.split("\n")[0]}`,
          "fix the failures above first",
        );
      }
    }),
  );
  return [...findings, ...(await checkCertificates(kubeconfigPath(choice.stack)))];
}

/** Returns the manifest of the image of a stack's last successful run; undefined where no record has a manifest. */
async function lastImage(stack: string): Promise<ImageManifest | undefined> {
  const records = (await listRuns()).flatMap(({ record }) => (record instanceof Error ? [] : [record]));
  const last = records.findLast((record) => record.stack === stack && record.outcome === "succeeded");
  const manifest = last?.image.manifest as Partial<ImageManifest> | null | undefined;
  return manifest?.builtFrom === undefined ? undefined : (manifest as ImageManifest);
}

/** Checks whether the program accepts a stack's libvirtUri. */
export function checkUri(uri: string): Finding {
  const expected = uriProblem(uri);
  return expected === undefined
    ? ok("libvirtUri", uri)
    : fail("libvirtUri", `${withoutPassword(uri)} cannot be used`, `set it to ${expected}`);
}

/** Checks that need the hypervisor to be this machine. */
function hypervisorChecks(settings: StackSettings, uri: string, image: string | undefined): readonly Check[] {
  const { get } = settings;
  const workers = workersOf(settings);
  const memory = Number(get("masterMemoryMiB")) + workers.memoryMiB;
  const images = [image, ...settings.objects("workerPools").map(({ image }) => image)];
  const pool = get("storagePoolPath") || "/var/lib/libvirt/nodeforge";
  const network = get("network");
  return [
    { name: "hypervisor tools", run: () => checkPrograms("hypervisor") },
    { name: "libvirt", run: () => checkLibvirt() },
    { name: "virtualisation", run: () => checkVirtualisation() },
    { name: "memory", run: () => checkMemory(memory) },
    { name: "pool space", run: async () => checkSpace(pool, await sizeOf(images), workers.count + 1) },
    network === ""
      ? { name: "network", run: () => checkNetwork(get("networkCidr"), get("networkName"), uri) }
      : { name: "network", run: () => ok("network", `the existing ${network} is used`) },
  ];
}

/** Returns the size of all images. Ignores missing ones, which {@link checkImage} reports. */
async function sizeOf(paths: readonly unknown[]): Promise<number> {
  const files = [...new Set(paths)].filter((path) => typeof path === "string");
  const sizes = await Promise.all(files.map(async (path) => (await stat(path).catch(() => undefined))?.size ?? 0));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Returns the findings as lines for a terminal. */
export function describe(findings: readonly Finding[]): string {
  const marks = { ok: "ok  ", warn: "warn", fail: "FAIL" };
  const rows = findings.flatMap(({ name, status, found, fix }) => [
    [marks[status], name, found],
    ...(fix ? [["", "", `-> ${fix}`]] : []),
  ]);
  return columns(rows, "  ");
}

/** Whether the command can go on: no check failed. */
export function passes(findings: readonly Finding[]): boolean {
  return findings.every(({ status }) => status !== "fail");
}
