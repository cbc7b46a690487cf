import { accessSync, constants, readFileSync } from "node:fs";

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

/** Whether a libvirt URI means this machine, however its daemon is reached. */
export function isLocalHypervisor(uri: string): boolean {
  return /^qemu(\+unix)?:\/\/\//.test(uri);
}

/**
 * The domain type that `auto` stands for. What this machine can do says nothing of a remote hypervisor, and one without
 * KVM is the rare case.
 */
export function automaticDomainType(uri: string, local: DomainType): DomainType {
  return isLocalHypervisor(uri) ? local : "kvm";
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
