import { stringify } from "yaml";
import type { Node } from "../topology.ts";

/** Who may log in to a node. */
export interface Login {
  readonly user: string;
  /** One line as in authorized_keys. */
  readonly publicKey: string;
}

/**
 * Text of a node's user-data: names and the operator's public key. No secret is on a seed disk: anyone who can read the
 * storage pool can read it.
 */
export function userData(node: Node, login: Login): string {
  const user = {
    name: login.user,
    ssh_authorized_keys: [login.publicKey],
    ...(login.user === "root" ? {} : { shell: "/bin/bash", sudo: "ALL=(ALL) NOPASSWD:ALL", lock_passwd: true }),
  };
  const config = {
    hostname: node.name,
    fqdn: node.fqdn,
    // The short name is the node's name in Kubernetes; kubeadm takes it from the host.
    prefer_fqdn_over_hostname: false,
    manage_etc_hosts: "localhost",
    disable_root: login.user !== "root",
    ssh_pwauth: false,
    // One key type, made on the node itself: it is the one that is pinned.
    ssh_deletekeys: true,
    ssh_genkeytypes: ["ed25519"],
    users: [user],
  };
  return `#cloud-config\n${stringify(config, { lineWidth: 0 })}`;
}
