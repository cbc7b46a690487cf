import { isRecord } from "../lib/record.ts";

/** End of a program on a node, as guest-exec-status tells it. */
interface ProgramStatus {
  readonly hasExited: boolean;
  readonly exitCode: number | undefined;
  readonly stderr: string;
}

/** Returns the value in an answer of a guest agent, which may be compromised. @throws when it is no answer. */
export function returnOf(text: string): unknown {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    // Reported below.
  }
  if (isRecord(answer) && "return" in answer) return answer.return;
  throw new Error(`the guest agent answered ${JSON.stringify(text.slice(0, 80))}, expected JSON with "return"`);
}

/** Returns the ssh host key in the answer of guest-file-read. @param file For the error. @throws when it has no ed25519 key. */
export function hostKeyOf(answer: unknown, file: string): string {
  const [type, key = ""] = decoded(isRecord(answer) ? answer["buf-b64"] : "").split(/\s+/);
  if (type !== "ssh-ed25519" || !/^[A-Za-z0-9+/]+=*$/.test(key)) throw new Error(`${file} has no ed25519 key yet`);
  return `${type} ${key}`;
}

/**
 * Returns the texts that the answer of guest-network-get-interfaces has as addresses of one interface.
 * @param mac MAC address of the interface; "" for the first one that is not the loopback.
 */
export function addressesOf(answer: unknown, mac: string): readonly string[] {
  const isLan = ({ name, "hardware-address": own }: Readonly<Record<string, unknown>>) =>
    mac === "" ? name !== "lo" : typeof own === "string" && own.toLowerCase() === mac;
  const addresses = recordsOf(answer).find(isLan)?.["ip-addresses"];
  return recordsOf(addresses)
    .map((each) => each["ip-address"])
    .filter((address) => typeof address === "string");
}

/** Returns the number of the process in the answer of guest-exec. @throws when it has none. */
export function processOf(answer: unknown): number {
  if (isRecord(answer) && typeof answer.pid === "number") return answer.pid;
  throw new Error("the guest agent started no program, expected an answer with a process number");
}

/** Returns the status in the answer of guest-exec-status. One of another shape has not exited. */
export function statusOf(answer: unknown): ProgramStatus {
  const { exited, exitcode, "err-data": errors } = isRecord(answer) ? answer : {};
  const exitCode = typeof exitcode === "number" ? exitcode : undefined;
  return { hasExited: exited === true, exitCode, stderr: decoded(errors).trim() };
}

function recordsOf(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? (value as readonly unknown[]).filter(isRecord) : [];
}

function decoded(base64: unknown): string {
  return Buffer.from(typeof base64 === "string" ? base64 : "", "base64").toString("utf8");
}
