import { answered, find, inItems, inLog, sign, type Evidence, type Item, type Sign } from "./evidence.ts";

/** What speaks for a machine that could not start: the run, or what QEMU said of one that does not run now. */
export function atStart(evidence: Evidence, pattern: RegExp, items: readonly string[] = []): readonly Sign[] {
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

/** What a console shows once a system runs; a failure before it was overcome. */
export const alive = /\bLinux version \d|^\S+ login: |Reached target .*multi-user|^Welcome to (?!GRUB)/;

/** The evidence with only that part of an item which follows its last matching line: what was before is another life. */
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

/** The evidence with those failures only that happened in libvirt. */
export function ofLibvirt(evidence: Evidence): Evidence {
  return only(evidence, ({ type }) => !type.startsWith("command:"));
}

/** The evidence with those failures only that happened on nodes. */
export function ofNodes(evidence: Evidence): Evidence {
  return only(evidence, ({ type }) => type.startsWith("command:"));
}

/** The evidence with those failures only that happened in one step. */
export function ofStep(evidence: Evidence, wanted: string): Evidence {
  return only(evidence, ({ step }) => step === wanted);
}

/** Without a failure that the run names, its whole text counts: an old format must not hide what it says. */
function only(evidence: Evidence, accept: (failure: Evidence["failures"][number]) => boolean): Evidence {
  const failures = evidence.failures.filter(accept);
  const named = evidence.failures.some(({ text }) => text !== "");
  return { ...evidence, failures, log: named ? failures.map(({ text }) => text).join("") : evidence.log };
}

/** Conditions of nodes that match; a line is `node: Type=Status Reason: message`. */
export function ofConditions(evidence: Evidence, pattern: RegExp): readonly Sign[] {
  return (find(evidence, "conditions")?.text ?? "").split("\n").flatMap((line) => {
    const [, node = "", condition = ""] = /^(\S+): (.*)$/.exec(line) ?? [];
    return pattern.test(condition) ? [sign("conditions", condition, node)] : [];
  });
}

/** What the smoke check's pods said: in the run, or else in events, which also tell what was overcome. */
export function ofSmokeCheck(evidence: Evidence, saying: string): readonly Sign[] {
  if (inLog(evidence, /of \d+ pods/).length > 0) return inLog(evidence, new RegExp(saying));
  const isOfRun = () => evidence.failures.some(({ step }) => step === "add-ons");
  return inItems(evidence, ["events"], new RegExp(`Startup probe failed: .*${saying}`), isOfRun);
}

/** Machines that run, should have asked for a lease and have none. */
export function withoutLease(evidence: Evidence): readonly Sign[] {
  // On an existing network somebody else may hand out the addresses, of which libvirt hears nothing.
  const isServed = (name: string) => find(evidence, `definition-${name}`)?.text.includes("<dhcp>") ?? false;
  const leases = evidence.items.filter(
    ({ name, missing }) => /^leases-/.test(name) && missing === undefined && isServed(name.replace("leases-", "")),
  );
  if (leases.length === 0) return [];
  return evidence.nodes
    .filter(({ name, leased, mac }) => leased && mac !== undefined && !answered(evidence, name))
    .filter(({ name }) => /^running/.test(find(evidence, "domain-state", name)?.text ?? ""))
    .filter(({ mac = "" }) => leases.every(({ text }) => !text.toLowerCase().includes(mac)))
    .map(({ name, mac = "" }) => sign(leases[0]?.name ?? "", `no lease for ${mac}`, name));
}

/** Seconds a node's clock may be off; asking it takes part of that. */
const clockTolerance = 60;

/** Nodes whose clock was wrong while they were asked. */
export function wrongClocks(evidence: Evidence): readonly Sign[] {
  return evidence.nodes.flatMap(({ name }) => {
    const text = find(evidence, "clock", name)?.text ?? "";
    const [, from, to] = (/^asked ([\d.]+) ([\d.]+)$/m.exec(text) ?? []).map(Number);
    const [, there] = (/^node (\d+)$/m.exec(text) ?? []).map(Number);
    if (from === undefined || to === undefined || there === undefined) return [];
    const off = there < from - clockTolerance ? there - from : there > to + clockTolerance ? there - to : 0;
    return off === 0 ? [] : [sign("clock", `the node's clock is off by ${Math.round(off)} s`, name)];
  });
}

/** What says that a certificate has ended, where no clock is wrong: the time it was judged at has really come. */
export function endedCertificates(evidence: Evidence): readonly Sign[] {
  if (wrongClocks(evidence).length > 0) return [];
  const pattern = /certificate has expired or is not yet valid|tls: expired certificate/;
  const items = ["api-server", "nodes", "etcd", "kube-apiserver", "kubelet"];
  const hasEnded = ({ line }: Sign) => {
    // Go says which: `current time A is after B`, or before it, of a certificate that is of the future.
    const [, way, limit = ""] = /current time \S+ is (after|before) ([\d:TZ.+-]+)/.exec(line) ?? [];
    // A line that says no date leaves the clocks to decide, where a node has told its own.
    if (way === undefined) return line.includes("tls: expired certificate") || askedAt(evidence) !== undefined;
    return way === "after" && Date.parse(limit) < (askedAt(evidence) ?? Date.now());
  };
  return [...inLog(evidence, pattern), ...inItems(evidence, items, pattern)].filter(hasEnded);
}

/** When a node was asked for its clock, by the clock of this machine, in milliseconds; undefined where none told it. */
function askedAt({ items }: Evidence): number | undefined {
  const told = items.map(({ name, text }) => (name === "clock" ? /^asked [\d.]+ ([\d.]+)$/m.exec(text) : null));
  const [, to] = told.find((match) => match !== null) ?? [];
  return to === undefined ? undefined : Number(to) * 1000;
}
