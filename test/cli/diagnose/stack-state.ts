import { urn } from "../../support/urn.ts";

/** Finished steps in the state of {@link stackState}. */
export interface Progress {
  readonly master: readonly string[];
  readonly worker: readonly string[];
  readonly ready?: boolean;
}

/** Every step is finished. */
export const complete: Progress = {
  master: ["root", "domain", "host-key", "init", "drain-policy", "kubeconfig"],
  worker: ["root", "domain", "host-key", "token", "join", "ready"],
  ready: true,
};

/** Text of the kubeconfig in {@link stackState}. */
export const kubeconfig = "apiVersion: v1\nclient-key-data: c2VjcmV0\n";

const cluster = "nodeforge:index:Cluster";
const hypervisor = urn("pulumi:providers:libvirt", "hypervisor");

/**
 * Returns a state of one control plane and one worker as `pulumi stack export` prints it, with or without secrets.
 * @param isEarlier Whether an earlier release made the state, so that machines are components.
 */
export function stackState(
  { master, worker, ready = false }: Progress,
  showSecrets = false,
  isEarlier = false,
): string {
  const resources = [
    { urn: hypervisor, type: "pulumi:providers:libvirt", id: "1", inputs: { uri: "qemu:///system" } },
    ...machine(`${cluster}$nodeforge:index:Master`, "master", "192.168.222.10", master, showSecrets, isEarlier),
    ...machine(
      `${cluster}$nodeforge:index:WorkerPool$nodeforge:index:Worker`,
      "worker-node-1",
      "192.168.222.100",
      worker,
      showSecrets,
      isEarlier,
    ),
    ...(ready
      ? [
          {
            urn: urn(`${cluster}$nodeforge:index:NodeReadiness$command:remote:Command`, "lab-ready"),
            type: "command:remote:Command",
            parent: urn(`${cluster}$nodeforge:index:NodeReadiness`, "lab-ready"),
          },
        ]
      : []),
  ];
  return JSON.stringify({ version: 3, deployment: { resources } });
}

function machine(
  owner: string,
  node: string,
  address: string,
  done: readonly string[],
  showSecrets: boolean,
  isEarlier: boolean,
) {
  const name = `lab-${node}`;
  const component = isEarlier ? `${owner}$nodeforge:index:VirtualMachine` : owner;
  const parent = urn(component, name);
  const provider = `${hypervisor}::1`;
  const link = { mac: `52:54:00:00:00:${node === "master" ? "01" : "02"}`, networkName: "lab-net" };
  const command = (type: string, suffix: string, stdout: unknown) => ({
    urn: urn(`${owner}$${type}`, `${name}-${suffix}`),
    type,
    outputs: { stdout },
  });
  const secret = (text: string) => (showSecrets ? { plaintext: JSON.stringify(text) } : { ciphertext: "v1:x" });
  const resources: Readonly<Record<string, object>> = {
    root: {
      urn: urn(`${component}$libvirt:index/volume:Volume`, `${name}-root`),
      type: "libvirt:index/volume:Volume",
      parent,
      provider,
      inputs: { pool: "nodeforge-lab" },
    },
    domain: {
      urn: urn(`${component}$libvirt:index/domain:Domain`, name),
      type: "libvirt:index/domain:Domain",
      parent,
      provider,
      inputs: { name, networkInterfaces: [link] },
      outputs: { name, networkInterfaces: [{ ...link, addresses: [address] }] },
    },
    "host-key": command("command:local:Command", "host-key", JSON.stringify({ hostKey: `ssh-ed25519 KEYOF${node}` })),
    init: command("command:remote:Command", "init", "{}"),
    kubeconfig: command("command:remote:Command", "kubeconfig", secret(kubeconfig)),
    token: command("command:remote:Command", "token", secret("abcdef.0123456789abcdef")),
    join: command("command:remote:Command", "join", "{}"),
    ready: command("command:remote:Command", "ready", "{}"),
    "drain-policy": command("command:remote:Command", "drain-policy", ""),
  };
  return [
    ...(isEarlier ? [{ urn: urn(owner, name), type: owner.split("$").at(-1), inputs: { node } }] : []),
    {
      urn: parent,
      type: component.split("$").at(-1),
      inputs: { node, addressing: "dhcp" },
      ...(isEarlier ? { parent: urn(owner, name) } : {}),
    },
    ...done.map((step) => resources[step]),
  ];
}
