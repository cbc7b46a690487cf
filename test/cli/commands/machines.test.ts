import { beforeEach, describe, expect, test, vi } from "vitest";
import { command as console_ } from "../../../cli/commands/console.ts";
import { command as logs } from "../../../cli/commands/logs.ts";
import { command as revert } from "../../../cli/commands/revert.ts";
import { command as snapshot } from "../../../cli/commands/snapshot.ts";
import { command as ssh } from "../../../cli/commands/ssh.ts";
import { command as start } from "../../../cli/commands/start.ts";
import { command as stop } from "../../../cli/commands/stop.ts";
import { settingsOf } from "../stack/stack-settings.ts";
import { clusterOfMachines } from "../machines/cluster-state.ts";

const seen = vi.hoisted(() => ({ calls: [] as unknown[][] }));
const identity = JSON.stringify({ address: "192.168.222.10", hostKey: "ssh-ed25519 AAAA" });
const state = clusterOfMachines([{ name: "master", uuid: "id-1", identity }]);

vi.mock("../../../cli/session.ts", () => {
  const open = (choice: { stack: string }, needs: object) => {
    seen.calls.push(["session", choice.stack, needs]);
    const capture = () => Promise.resolve(JSON.stringify({ deployment: { resources: state.resources } }));
    return Promise.resolve({
      stack: choice.stack,
      variables: {},
      settings: () => settingsOf({ sshUser: "root" }),
      capture,
    });
  };
  return { openSession: open, openStack: open };
});
vi.mock("../../../cli/recovery/recover.ts", () => ({ recover: () => Promise.resolve({ state, hold: undefined }) }));
vi.mock("../../../cli/machines/node-session.ts", async (original) => ({
  ...(await original<object>()),
  runOnNode: (machine: { name: string }, _: unknown, words: readonly string[]) => {
    seen.calls.push(["node", machine.name, ...words]);
    return Promise.resolve(7);
  },
}));
vi.mock("../../../cli/machines/take-snapshot.ts", () => ({
  takeSnapshot: (name: string) => Promise.resolve(void seen.calls.push(["take", name])),
  removeSnapshot: (name: string) => Promise.resolve(void seen.calls.push(["remove", name])),
}));
vi.mock("../../../cli/machines/snapshots.ts", async (original) => ({
  ...(await original<object>()),
  snapshotsOf: () => Promise.resolve([]),
}));
vi.mock("../../../cli/machines/stop.ts", () => ({
  stopMachines: (_: unknown, options: object) => {
    seen.calls.push(["stop", options]);
    return Promise.resolve([{ node: "master", role: "control-plane", domain: "d", before: "running", after: "saved" }]);
  },
}));

let printed: string;
beforeEach(() => {
  seen.calls.length = 0;
  printed = "";
  vi.spyOn(console, "log").mockImplementation((text: string) => void (printed += `${text}\n`));
  vi.spyOn(process.stdout, "write").mockImplementation((text) => Boolean((printed += String(text))));
});

const opened = () => seen.calls.filter(([what]) => what === "session").map(([, stack]) => stack);
const others = () => seen.calls.filter(([what]) => what !== "session");

describe("--help", () => {
  test.each([
    ["ssh", ssh],
    ["console", console_],
    ["logs", logs],
    ["stop", stop],
    ["start", start],
    ["snapshot", snapshot],
    ["revert", revert],
  ])("of %s prints its usage and examples, and opens nothing", async (name, command) => {
    expect(await command(["--help"])).toBe(0);
    expect(printed).toContain(`Usage: npm run ${name} --`);
    expect(printed).toContain(`npm run ${name}`);
    expect(seen.calls).toEqual([]);
  });
});

describe("ssh", () => {
  test.each([[["master", "--", "ls", "-l"]], [["master", "ls", "-l"]]])(
    "runs the words after the node, and returns their exit code (%j)",
    async (args) => {
      expect(await ssh(args)).toBe(7);
      expect(others()).toEqual([["node", "master", "ls", "-l"]]);
    },
  );

  test("takes --stack before the node, and leaves every later option to the command", async () => {
    await ssh(["--stack", "lab", "master", "ls", "--stack", "x", "--help"]);
    expect(opened()).toEqual(["lab"]);
    expect(others()).toEqual([["node", "master", "ls", "--stack", "x", "--help"]]);
  });

  test("names the nodes of the stack for an unknown one, and needs one", async () => {
    await expect(ssh(["other"])).rejects.toThrow('has no node "other", it has master');
    await expect(ssh([])).rejects.toThrow("expected the name of a node first, got nothing");
    expect(others()).toEqual([]);
  });
});

describe("logs", () => {
  test("asks for a unit with the options, and passes other ones to journalctl", async () => {
    expect(await logs(["master", "etcd", "-f", "-n", "5", "--boot=-1"])).toBe(7);
    const words = (others()[0] as string[]).join(" ");
    expect(words).toBe("node master journalctl --no-pager --unit 'etcd' --lines 5 --follow '--boot=-1'");
  });

  test("asks for the usual units without one", async () => {
    await logs(["master", "--since", "1 hour ago", "--stack", "lab"]);
    expect(opened()).toEqual(["lab"]);
    expect((others()[0] as string[]).join(" ")).toContain("--unit 'kubelet' --unit 'containerd'");
  });

  test("refuses a wrong number of lines, and a missing node", async () => {
    await expect(logs(["master", "-n", "0"])).rejects.toThrow("Expected a whole number of at least 1");
    await expect(logs(["--follow"])).rejects.toThrow("expected the name of a node first, got nothing");
    expect(seen.calls).toEqual([]);
  });
});

describe("snapshot", () => {
  test.each([
    [["before"], "dev", [["take", "before"]]],
    [["before", "--stack", "lab"], "lab", [["take", "before"]]],
    [["--stack", "lab", "before"], "lab", [["take", "before"]]],
    [["delete", "before", "--stack", "lab"], "lab", [["remove", "before"]]],
    [["list", "--stack", "lab"], "lab", []],
    [[], "dev", []],
  ])("%j works on stack %s", async (args, stack, expected) => {
    vi.stubEnv("PULUMI_STACK", "");
    expect(await snapshot(args)).toBe(0);
    expect(opened()).toEqual([stack]);
    expect(others()).toEqual(expected);
  });

  test("lists as a table, or as JSON", async () => {
    await snapshot(["list"]);
    await snapshot(["list", "--json"]);
    expect(printed).toBe("there is no snapshot\n[]\n");
  });

  test("refuses a wrong name, a second name and an unknown option before it opens the stack", async () => {
    await expect(snapshot(["a b"])).rejects.toThrow('got "a b"');
    await expect(snapshot(["a", "b"])).rejects.toThrow("too many arguments");
    await expect(snapshot(["a", "--force"])).rejects.toThrow("unknown option '--force'");
    expect(seen.calls).toEqual([]);
  });
});

test("stop prints its machines, with --json for a program", async () => {
  await stop(["--json", "--shutdown", "--timeout", "5"]);
  expect(JSON.parse(printed)).toMatchObject([{ node: "master", after: "saved" }]);
  expect(others()).toEqual([["stop", { shutdown: true, timeoutSeconds: 5 }]]);
  await expect(stop(["--timeout", "-1"])).rejects.toThrow("npm run stop");
});

test("a revert without a terminal needs --yes, and says the command", async () => {
  await expect(revert(["before", "--stack", "lab"])).rejects.toThrow(
    "revert loses everything since snapshot before, and there is no terminal to confirm it; nothing was changed. " +
      "To agree: npm run revert -- --stack lab before --yes",
  );
  expect(seen.calls).toEqual([]);
  await expect(revert(["before", "--yes"])).rejects.toThrow('there is no snapshot "before", there is none');
});
