import { stringify } from "yaml";
import type { Node } from "../topology.ts";

/** User that may log in to a node. */
export interface Login {
  readonly user: string;
  /** A line of authorized_keys. */
  readonly publicKey: string;
}

/**
 * Returns the text of a node's user-data: its names and your public key. It has no secret, because every user with access to
 * the storage pool can read a seed disk.
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
    // kubeadm takes the node's name in Kubernetes from the host: the short name.
    prefer_fqdn_over_hostname: false,
    manage_etc_hosts: "localhost",
    disable_root: login.user !== "root",
    ssh_pwauth: false,
    // The node generates one host key, of the type that is pinned.
    ssh_deletekeys: true,
    ssh_genkeytypes: ["ed25519"],
    users: [user],
  };
  return `#cloud-config\n${stringify(config, { lineWidth: 0 })}`;
}
