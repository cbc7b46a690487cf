/** The part of a libvirt URI that says where it leads. */
const place =
  /^qemu(?:\+unix)?:\/\/\/(\w+)$|^qemu(?:\+ssh|\+tls)?:\/\/(?:[A-Za-z0-9_][A-Za-z0-9._-]*@)?(?:[A-Za-z0-9][A-Za-z0-9.-]*|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?\/(\w+)$/;

const absolutePath = /^\/[A-Za-z0-9._@+/ -]+$/;

/**
 * Parameters that may follow a libvirt URI, with the values they take. libvirt knows more: `command` and `netcat` start a
 * program of this machine or the other, `no_verify` and `known_hosts` weaken the check of the host key (libvirt's
 * docs/uri.rst), and a stack's settings must do neither.
 */
const parameters: Readonly<Record<string, RegExp>> = {
  keyfile: absolutePath,
  mode: /^(auto|direct|legacy)$/,
  socket: absolutePath,
  // Read by the provider alone (libvirt/uri/ssh.go).
  sshauth: /^(agent|privkey)(,(agent|privkey))?$/,
};

/**
 * Why a libvirt URI must not be used, as what was wanted instead; undefined when it may.
 *
 * virsh starts programs that a URI names, already at `preview`, so every URI from a stack's settings passes here before virsh
 * or the provider sees it.
 */
export function uriProblem(uri: string): string | undefined {
  const [path = "", query, ...rest] = uri.split("?");
  const [, local, remote] = place.exec(path) ?? [];
  const daemon = local ?? remote;
  if (/^qemu\+(tcp|ext|libssh2?)\b/.test(path))
    return "a connection by ssh or tls, such as qemu+ssh://user@host/system";
  if (daemon === "session") {
    // The provider always connects to the system's daemon, and a session cannot make networks.
    return "the system's daemon, such as qemu:///system";
  }
  if (daemon !== "system" || rest.length > 0) return "a URI such as qemu:///system or qemu+ssh://user@host/system";
  const seen = new Set<string>();
  for (const [name, value] of new URLSearchParams(query)) {
    // virsh and the provider may not agree on which of two counts.
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

/** Returns whether the hypervisor is this machine, whatever daemon and socket it is reached through. */
export function isLocal(uri: string): boolean {
  return /^qemu(\+unix)?:\/\/\//.test(uri);
}

/** Returns whether a URI leads to a system daemon, which runs as root, on this machine or another. */
export function isSystemDaemon(uri: string): boolean {
  return /\/system(\?|$)/.test(uri);
}

/** Returns whether a URI leads to this machine's system daemon on the socket where it listens by default. */
export function isDefaultDaemon(uri: string): boolean {
  return isLocal(uri) && isSystemDaemon(uri) && !uri.includes("?");
}

/** A URI without its password, for a message. libvirt takes none, but a user may have written one all the same. */
export function withoutPassword(uri: string): string {
  return uri.replace(/(:\/\/[^/@]*?):[^/@]*@/, "$1:...@");
}

/** What an earlier release took, and no new settings may have: parameters and a transport that trust whoever answers. */
const outdated = {
  transport: /^qemu\+tcp:/,
  parameters: ["known_hosts", "known_hosts_verify", "knownhosts", "no_sanity", "no_tty", "no_verify", "pkipath"],
};

/**
 * A libvirt URI that may be handed to virsh: one that starts no program. A stack's state may have one of an earlier release,
 * which has to work until the next `up` writes down the one of the settings.
 * @throws when it could start one, or is none.
 */
export function checkedUri(uri: string): string {
  const [path = "", query = "", ...rest] = uri.split("?");
  const strict = [...new URLSearchParams(query)].filter(([name]) => !outdated.parameters.includes(name));
  const known = [path.replace(outdated.transport, "qemu+tls:"), new URLSearchParams(strict).toString(), ...rest];
  const wanted = uriProblem(known.filter(Boolean).join("?"));
  if (wanted !== undefined) {
    throw new Error(`libvirt is not asked: wanted ${wanted}, got ${JSON.stringify(withoutPassword(uri))}`);
  }
  return uri;
}
