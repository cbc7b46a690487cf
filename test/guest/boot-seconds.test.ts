import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../support/folder.ts";

/** Start and end of a stage, as cloud-init writes them; null when it did not run. */
type Stage = readonly [start: number | null, finished: number | null];

/** A status of cloud-init. */
function statusOf(stages: Readonly<Record<string, Stage>>, indent?: number): string {
  const written = Object.entries(stages).map(([name, [start, finished]]) => [name, { errors: [], start, finished }]);
  const datasource = "DataSourceNoCloud [seed=/dev/sr0]";
  return JSON.stringify({ v1: { datasource, stage: null, ...(Object.fromEntries(written) as object) } }, null, indent);
}

const now = 1_795_637_500;
const uptime = 60.5;
const poweredOn = now - 60;

/** Runs boot_seconds on a machine that has been up for a minute. */
function bootSeconds(status: string | undefined, up = uptime) {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "uptime"), `${up.toFixed(2)} 11.00\n`);
  if (status !== undefined) writeFileSync(join(folder, "status.json"), status);
  const library = ["guest/lib/common.sh", "guest/lib/boot-seconds.sh"]
    .map((file) => readFileSync(file, "utf8"))
    .join("")
    .replaceAll("/proc/uptime", join(folder, "uptime"))
    .replaceAll("/run/cloud-init/", `${folder}/`);
  const script = `${library}\ndate() { echo ${now}; }\nprintf '{%s"join":1}' "$(boot_seconds)"\n`;
  const { stdout, stderr, status: code } = spawnSync("bash", ["--norc", "-c", script], { encoding: "utf8" });
  expect(code).toBe(0);
  return { seconds: JSON.parse(stdout) as Record<string, number>, stderr };
}

const ran = (origin: number, fraction: number): Readonly<Record<string, Stage>> => ({
  "init-local": [origin + 9 + fraction, origin + 14 + fraction],
  init: [origin + 15 + fraction, origin + 21 + fraction],
  "modules-config": [origin + 22 + fraction, origin + 23 + fraction],
  "modules-final": [origin + 30 + fraction, origin + 31 + fraction],
});

describe("the seconds of a boot", () => {
  it.each([
    ["since power-on in whole seconds", 0, 0],
    ["since power-on, with fractions", 0, 0.87],
    ["since 1970 in whole seconds", poweredOn, 0],
    ["since 1970, with fractions", poweredOn, 0.87],
  ])("are the same for times %s", (_, origin, fraction) => {
    for (const indent of [undefined, 1]) {
      const { seconds, stderr } = bootSeconds(statusOf(ran(origin, fraction), indent));
      expect(seconds).toEqual({ boot: 9, cloudInit: 22, join: 1 });
      expect(stderr).toBe("");
    }
  });

  it("exclude a stage that did not run", () => {
    const { seconds } = bootSeconds(statusOf({ ...ran(0, 0.5), "modules-final": [null, null] }));
    expect(seconds).toEqual({ boot: 9, cloudInit: 14, join: 1 });
  });

  it.each([
    ["a clock that was set back during the boot", statusOf(ran(now + 86_400, 0))],
    ["a clock that was set forward during the boot", statusOf(ran(poweredOn - 86_400, 0))],
    ["an end before the start", statusOf({ "init-local": [30, 20] })],
    ["an end after now", statusOf({ "init-local": [30, 90] })],
    ["a status without times", statusOf({ "init-local": [null, null] })],
    ["a status that is no JSON", "starting"],
    ["no status", undefined],
  ])("are omitted with a warning for %s", (_, status) => {
    const { seconds, stderr } = bootSeconds(status);
    expect(seconds).toEqual({ join: 1 });
    expect(stderr).toMatch(/^\[ +\d+s\] warning: the times of the boot are left out, because /);
  });
});
