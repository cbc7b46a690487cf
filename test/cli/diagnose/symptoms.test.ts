import { describe, expect, test } from "vitest";
import {
  alive,
  expiredCertificates,
  ofConditions,
  ofLibvirt,
  ofNodes,
  ofStep,
  poolItems,
  sinceLast,
  withoutLease,
  wrongClocks,
} from "../../../cli/diagnose/symptoms.ts";
import { asked, but, failedRun, healthy } from "./evidence.ts";

describe("a healthy cluster", () => {
  test("has no wrong clock, no missing lease and no expired certificate", () => {
    const evidence = healthy();
    expect([wrongClocks(evidence), withoutLease(evidence), expiredCertificates(evidence)]).toEqual([[], [], []]);
  });
});

describe("the clock of a node", () => {
  const at = (seconds: number) =>
    wrongClocks(but(healthy(), "clock", "master", `asked ${asked} ${asked + 90}\nnode ${asked + seconds}\n`));

  test.each([-60, 0, 90, 150])("may be %i s from the start of the question", (seconds) => {
    expect(at(seconds)).toEqual([]);
  });

  test.each([
    [-61, -61],
    [151, 61],
    [-86_400, -86_400],
  ])("is wrong at %i s from the start of the question", (seconds, off) => {
    expect(at(seconds)).toEqual([{ where: "clock", line: `the node's clock is off by ${off} s`, node: "master" }]);
  });

  test("is not judged when the node did not tell it", () => {
    expect(wrongClocks(but(healthy(), "clock", "master", `asked ${asked} ${asked + 90}\n`))).toEqual([]);
  });
});

describe("an expired certificate", () => {
  const [before, after] = [asked - 1000, asked + 1000].map((time) => new Date(time * 1000).toISOString());
  const within = (line: string) => expiredCertificates(but(healthy(), "kubelet", "master", `${line}\n`));
  const error = "x509: certificate has expired or is not yet valid";

  test.each([
    ["its end is in the past", `${error}: current time X is after ${before}`],
    ["the line has no date, and a node told its clock", error],
    ["the other side refuses it", "remote error: tls: expired certificate"],
  ])("is found when %s", (_, line) => {
    expect(within(line)).toEqual([{ where: "kubelet", line, node: "master" }]);
  });

  test.each([
    ["its end is in the future", `${error}: current time X is after ${after}`],
    ["it is not valid yet", `${error}: current time X is before ${before}`],
    ["the error is about something else", "x509: certificate signed by unknown authority"],
  ])("is not found when %s", (_, line) => {
    expect(within(line)).toEqual([]);
  });

  test("is not found while a clock is wrong", () => {
    const wrong = but(healthy(), "clock", "master", `asked ${asked} ${asked + 90}\nnode ${asked - 9999}\n`);
    expect(expiredCertificates(but(wrong, "kubelet", "master", `${error}\n`))).toEqual([]);
  });
});

describe("a lease", () => {
  const header = " Expiry Time   MAC address   Protocol\n";
  const worker = { where: "leases-lab", line: "no lease for 52:54:79:3a:a5:20", node: "worker-node-1" };
  const unanswered = () => {
    const evidence = but(healthy(), "leases-lab", undefined, `${header} x   52:54:ac:74:0d:61   ipv4\n`);
    const hypervisors = ["domain-state", "domain", "domain-log", "console"];
    const items = evidence.items.filter(({ name, node }) => node !== "worker-node-1" || hypervisors.includes(name));
    return { ...evidence, items };
  };

  test("is missing for a running node that does not answer", () => {
    expect(withoutLease(unanswered())).toEqual([worker]);
  });

  test.each([
    ["has one in capital letters", "leases-lab", undefined, `${header} x   52:54:79:3A:A5:20   ipv4\n`],
    ["does not run", "domain-state", "worker-node-1", "shut off (crashed)\n"],
    ["is on a network without DHCP of libvirt", "definition-lab", undefined, "<network/>"],
  ])("is not missing for a node that %s", (_, item, of, text) => {
    expect(withoutLease(but(unanswered(), item, of, text))).toEqual([]);
  });
});

test("conditions of nodes are found by their text, each with its node", () => {
  expect(ofConditions(healthy(), /^Ready=True/)).toEqual([
    { where: "conditions", line: "Ready=True KubeletReady: kubelet is posting ready status", node: "master" },
    { where: "conditions", line: "Ready=True KubeletReady: kubelet is posting ready status", node: "worker-node-1" },
  ]);
  expect(ofConditions(healthy(), /^Ready=False/)).toEqual([]);
  expect(ofConditions({ ...healthy(), items: [] }, /./)).toEqual([]);
});

test("an item is shortened to the part after its last matching line", () => {
  const textOf = (text: string) => sinceLast(but(healthy(), "x", undefined, text), "x", /start/).items.at(-1)?.text;
  expect([textOf("a\nstart\nb\nstart 2\nc\nd"), textOf("a\nb"), textOf("a\nstart")]).toEqual(["c\nd", "a\nb", ""]);
});

test("the items about pools are those of pools and of their volumes", () => {
  const evidence = but(healthy(), "volumes-nodeforge-lab", undefined, "");
  expect(poolItems(evidence)).toEqual(["pool-nodeforge-lab", "volumes-nodeforge-lab"]);
});

test.each(["[    0.000000] Linux version 6.12.57", "worker login: ", "[  OK  ] Reached target multi-user.target"])(
  "a system that runs prints %j",
  (line) => {
    expect(line).toMatch(alive);
  },
);

test.each(["Welcome to GRUB!", "Boot failed: not a bootable disk", "login incorrect"])(
  "a system that does not run prints %j",
  (line) => {
    expect(line).not.toMatch(alive);
  },
);

describe("the failures of a run", () => {
  const onNode = failedRun(healthy(), { text: "exit status 1", step: "join" });
  const inLibvirt = failedRun(healthy(), {
    text: "no space left",
    type: "libvirt:index/volume:Volume",
    step: "disks",
  });

  test("are kept by the place and by the step", () => {
    const counts = [ofNodes(onNode), ofLibvirt(onNode), ofNodes(inLibvirt), ofLibvirt(inLibvirt)];
    expect(counts.map(({ log }) => log)).toEqual(["exit status 1", "", "", "no space left"]);
    expect([ofStep(onNode, "join").log, ofStep(onNode, "init").log]).toEqual(["exit status 1", ""]);
  });

  test("are the whole output when the run names none", () => {
    const unnamed = { ...healthy(), log: "an unknown format" };
    expect([ofNodes(unnamed).log, ofLibvirt(unnamed).log, ofStep(unnamed, "join").log]).toEqual([
      "an unknown format",
      "an unknown format",
      "an unknown format",
    ]);
  });
});
