import { accessSync, constants, readFileSync } from "node:fs";
import { isLocal } from "./uri.ts";

/** Domain type of libvirt: hardware virtualisation (`kvm`), or emulation (`qemu`), which is 10 to 20 times slower. */
export type DomainType = "kvm" | "qemu";

/** The domain type that this machine can run, with the reason. */
export interface Virtualisation {
  readonly type: DomainType;
  /** The reason as a clause. */
  readonly reason: string;
}

/** Input of {@link inspectVirtualisation}, which tests replace. */
export interface Processor {
  /** Text of /proc/cpuinfo. */
  readonly cpuinfo: string;
  readonly architecture: string;
  /** Reason why /dev/kvm cannot be opened; undefined when it can. */
  readonly kvmProblem: string | undefined;
}

/** Returns the domain type that this machine can run. */
export function detectDomainType(): DomainType {
  return inspectVirtualisation().type;
}

/**
 * Resolves the key `domainType`. For `auto` on a remote hypervisor it is kvm, because this machine's abilities do not apply
 * there, and few hypervisors lack KVM. Any other value resolves like `auto`; the configuration refuses it.
 * @param local Domain type that this machine can run.
 */
export function resolveDomainType(given: string, uri: string, local: DomainType): DomainType {
  if (given === "kvm" || given === "qemu") return given;
  return isLocal(uri) ? local : "kvm";
}

/**
 * Decides between hardware virtualisation and emulation.
 *
 * The decision needs both the processor's flag and /dev/kvm. In a container or a guest without nested virtualisation, the device
 * may exist and open, but guests hang. Processors other than x86 have no such flag in /proc/cpuinfo, so only the device
 * decides.
 */
export function inspectVirtualisation(processor: Processor = thisProcessor()): Virtualisation {
  const { cpuinfo, architecture, kvmProblem } = processor;
  if (architecture === "x64" && !/^flags\s*:.*\b(vmx|svm)\b/m.test(cpuinfo)) {
    return { type: "qemu", reason: "the processor offers neither vmx nor svm" };
  }
  if (kvmProblem !== undefined) return { type: "qemu", reason: kvmProblem };
  return { type: "kvm", reason: "the processor offers virtualisation and /dev/kvm is there" };
}

function thisProcessor(): Processor {
  return {
    cpuinfo: readFileSync("/proc/cpuinfo", "utf8"),
    architecture: process.arch,
    kvmProblem: libvirtsKvmProblem(),
  };
}

/** QEMU opens the device as a user of libvirt. Only root can check that access; for other users, the device must exist. */
function libvirtsKvmProblem(): string | undefined {
  return process.getuid?.() === 0 ? kvmProblem() : kvmProblem("/dev/kvm", constants.F_OK);
}

/** Returns the reason why KVM's device cannot be read and written, as a clause; undefined when it can. */
export function kvmProblem(device = "/dev/kvm", mode = constants.R_OK | constants.W_OK): string | undefined {
  try {
    accessSync(device, mode);
    return undefined;
  } catch (error) {
    return `${device} cannot be used (${(error as NodeJS.ErrnoException).code})`;
  }
}
