import { describe, expect, test } from "vitest";
import type { StackState, StateResource } from "../../../cli/stack/state.ts";
import { setWrongClocks } from "../../../cli/recovery/wrong-clocks.ts";
import { answering } from "../../support/virsh-answers.ts";
import { urn } from "../../support/urn.ts";

const provider = (uri: string): StateResource => ({
  urn: urn("pulumi:providers:libvirt", "hypervisor"),
  type: "pulumi:providers:libvirt",
  inputs: { uri },
});
const domain = (id: string): StateResource => ({
  urn: urn("libvirt:index/domain:Domain", id),
  type: "libvirt:index/domain:Domain",
  id,
  outputs: { name: `lab-${id}` },
});
const time = (offset: number) => `Time: ${Math.floor(Date.now() / 1000) + offset}\n`;

async function setting(answers: Readonly<Record<string, string>>, uri = "qemu:///system", ids = ["w1", "w2"]) {
  const state: StackState = { resources: [provider(uri), ...ids.map(domain)], pending: [] };
  const { virsh, asked } = answering(answers);
  const said: string[] = [];
  await setWrongClocks(state, { connect: () => virsh, log: (line) => said.push(line) });
  return { asked, said };
}

const list = "list --state-running --uuid";

describe("the clocks of running machines", () => {
  test("are read once each, and not set where they are right", async () => {
    const answers = { [list]: "w1\nother\nw2\n", "domtime w1": time(0), "domtime w2": time(4) };
    expect(await setting(answers)).toEqual({ asked: [list, "domtime w1", "domtime w2"], said: [] });
  });

  test("are set where they are wrong, with a line for each", async () => {
    const answers = {
      [list]: "w1\nw2\n",
      "domtime w1": time(-240),
      "domtime w2": time(300),
      "domtime w1 --sync": "",
      "domtime w2 --sync": "",
    };
    const { asked, said } = await setting(answers);
    expect(asked.filter((command) => command.includes("--"))).toEqual([list, "domtime w1 --sync", "domtime w2 --sync"]);
    expect(said).toHaveLength(2);
    expect(said[0]).toMatch(/^the clock of lab-w1 was 2(39|40|41) s behind: it is set$/);
    expect(said[1]).toMatch(/^the clock of lab-w2 was (299|300) s ahead: it is set$/);
  });

  test("that cannot be set are logged, and stop nothing", async () => {
    const { said } = await setting({ [list]: "w1\n", "domtime w1": time(-240) });
    expect(said).toEqual([expect.stringMatching(/behind and cannot be set: no answer to domtime w1 --sync$/)]);
  });

  test("are skipped where an agent, or libvirt, does not answer", async () => {
    expect(await setting({ [list]: "w1\n" })).toEqual({ asked: [list, "domtime w1"], said: [] });
    expect(await setting({})).toEqual({ asked: [list], said: [] });
  });

  test("are skipped on a remote hypervisor, and virsh is not called without machines", async () => {
    expect(await setting({}, "qemu+ssh://host/system")).toEqual({ asked: [], said: [] });
    expect(await setting({}, "qemu:///system", [])).toEqual({ asked: [], said: [] });
  });
});
