import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import { checkCertificates } from "../../../cli/doctor/certificates.ts";

/** What doctor says of a kubeconfig that was written so many days before today, with a certificate of one year. */
async function said(daysAgo: number) {
  const folder = mkdtempSync(join(tmpdir(), "nodeforge-kubeconfig-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "/dev/null"];
  const text = execFileSync("openssl", ["req", ...kind, "-subj", "/CN=x", "-days", "365"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const users = [{ user: { "client-certificate-data": text.toString("base64") } }];
  writeFileSync(join(folder, "kubeconfig-dev"), JSON.stringify({ users }));
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + daysAgo * 24 * 60 * 60 * 1000 });
  onTestFinished(() => void vi.useRealTimers());
  const [finding] = await checkCertificates(join(folder, "kubeconfig-dev"));
  return finding;
}

it("says when certificates end, and that they are renewed", async () => {
  expect(await said(10)).toMatchObject({
    status: "ok",
    found: expect.stringMatching(/^end in 35[45] days; /) as string,
  });
});

it("warns of those that end soon or have ended, and says what renews them", async () => {
  expect(await said(300)).toMatchObject({
    status: "warn",
    found: expect.stringMatching(/ end in 6[45] days$/) as string,
    mend: expect.stringContaining("npm run up") as string,
  });
});

it("says that those that ended have ended", async () => {
  expect(await said(400)).toMatchObject({ status: "warn", found: "those of the last kubeconfig have ended" });
});

it("says nothing of a stack that has no kubeconfig", async () => {
  expect(await checkCertificates("/nonexistent/kubeconfig")).toEqual([]);
});
