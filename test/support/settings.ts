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

/** A file that passes for a node image: qcow2's header and nothing else. */
export const imagePath = join(folder, "node.qcow2");
writeFileSync(imagePath, qcow2());

/** What its manifest must say; there is none beside it, so that a test can write the one it needs. */
export const imageSha256 = hashOf(imagePath);

/** An ssh key pair that opens nothing. */
export const sshKeyPath = join(folder, "id_ed25519");
export const { publicKey, privateKey } = testKey(1);
writeFileSync(`${sshKeyPath}.pub`, `${publicKey}\n`);
writeFileSync(sshKeyPath, privateKey);

/** Surroundings in which an empty configuration is right. */
export const surroundings: Surroundings = {
  stack: "dev",
  environment: { NODEFORGE_SSH_KEY: sshKeyPath },
  locateImage: (named) => named || imagePath,
  localDomainType: "qemu",
};

/**
 * A right configuration with some keys changed. Its images are not judged; those that are files of the test are hashed here.
 * @throws {ConfigError} when the configuration is wrong.
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

/** Problems that the text of a wrong configuration has. @throws when it has none. */
export function problemsOf(raw: Record<string, string>, changed: Partial<Surroundings> = {}): readonly Problem[] {
  const { problems } = parseConfig(raw, { ...surroundings, ...changed });
  return problemsIn(() => problems.throwIfAny(), raw);
}

/**
 * Images of a configuration, the control plane's first, read and judged as the program does it.
 * @param root Folder of the cache.
 * @throws {ConfigError} naming everything that is wrong with the configuration.
 */
export async function imagesOf(raw: Record<string, string>, root?: string): Promise<readonly VerifiedImage[]> {
  const { config, problems } = parseConfig(raw, surroundings);
  return verifyImages([config.image, ...config.workerPools.map(({ image }) => image)], problems, root);
}

/** Problems of a wrong configuration, those of its images included. @throws when it has none. */
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
