import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { command } from "../../../cli/commands/destroy.ts";
import { settingsOf } from "../stack/stack-settings.ts";
import { urn } from "../../support/urn.ts";

/** Events in their order. */
let happened: string[];
let said: string;
const situation = vi.hoisted(() => ({
  answer: false,
  unattended: false,
  events: [] as string[],
  /** Exit code of Pulumi. */
  code: 0,
  throws: false,
  /** States of which the context was removed. */
  removed: [] as object[],
}));

const resources = [
  {
    urn: urn("libvirt:index/volume:Volume", "dev-master-data", "dev"),
    type: "libvirt:index/volume:Volume",
    protect: true,
  },
  { urn: urn("libvirt:index/domain:Domain", "dev-master", "dev"), type: "libvirt:index/domain:Domain" },
  { urn: urn("nodeforge:index:Cluster", "dev", "dev"), type: "nodeforge:index:Cluster" },
];

vi.mock("../../../cli/session.ts", () => ({
  openStack: () => {
    situation.events.push("open a session");
    return Promise.resolve({
      stack: "dev",
      variables: {},
      settings: () => settingsOf({}),
      capture: (args: readonly string[]) => {
        if (args[1] !== "export") situation.events.push(args.slice(0, 2).join(" "));
        return Promise.resolve(JSON.stringify({ deployment: { resources: resources } }));
      },
      pulumi: (args: readonly string[]) => {
        situation.events.push(args.join(" "));
        if (situation.throws) return Promise.reject(new Error("no Pulumi"));
        return Promise.resolve(situation.code);
      },
    });
  },
}));
vi.mock("../../../cli/recovery/recover.ts", () => ({
  recover: () => Promise.resolve({ hold: undefined, state: { resources, pending: [] } }),
}));
vi.mock("../../../cli/kubeconfig/context.ts", () => ({
  removeDeadContext: (_: object, before: object) => Promise.resolve(void situation.removed.push(before)),
}));
vi.mock("../../../cli/diagnose/after-failure.ts", () => ({
  concernsResource: () => false,
  explainingFailure: (_: object, work: () => Promise<number>) => work(),
}));
vi.mock("../../../cli/consent/consent.ts", async (original) => ({
  ...(await original<object>()),
  isUnattended: () => situation.unattended,
  confirm: () => {
    situation.events.push("question");
    return Promise.resolve(situation.answer);
  },
}));

beforeEach(() => {
  happened = situation.events = [];
  situation.code = 0;
  situation.throws = false;
  situation.removed = [];
  said = "";
  vi.spyOn(console, "error").mockImplementation((text: string) => void (said += `${text}\n`));
});
afterEach(() => void vi.restoreAllMocks());

describe("a destroy", () => {
  test("lists all resources and asks before it changes anything", async () => {
    situation.answer = true;
    expect(await command([])).toBe(0);
    expect(happened).toEqual([
      "open a session",
      "question",
      "state unprotect",
      "destroy --stack dev --yes",
      "state protect",
    ]);
    expect(said).toBe("Stack dev has:\n  volume   dev-master-data (protected)\n  machine  dev-master\n");
  });

  test("changes nothing after another answer", async () => {
    situation.answer = false;
    expect(await command(["--target", "x"])).toBe(0);
    expect(happened).toEqual(["open a session", "question"]);
    expect(said).toContain("Your arguments limit the destroy: --target x\n");
    expect(said).toContain("confirmation declined");
  });

  test("asks nothing with --yes", async () => {
    expect(await command(["--yes"])).toBe(0);
    expect(happened.slice(1)).toEqual(["state unprotect", "destroy --stack dev --yes", "state protect"]);
  });

  test.each([0, 255])("that ends with %d looks for a context without a control plane", async (code) => {
    situation.code = code;
    expect(await command(["--yes"])).toBe(code);
    expect(situation.removed).toEqual([{ resources, pending: [] }]);
  });

  test("that throws looks for it, too", async () => {
    situation.throws = true;
    await expect(command(["--yes"])).rejects.toThrow("no Pulumi");
    expect(situation.removed).toHaveLength(1);
  });

  test("that is only shown changes no kubeconfig", async () => {
    expect(await command(["--preview-only"])).toBe(0);
    expect(situation.removed).toEqual([]);
  });

  test("without a terminal is refused before it opens a session", async () => {
    situation.unattended = true;
    await expect(command(["--stack", "lab"])).rejects.toThrow(
      /deletes the machines, volumes and data of stack lab.*To agree: npm run destroy -- --stack lab --yes$/,
    );
    expect(happened).toEqual([]);
    situation.unattended = false;
  });
});

describe("the question", () => {
  /** Asks on a new terminal and types an answer. @returns the screen. */
  async function asked(input: string): Promise<string> {
    const program =
      `import { confirm } from "./cli/consent/consent.ts"; ` +
      `console.log((await confirm("Destroy this?")) ? "agreed" : "declined");`;
    const line = `${process.execPath} --input-type=module --eval '${program}'`;
    const args = ["--quiet", "--return", "--command", line, "/dev/null"];
    const subprocess = execa("script", args, { reject: false, timeout: 20_000 });
    let shown = "";
    subprocess.stdout.on("data", (text: Buffer) => {
      const isAsked = shown.includes("confirms: ");
      shown += text.toString();
      // The question reads only input that comes after it.
      if (!isAsked && shown.includes("confirms: ")) subprocess.stdin.write(input);
    });
    await subprocess;
    return shown;
  }

  test.each([
    ["yes\n", "agreed"],
    ["y\n", "declined"],
    ["\n", "declined"],
    ["\u0003", "declined"],
    ["\u0004", "declined"],
  ])("with the answer %j is %s", async (input, outcome) => {
    const shown = await asked(input);
    expect(shown).toContain("Destroy this? Only `yes` confirms: ");
    expect(shown).toMatch(new RegExp(`${outcome}\\s*$`));
  });
});
