import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pMap from "p-map";
import { run } from "../../lib/process.ts";
import type { Joiner } from "./node.ts";

/** Processes of openssl at a time. */
const concurrency = 4;

/** Lifetime of the tokens in seconds. */
const lifetime = 6 * 3600;

/** Makes a key, a certificate request and a token for each of so many workers. */
export async function joiners(count: number): Promise<readonly Joiner[]> {
  const folder = await mkdtemp(join(tmpdir(), "nodeforge-joins-"));
  try {
    const names = Array.from({ length: count }, (_, index) => `worker-node-${index + 1}`);
    return await pMap(names, (name) => joinerOf(name, folder), { concurrency });
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function joinerOf(name: string, folder: string): Promise<Joiner> {
  const [key, request] = [join(folder, `${name}.key`), join(folder, `${name}.csr`)];
  const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  // The kubelet asks for this subject, and guest/approve-joins.sh approves no other one.
  const subject = ["-subj", `/O=system:nodes/CN=system:node:${name}`];
  await run("openssl", ["req", "-new", ...kind, "-keyout", key, "-out", request, ...subject]);
  const token = `${randomBytes(3).toString("hex")}.${randomBytes(8).toString("hex")}`;
  return { name, token, key: await readFile(key, "utf8"), request: await readFile(request, "utf8") };
}

/** Returns the secrets of the tokens, as `kubeadm token create` makes them. */
export function tokenSecrets(joiners: readonly Joiner[], now = Date.now()): object {
  const expiration = new Date(now + lifetime * 1000).toISOString();
  const items = joiners.map(({ token }) => {
    const [id = "", secret = ""] = token.split(".");
    return {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: `bootstrap-token-${id}`, namespace: "kube-system" },
      type: "bootstrap.kubernetes.io/token",
      stringData: {
        "token-id": id,
        "token-secret": secret,
        expiration,
        "usage-bootstrap-authentication": "true",
        "usage-bootstrap-signing": "true",
        "auth-extra-groups": "system:bootstrappers:kubeadm:default-node-token",
      },
    };
  });
  return { apiVersion: "v1", kind: "List", items };
}

/** Returns the commands that tell guest/approve-joins.sh of the expected workers, as `expect_join` in guest/lib/joins.sh does. */
export function expectations(joiners: readonly Joiner[], now = Date.now()): string {
  const ends = Math.round(now / 1000) + lifetime;
  const folder = "/etc/kubernetes/nodeforge-joins";
  const files = joiners.map(({ name, token }) => `echo '${name} ${ends}' >${folder}/${token.split(".")[0]}\n`);
  return `install -d -m 0700 ${folder}\n${files.join("")}`;
}
