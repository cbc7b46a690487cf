import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { parseConfig, type ClusterConfig, type Surroundings } from "../../config/index.ts";
import { ConfigError, type Problem } from "../../config/problems.ts";
import { qcow2 } from "./qcow2.ts";
import { testKey } from "./ssh-key.ts";

const folder = mkdtempSync(join(tmpdir(), "nodeforge-config-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A file that passes for a node image: qcow2's header and nothing else. */
export const imagePath = join(folder, "node.qcow2");
writeFileSync(imagePath, qcow2());

/** What its manifest must say; there is none beside it, so that a test can write the one it needs. */
export const imageSha256 = createHash("sha256").update(readFileSync(imagePath)).digest("hex");

/** An ssh key pair that opens nothing. */
export const sshKeyPath = join(folder, "id_ed25519");
export const { publicKey, privateKey } = testKey(1);
writeFileSync(`${sshKeyPath}.pub`, `${publicKey}\n`);
writeFileSync(sshKeyPath, privateKey);

/** Surroundings in which an empty configuration is right. */
export const surroundings: Surroundings = {
  stack: "dev",
  environment: { NODEFORGE_SSH_KEY: sshKeyPath },
  defaultImage: imagePath,
  localDomainType: "qemu",
};

/** A right configuration with some keys changed. */
export function configWith(raw: Record<string, string> = {}): ClusterConfig {
  return parseConfig(raw, surroundings);
}

/** The problems of a wrong configuration. @throws when it is right. */
export function problemsOf(raw: Record<string, string>, changed: Partial<Surroundings> = {}): readonly Problem[] {
  try {
    parseConfig(raw, { ...surroundings, ...changed });
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  throw new Error(`expected ${JSON.stringify(raw)} to be refused`);
}
