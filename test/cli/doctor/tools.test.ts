import { writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { describe, expect, vi } from "vitest";
import { fail, ok, warn } from "../../../cli/doctor/finding.ts";
import { checkGo, checkLibvirt, checkNode, checkPrograms, judgeGo } from "../../../cli/doctor/tools.ts";
import { versions } from "../../../tools/versions.ts";
import { test } from "../../support/folder.ts";

describe("libvirt", () => {
  test("passes when it listens", async ({ folder }) => {
    const path = `${folder}/socket`;
    const server = createServer().listen(path);
    await new Promise((resolve) => server.once("listening", resolve));
    try {
      expect(await checkLibvirt(path)).toEqual(ok("libvirt", `listens on ${path}`));
    } finally {
      server.close();
    }
  });

  test("fails when nothing listens, with the command that starts it", async ({ folder }) => {
    expect(await checkLibvirt(`${folder}/socket`)).toEqual(
      fail(
        "libvirt",
        `nothing listens on ${folder}/socket (ENOENT)`,
        "`npm run up` starts libvirt; with systemd, `sudo systemctl start libvirtd` does too",
      ),
    );
  });
});

describe("Go", () => {
  test("passes where nothing must be built", async ({ folder }) => {
    expect(await checkGo(false, `${folder}/missing`)).toEqual(ok("go", "not needed, because nothing must be built"));
  });

  test("is asked for its version otherwise, and fails where it is missing", async ({ folder }) => {
    await writeFile(`${folder}/go`, `#!/bin/sh\necho go version go${versions.go} linux/amd64\n`, { mode: 0o755 });
    expect(await checkGo(true, `${folder}/go`)).toEqual(ok("go", versions.go));
    vi.stubEnv("PATH", folder + "/none");
    expect(await checkGo(true)).toMatchObject({ status: "fail", found: "not installed" });
    vi.unstubAllEnvs();
  });
});

describe("programs", () => {
  test("pass when none is missing", () => {
    expect(checkPrograms("hypervisor", [])).toEqual(ok("hypervisor tools", "installed"));
  });

  test("fail with the names of the missing packages", () => {
    expect(checkPrograms("hypervisor", ["qemu-utils", "swtpm"])).toEqual(
      fail(
        "hypervisor tools",
        "missing: qemu-utils, swtpm",
        "`npm run up` installs them with apt-get; without apt-get, install the equivalents of these Debian packages",
      ),
    );
  });
});

describe("Node", () => {
  test.each(["24.21.0", "24.0.0"])("%s passes", (found) => {
    expect(checkNode(found)).toEqual(ok("node", found));
  });

  test.each(["20.20.2", "25.0.0"])("%s fails, with the command that uses another one", (found) => {
    expect(checkNode(found)).toEqual(
      fail("node", found, `start the command with npm (npm run ...), which uses Node ${versions.node}`),
    );
  });
});

describe("Go", () => {
  test.each(["1.26.8", "1.26.1", "1.27"])("%s passes", (found) => {
    expect(judgeGo(found, "1.26.8")).toEqual(ok("go", found));
  });

  test.each(["1.24.4", "1.21.0"])("%s is a warning, because it downloads the expected one", (found) => {
    expect(judgeGo(found, "1.26.8")).toEqual(warn("go", found, "nothing to fix: this Go downloads Go 1.26.8"));
  });

  test.each(["1.19.8", "1.20", "devel"])("%s fails", (found) => {
    expect(judgeGo(found, "1.26.8")).toEqual(
      fail("go", found, "install Go 1.26.8, or 1.21 or later, which downloads it"),
    );
  });
});
