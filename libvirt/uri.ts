/** A libvirt URI without its parameters: transport, user, host, port and daemon. */
const place =
  /^qemu(?:\+unix)?:\/\/\/(\w+)$|^qemu(?:\+ssh|\+tls)?:\/\/(?:[A-Za-z0-9_][A-Za-z0-9._-]*@)?(?:[A-Za-z0-9][A-Za-z0-9.-]*|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?\/(\w+)$/;

const absolutePath = /^\/[A-Za-z0-9._@+/ -]+$/;

/**
 * Accepted parameters of a libvirt URI with their values. libvirt has more (docs/uri.rst), which a stack's settings must not
 * use. `command` and `netcat` start a program on this machine or the other one. `no_verify` and `known_hosts` weaken the check
 * of the host key.
 */
const parameters: Readonly<Record<string, RegExp>> = {
  keyfile: absolutePath,
  mode: /^(auto|direct|legacy)$/,
  socket: absolutePath,
  // Only the provider reads this parameter (libvirt/uri/ssh.go).
  sshauth: /^(agent|privkey)(,(agent|privkey))?$/,
};

/**
 * Describes the libvirt URI that is expected instead of this one; undefined when this one may be used.
 *
 * virsh starts programs that a URI names, even at `preview`. So every URI of a stack's settings is checked here before virsh or
 * the provider gets it.
 */
export function uriProblem(uri: string): string | undefined {
  const [path = "", query, ...rest] = uri.split("?");
  const [, local, remote] = place.exec(path) ?? [];
  const daemon = local ?? remote;
  if (/^qemu\+(tcp|ext|libssh2?)\b/.test(path))
    return "a connection by ssh or tls, such as qemu+ssh://user@host/system";
  if (daemon === "session") {
    // The provider always connects to the system daemon, and a session cannot create networks.
    return "the system's daemon, such as qemu:///system";
  }
  if (daemon !== "system" || rest.length > 0) return "a URI such as qemu:///system or qemu+ssh://user@host/system";
  const seen = new Set<string>();
  for (const [name, value] of new URLSearchParams(query)) {
    // virsh and the provider may choose different ones of two values.
    if (seen.has(name)) return `a URI with the parameter \`${name}\` once`;
    seen.add(name);
    if (!Object.hasOwn(parameters, name) || parameters[name]?.test(value) !== true) {
      return `a URI with no parameters but ${Object.keys(parameters).join(", ")}, not \`${name}\` with this value`;
    }
  }
  return undefined;
}

/** Returns whether {@link checkedUri} accepts a URI. */
export function isUsable(uri: string): boolean {
  try {
    checkedUri(uri);
    return true;
  } catch {
    return false;
  }
}

/** Returns whether the hypervisor is this machine, for every daemon and socket. */
export function isLocal(uri: string): boolean {
  return /^qemu(\+unix)?:\/\/\//.test(uri);
}

/** Returns whether a URI connects by ssh. */
export function isOverSsh(uri: string): boolean {
  return /^\w+\+\w*ssh\w*:/.test(uri);
}

/** Returns whether a URI leads to a system daemon, which runs as root, on this machine or another. */
export function isSystemDaemon(uri: string): boolean {
  return /\/system(\?|$)/.test(uri);
}

/** Returns whether a URI leads to this machine's system daemon on the socket where it listens by default. */
export function isDefaultDaemon(uri: string): boolean {
  return isLocal(uri) && isSystemDaemon(uri) && !uri.includes("?");
}

/** Replaces the password of a URI, for a message. libvirt accepts no password, but a setting may have one. */
export function withoutPassword(uri: string): string {
  return uri.replace(/(:\/\/[^/@]*?):[^/@]*@/, "$1:...@");
}

/** Parameters and a transport that do not authenticate the server. Earlier releases accepted them; settings no longer may. */
const outdated = {
  transport: /^qemu\+tcp:/,
  parameters: ["known_hosts", "known_hosts_verify", "knownhosts", "no_sanity", "no_tty", "no_verify", "pkipath"],
};

/**
 * Returns a libvirt URI that virsh may use, because it starts no program. The state of a stack may have a URI of an earlier
 * release. It must work until the next `up`, which replaces it by the URI of the settings.
 * @throws when the URI could start a program, or is invalid.
 */
export function checkedUri(uri: string): string {
  const [path = "", query = "", ...rest] = uri.split("?");
  const strict = [...new URLSearchParams(query)].filter(([name]) => !outdated.parameters.includes(name));
  const known = [path.replace(outdated.transport, "qemu+tls:"), new URLSearchParams(strict).toString(), ...rest];
  const expected = uriProblem(known.filter(Boolean).join("?"));
  if (expected !== undefined) {
    throw new Error(`the libvirt URI is not used: expected ${expected}, got ${JSON.stringify(withoutPassword(uri))}`);
  }
  return uri;
}
