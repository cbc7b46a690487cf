import { accessSync, constants, readFileSync } from "node:fs";
import { isLocal } from "./uri.ts";

/** Domain type of libvirt: hardware virtualisation, or emulation, which is 10 to 20 times slower. */
export type DomainType = "kvm" | "qemu";

/** Whether this machine can run guests in hardware, and if not, why. */
export interface Virtualisation {
  readonly type: DomainType;
  /** What was found, as half a sentence. */
  readonly reason: string;
}

/** What {@link inspectVirtualisation} reads; replaced in tests. */
export interface Processor {
  /** Text of /proc/cpuinfo. */
  readonly cpuinfo: string;
  readonly architecture: string;
  /** Undefined when /dev/kvm can be opened, else the reason. */
  readonly kvmProblem: string | undefined;
}

/** The domain type this machine can run. */
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
 * Both the processor's flag and /dev/kvm are asked for: in a container or a guest without nested virtualisation the
 * device can exist and open, and guests then hang. Processors other than x86 announce nothing in /proc/cpuinfo, so there
 * the device decides.
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

/** It is libvirt's QEMU that opens the device, under a user of its own, so for others than root existence must do. */
function libvirtsKvmProblem(): string | undefined {
  return process.getuid?.() === 0 ? kvmProblem() : kvmProblem("/dev/kvm", constants.F_OK);
}

/** Why KVM's device cannot be read and written here, as half a sentence; undefined when it can. */
export function kvmProblem(device = "/dev/kvm", mode = constants.R_OK | constants.W_OK): string | undefined {
  try {
    accessSync(device, mode);
    return undefined;
  } catch (error) {
    return `${device} cannot be used (${(error as NodeJS.ErrnoException).code})`;
  }
}
