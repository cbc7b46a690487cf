import { beforeEach, describe, expect, test } from "vitest";
import { Guests } from "../engine/guests.ts";
import { virsh } from "../engine/virsh.ts";
import { World } from "../engine/world.ts";

let world: World;
let guests: Guests;

/** Runs a command of the fake virsh that the engine tier puts on PATH. */
const ask = (command: string) => virsh({ world, guests }, command.split(" "));

function put(kind: string, taken: string, properties: Record<string, unknown> = {}): void {
  const type = `libvirt:index/${kind.toLowerCase()}:${kind}`;
  world.add({ urn: "", type, id: kind === "Volume" ? taken : `id-${taken}`, taken, properties }, false);
}

beforeEach(() => {
  world = new World();
  guests = new Guests();
});

describe("the fake virsh lists domains by their state", () => {
  beforeEach(() => {
    for (const name of ["running", "stopped", "never-started"]) put("Domain", name);
    for (const name of ["running", "stopped"]) {
      guests.boot({ domainId: `id-${name}`, domainName: name, lease: "", rootVolumeId: name, dataVolumeId: undefined });
    }
    guests.stop("id-stopped");
  });

  test.each([
    ["list --name", "running\n"],
    ["list --uuid", "id-running running\n"],
    ["list --inactive --name", "stopped\nnever-started\n"],
    ["list --all --name", "running\nstopped\nnever-started\n"],
  ])("%s", (command, answer) => {
    expect(ask(command)).toBe(answer);
  });

  test("and stops a running domain only once", () => {
    expect(ask("destroy running")).toBe("");
    expect(ask("list --name")).toBe("");
    expect(() => ask("destroy running")).toThrow("domain is not running");
    expect(() => ask("destroy missing")).toThrow("failed to get domain 'missing'");
  });
});

describe.each([
  ["pool", "Pool"],
  ["net", "Network"],
])("the fake virsh lists each %s by its state", (word, kind) => {
  beforeEach(() => {
    put(kind, "on");
    put(kind, "off", { active: false });
  });

  test.each([
    ["without an option", `${word}-list --name`, "on\n"],
    ["with --inactive", `${word}-list --inactive --name`, "off\n"],
    ["with --all", `${word}-list --all --name`, "on\noff\n"],
  ])("%s", (_, command, answer) => {
    expect(ask(command)).toBe(answer);
  });

  test("starts what is inactive and stops what is active, and refuses the opposite", () => {
    expect(() => ask(`${word}-destroy off`)).toThrow("is not active");
    expect(() => ask(`${word}-start on`)).toThrow("is already active");
    ask(`${word}-start off`);
    ask(`${word}-destroy on`);
    expect([ask(`${word}-list --name`), ask(`${word}-list --inactive --name`)]).toEqual(["off\n", "on\n"]);
  });
});

describe("the fake virsh reads a volume", () => {
  beforeEach(() => put("Volume", "/pools/data/disk"));

  test("of an active pool", () => {
    put("Pool", "data");
    expect(ask("vol-path --pool data disk")).toBe("/pools/data/disk");
    expect(ask("vol-list --pool data")).toBe(" disk   /pools/data/disk\n");
    expect(() => ask("pool-undefine data")).toThrow("still active");
  });

  test.each(["vol-path --pool data disk", "vol-list --pool data", "vol-delete --pool data disk", "pool-refresh data"])(
    "but refuses `%s` while its pool is inactive",
    (command) => {
      put("Pool", "data", { active: false });
      expect(() => ask(command)).toThrow("storage pool 'data' is not active");
      expect(world.ofKind("Volume")).toHaveLength(1);
    },
  );
});

test("the fake virsh refuses a command that the tests do not expect", () => {
  expect(() => ask("migrate lab-master")).toThrow("the tests expect no virsh migrate");
});
