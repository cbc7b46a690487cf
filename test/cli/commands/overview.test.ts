import { beforeEach, describe, expect, test, vi } from "vitest";
import { command as list } from "../../../cli/commands/list.ts";
import { command as status } from "../../../cli/commands/status.ts";
import { urn } from "../../support/urn.ts";
import { settingsOf } from "../stack/stack-settings.ts";

const seen = vi.hoisted(() => ({ calls: [] as string[], opened: [] as string[], answer: "" }));
const resources = [{ urn: urn("nodeforge:index:Cluster", "lab"), type: "nodeforge:index:Cluster" }];

vi.mock("../../../cli/session.ts", () => ({
  openSession: (choice: { stack: string }) => {
    seen.opened.push(choice.stack);
    const capture = (args: readonly string[]) => {
      seen.calls.push(args.join(" "));
      if (args[1] === "ls") return Promise.resolve('[{"name":"lab"},{"name":"organization/nodeforge/dev"}]');
      if (args[1] === "export") {
        return Promise.resolve(JSON.stringify({ deployment: args.at(-1) === "lab" ? { resources } : {} }));
      }
      return Promise.reject(new Error("no output"));
    };
    const settings = () => settingsOf({ libvirtUri: "qemu:///system" });
    return Promise.resolve({ stack: choice.stack, variables: {}, settings, capture });
  },
}));
vi.mock("../../../libvirt/virsh.ts", async (original) => ({
  ...(await original<object>()),
  virshFor: () => () => (seen.answer === "" ? Promise.resolve("") : Promise.reject(new Error(seen.answer))),
}));
vi.mock("../../../cli/runs/archive.ts", () => ({ listRuns: () => Promise.resolve([]) }));
vi.mock("../../../cli/kubeconfig/context.ts", () => ({ findContext: () => Promise.resolve(undefined) }));

let printed: string;
beforeEach(() => {
  Object.assign(seen, { calls: [], opened: [], answer: "" });
  printed = "";
  vi.spyOn(console, "log").mockImplementation((text: string) => void (printed += `${text}\n`));
});

describe("list", () => {
  test("reads every stack of the backend, in the order of their names", async () => {
    expect(await list([])).toBe(0);
    expect(seen.calls).toEqual(["stack ls --json", "stack export --stack dev", "stack export --stack lab"]);
    expect(printed).toMatch(/^CLUSTER +STACK +CHECKOUT .*\n- +dev .*\nlab +lab .*\n$/);
  });

  test("prints JSON, and has exit code 1 where a hypervisor does not answer", async () => {
    seen.answer = "virsh: refused";
    expect(await list(["--json"])).toBe(1);
    const { clusters, problems } = JSON.parse(printed) as { clusters: { stack: string }[]; problems: string[] };
    expect(clusters.map(({ stack }) => stack)).toEqual(["dev", "lab"]);
    expect(problems).toEqual(["a hypervisor does not answer: virsh: refused"]);
  });
});

describe("status", () => {
  test("of a cluster without a kubeconfig names the reason, and has exit code 1", async () => {
    expect(await status(["--stack", "lab", "--json"])).toBe(1);
    expect(seen.opened).toEqual(["lab"]);
    const { cluster, hints } = JSON.parse(printed) as { cluster: string; hints: string[] };
    expect(cluster).toBe("lab");
    expect(hints).toHaveLength(1);
    expect(hints[0]).toContain("the API server is not ready: stack lab has no kubeconfig");
  });

  test("of a stack without a cluster is an error with the fix", async () => {
    await expect(status([])).rejects.toThrow("stack dev has no cluster. Fix: npm run up");
    expect(printed).toBe("");
  });
});
