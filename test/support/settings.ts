import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { parseConfig, type ClusterConfig, type Surroundings } from "../../config/index.ts";
import { ConfigError, type Problem } from "../../config/problems.ts";
import { verifyImages, type ImageUse, type VerifiedImage } from "../../image/verify.ts";
import { qcow2 } from "./qcow2.ts";
import { testKey } from "./ssh-key.ts";

const folder = mkdtempSync(join(tmpdir(), "nodeforge-config-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** File that is accepted as a node image: the header of qcow2 and nothing else. */
export const imagePath = join(folder, "node.qcow2");
writeFileSync(imagePath, qcow2());

/** SHA-256 of the image. It has no manifest, so that a test can write the one that it needs. */
export const imageSha256 = hashOf(imagePath);

/** Folder with an ssh key pair that no machine accepts. */
export const sshKeyPath = join(folder, "id_ed25519");
export const { publicKey, privateKey } = testKey(1);
writeFileSync(`${sshKeyPath}.pub`, `${publicKey}\n`);
writeFileSync(sshKeyPath, privateKey);

/** Surroundings in which an empty configuration is valid. */
export const surroundings: Surroundings = {
  stack: "dev",
  environment: { NODEFORGE_SSH_KEY: sshKeyPath },
  locateImage: (named) => named || imagePath,
  localDomainType: "qemu",
};

/**
 * Makes a valid configuration with some keys changed. Its images are not verified. Images that are files of the test are hashed.
 * @throws {ConfigError} if the configuration is wrong.
 */
export function configWith(raw: Record<string, string> = {}, changed: Partial<Surroundings> = {}): ClusterConfig {
  const { config, problems } = parseConfig(raw, { ...surroundings, ...changed });
  problems.throwIfAny();
  const verified = ({ source, sha256 }: ImageUse): VerifiedImage => ({
    source,
    sha256: sha256 || hashOf(source),
    manifest: undefined,
  });
  const workerPools = config.workerPools.map((pool) => ({ ...pool, image: verified(pool.image) }));
  return { ...config, image: verified(config.image), workerPools };
}

/** Lists the problems of a wrong configuration. @throws if it has none. */
export function problemsOf(raw: Record<string, string>, changed: Partial<Surroundings> = {}): readonly Problem[] {
  const { problems } = parseConfig(raw, { ...surroundings, ...changed });
  return problemsIn(() => problems.throwIfAny(), raw);
}

/**
 * Verifies the images of a configuration as the program does, the control plane's first.
 * @param root Folder of the cache.
 * @throws {ConfigError} with every problem of the configuration.
 */
export async function imagesOf(raw: Record<string, string>, root?: string): Promise<readonly VerifiedImage[]> {
  const { config, problems } = parseConfig(raw, surroundings);
  return verifyImages([config.image, ...config.workerPools.map(({ image }) => image)], problems, root);
}

/** Lists the problems of a wrong configuration and of its images. @throws if it has none. */
export async function allProblemsOf(raw: Record<string, string>, root?: string): Promise<readonly Problem[]> {
  const outcome = await imagesOf(raw, root).then(
    () => undefined,
    (error: unknown) => error as Error,
  );
  return problemsIn(() => {
    if (outcome !== undefined) throw outcome;
  }, raw);
}

function problemsIn(check: () => void, raw: Record<string, string>): readonly Problem[] {
  try {
    check();
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  throw new Error(`expected ${JSON.stringify(raw)} to be refused`);
}

function hashOf(path: string): string {
  return createHash("sha256").update(readFileSync(path)).digest("hex");
}
