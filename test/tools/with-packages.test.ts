import { chmod, copyFile, mkdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { execa } from "execa";
import { expect } from "vitest";
import { inCheckout } from "../../lib/checkout.ts";
import { test } from "../support/folder.ts";

let folder: string;
let npmLog: string;

/** Makes a checkout with an npm that records its arguments and installs the minimum. */
test.beforeEach(async ({ folder: fresh }) => {
  folder = fresh;
  npmLog = join(folder, "npm.log");
  await mkdir(join(folder, "tools"));
  await copyFile(inCheckout("tools", "with-packages"), join(folder, "tools", "with-packages"));
  await mkdir(join(folder, "sdks", "libvirt"), { recursive: true });
  await writeFile(join(folder, "package-lock.json"), "{}");
  await writeFile(join(folder, "program.ts"), "console.log(JSON.stringify(process.argv.slice(2)) as string);\n");
  await mkdir(join(folder, "programs"));
  const install = `#!/bin/sh
echo "$@" >>'${npmLog}'
sleep 1
mkdir -p node_modules/.bin node_modules/typescript/bin
ln -sf '${process.execPath}' node_modules/.bin/node
echo 'require("node:fs").mkdirSync("sdks/libvirt/bin"); require("node:fs").writeFileSync("sdks/libvirt/bin/index.js", "")' >node_modules/typescript/bin/tsc
echo '{}' >node_modules/.package-lock.json
`;
  await writeFile(join(folder, "programs", "npm"), install);
  await chmod(join(folder, "programs", "npm"), 0o755);
});

function start(...args: string[]) {
  return execa("bash", [join(folder, "tools", "with-packages"), "program.ts", ...args], {
    env: { PATH: [join(folder, "programs"), process.env.PATH].join(delimiter) },
    reject: false,
  });
}

async function installations(): Promise<number> {
  return (await readFile(npmLog, "utf8").catch(() => "")).split("\n").length - 1;
}

test("installs missing packages once, and passes the arguments on", async () => {
  expect((await start("a b", "--c")).stdout).toBe('["a b","--c"]');
  expect((await start()).stdout).toBe("[]");
  expect(await installations()).toBe(1);
});

test("installs once for two scripts that start together", async () => {
  const results = await Promise.all([start("1"), start("2")]);
  expect(results.map(({ stdout }) => stdout)).toEqual(['["1"]', '["2"]']);
  expect(await installations()).toBe(1);
  expect(results.map(({ stderr }) => stderr).join("\n")).toContain("waiting for another npm script");
});

test("installs again when package-lock.json is newer", async () => {
  await start();
  const later = new Date(Date.now() + 5_000);
  await utimes(join(folder, "package-lock.json"), later, later);
  await rm(join(folder, "sdks", "libvirt", "bin"), { recursive: true });
  await start();
  expect(await installations()).toBe(2);
});

test("runs nothing if the installation fails", async () => {
  await writeFile(join(folder, "programs", "npm"), "#!/bin/sh\nexit 7\n");
  const { exitCode, stdout } = await start();
  expect(exitCode).toBe(7);
  expect(stdout).toBe("");
});

test("ends with the exit code of the program", async () => {
  await writeFile(join(folder, "program.ts"), "process.exit(3);\n");
  expect((await start()).exitCode).toBe(3);
});
