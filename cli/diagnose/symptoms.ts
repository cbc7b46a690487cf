import { answered, find, inItems, inLog, symptom, type Evidence, type Item, type Symptom } from "./evidence.ts";

/** Finds lines about a machine that could not start: in the run, or in QEMU's log of a machine that does not run. */
export function atStart(evidence: Evidence, pattern: RegExp, items: readonly string[] = []): readonly Symptom[] {
  const runs = ({ node }: Item) => /^running/.test(find(evidence, "domain-state", node)?.text ?? "");
  return [
    ...inLog(ofLibvirt(evidence), pattern),
    ...inItems(
      sinceLast(evidence, "domain-log", /: starting up libvirt version/),
      ["domain-log"],
      pattern,
      (each) => !runs(each),
    ),
    ...inItems(evidence, items, pattern),
  ];
}

/** Matches a console's output of a running system. An earlier failure on the console is over. */
export const alive = /\bLinux version \d|^\S+ login: |Reached target .*multi-user|^Welcome to (?!GRUB)/;

/** Shortens an item to the part after its last matching line, because the part before is about an earlier start. */
export function sinceLast(evidence: Evidence, name: string, pattern: RegExp): Evidence {
  const rest = (text: string) => {
    const lines = text.split("\n");
    return lines.slice(lines.findLastIndex((line) => pattern.test(line)) + 1).join("\n");
  };
  return {
    ...evidence,
    items: evidence.items.map((each) => (each.name === name ? { ...each, text: rest(each.text) } : each)),
  };
}

/** Names of the items about storage pools. */
export function poolItems({ items }: Evidence): readonly string[] {
  return items.map(({ name }) => name).filter((name) => /^(pool|volumes)-/.test(name));
}

/** Keeps only the failures in libvirt. */
export function ofLibvirt(evidence: Evidence): Evidence {
  return only(evidence, ({ type }) => !type.startsWith("command:"));
}

/** Keeps only the failures on nodes. */
export function ofNodes(evidence: Evidence): Evidence {
  return only(evidence, ({ type }) => type.startsWith("command:"));
}

/** Keeps only the failures in one step. */
export function ofStep(evidence: Evidence, name: string): Evidence {
  return only(evidence, ({ step }) => step === name);
}

/** When the run names no failure, its whole output counts: an unknown format must not hide a symptom. */
function only(evidence: Evidence, accept: (failure: Evidence["failures"][number]) => boolean): Evidence {
  const failures = evidence.failures.filter(accept);
  const named = evidence.failures.some(({ text }) => text !== "");
  return { ...evidence, failures, log: named ? failures.map(({ text }) => text).join("") : evidence.log };
}

/** Finds conditions of nodes that match; a line is `node: Type=Status Reason: message`. */
export function ofConditions(evidence: Evidence, pattern: RegExp): readonly Symptom[] {
  return (find(evidence, "conditions")?.text ?? "").split("\n").flatMap((line) => {
    const [, node = "", condition = ""] = /^(\S+): (.*)$/.exec(line) ?? [];
    return pattern.test(condition) ? [symptom("conditions", condition, node)] : [];
  });
}

/**
 * Finds messages of the smoke check's pods: in the run, else in the events. The events count only when the step failed, because
 * they also have problems that are over.
 */
export function ofSmokeCheck(evidence: Evidence, message: string): readonly Symptom[] {
  if (inLog(evidence, /of \d+ pods/).length > 0) return inLog(evidence, new RegExp(message));
  const isOfRun = () => evidence.failures.some(({ step }) => step === "add-ons");
  return inItems(evidence, ["events"], new RegExp(`Startup probe failed: .*${message}`), isOfRun);
}

/** Finds running machines that use DHCP and have no lease. */
export function withoutLease(evidence: Evidence): readonly Symptom[] {
  // libvirt does not know the leases of another DHCP server on an existing network.
  const isServed = (name: string) => find(evidence, `definition-${name}`)?.text.includes("<dhcp>") ?? false;
  const leases = evidence.items.filter(
    ({ name, missing }) => /^leases-/.test(name) && missing === undefined && isServed(name.replace("leases-", "")),
  );
  if (leases.length === 0) return [];
  return evidence.nodes
    .filter(({ name, leased, mac }) => leased && mac !== undefined && !answered(evidence, name))
    .filter(({ name }) => /^running/.test(find(evidence, "domain-state", name)?.text ?? ""))
    .filter(({ mac = "" }) => leases.every(({ text }) => !text.toLowerCase().includes(mac.toLowerCase())))
    .map(({ name, mac = "" }) => symptom(leases[0]?.name ?? "", `no lease for ${mac}`, name));
}

/** Seconds that a node's clock may be off. The request itself takes some of them. */
const clockTolerance = 60;

/** Finds nodes whose clock was wrong when they were asked. */
export function wrongClocks(evidence: Evidence): readonly Symptom[] {
  return evidence.nodes.flatMap(({ name }) => {
    const text = find(evidence, "clock", name)?.text ?? "";
    const [, from, to] = (/^asked ([\d.]+) ([\d.]+)$/m.exec(text) ?? []).map(Number);
    const [, there] = (/^node (\d+)$/m.exec(text) ?? []).map(Number);
    if (from === undefined || to === undefined || there === undefined) return [];
    const off = there < from - clockTolerance ? there - from : there > to + clockTolerance ? there - to : 0;
    return off === 0 ? [] : [symptom("clock", `the node's clock is off by ${Math.round(off)} s`, name)];
  });
}

/** Finds errors about expired certificates, unless a clock is wrong: the certificate's end has to be in the past. */
export function expiredCertificates(evidence: Evidence): readonly Symptom[] {
  if (wrongClocks(evidence).length > 0) return [];
  const pattern = /certificate has expired or is not yet valid|tls: expired certificate/;
  const items = ["api-server", "nodes", "etcd", "kube-apiserver", "kubelet"];
  const hasExpired = ({ line }: Symptom) => {
    // Go distinguishes: `current time A is after B`, or before B for a certificate that is not valid yet.
    const [, relation, limit = ""] = /current time \S+ is (after|before) ([\d:TZ.+-]+)/.exec(line) ?? [];
    // Without a date in the line the clocks decide, if a node answered with its own.
    if (relation === undefined) return line.includes("tls: expired certificate") || askedAt(evidence) !== undefined;
    return relation === "after" && Date.parse(limit) < (askedAt(evidence) ?? Date.now());
  };
  return [...inLog(evidence, pattern), ...inItems(evidence, items, pattern)].filter(hasExpired);
}

/** Time of asking a node for its clock, by this machine's clock, in milliseconds; undefined when no node answered. */
function askedAt({ items }: Evidence): number | undefined {
  const answers = items.map(({ name, text }) => (name === "clock" ? /^asked [\d.]+ ([\d.]+)$/m.exec(text) : null));
  const [, to] = answers.find((match) => match !== null) ?? [];
  return to === undefined ? undefined : Number(to) * 1000;
}
