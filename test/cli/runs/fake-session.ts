import { cpSync, existsSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run, runInteractively } from "../../../lib/process.ts";
import { readSettings } from "../../../cli/stack/settings.ts";
import type { RecordedSession } from "../../../cli/runs/surroundings.ts";

const project = `name: nodeforge
config:
  clusterName: { default: "" }
  libvirtUri: { default: "qemu+ssh://operator@host/system" }
  domainType: { default: auto }
  image: { default: "" }
  imageSha256: { default: "" }
  workers: { default: 2 }
  sshPublicKey: { default: "" }
`;

const stackFile = `encryptionsalt: v1:salt
config:
  nodeforge:workers: 1
  nodeforge:sshPublicKey: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJust operator
  nodeforge:workerLabels: [disk=ssd]
  other:password: { secure: "v1:ciphertext" }
`;

/** SHA-256 that the stack states of its image. */
export const imageHash = "ab".repeat(32);

const outputs = {
  nodes: [
    { name: "master", role: "control-plane", address: "192.168.222.10", image: imageHash },
    { name: "worker-node-1", role: "worker", address: "192.168.222.230", image: "ef".repeat(32), pool: "workers" },
  ],
  timings: { master: { boot: 60, init: 40.5 }, "worker-node-1": { boot: 61, join: 12 }, cluster: { ready: 3 } },
  imageHash,
  kubernetesVersion: "v1.36.3",
  kubeconfig: "[secret]",
};

/** A session in a temporary folder that runs fake-pulumi.sh; it has the manifest of a node image. */
export function fakeSession(folder = mkdtempSync(join(tmpdir(), "nodeforge-runs-"))) {
  const program = join(folder, "pulumi");
  const image = join(folder, "node.qcow2");
  if (!existsSync(program)) {
    cpSync(join(import.meta.dirname, "fake-pulumi.sh"), program);
    writeFileSync(join(folder, "Pulumi.yaml"), project);
    writeFileSync(join(folder, "Pulumi.lab.yaml"), stackFile);
    writeFileSync(join(folder, "outputs.json"), JSON.stringify(outputs));
    writeFileSync(
      `${image}.manifest.json`,
      JSON.stringify({ contract: 1, sha256: "cd".repeat(32), versions: { linux: "6.12" } }),
    );
  }
  const session: RecordedSession = {
    stack: "team/lab",
    variables: { NODEFORGE_IMAGE: image },
    settings: () => readSettings({ stack: "team/lab" }, folder),
    capture: (args) => run(program, args),
    pulumi: (args, onOutput) => runInteractively(program, args, onOutput === undefined ? {} : { onOutput }),
  };
  return { folder, root: join(folder, "runs"), session, image };
}
