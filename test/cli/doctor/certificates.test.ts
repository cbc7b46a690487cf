import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, vi } from "vitest";
import { checkCertificates } from "../../../cli/doctor/certificates.ts";
import { ok, warn } from "../../../cli/doctor/finding.ts";
import { test } from "../../support/folder.ts";

/** Returns the finding for a kubeconfig that was written so many days ago, with a certificate of one year. */
async function findingAfter(daysAgo: number, folder: string) {
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

test("certificates with more than 90 days left pass", async ({ folder }) => {
  expect(await findingAfter(10, folder)).toEqual(
    ok(
      "certificates",
      expect.stringMatching(/^expire in 35[45] days; `npm run up` and the control plane renew them earlier$/) as string,
    ),
  );
});

const fix = "`npm run up` renews them, and fetches the new kubeconfig";

test("certificates with fewer than 90 days left are a warning, with the command that renews them", async ({
  folder,
}) => {
  expect(await findingAfter(300, folder)).toEqual(
    warn("certificates", expect.stringMatching(/^those of the last kubeconfig expire in 6[45] days$/) as string, fix),
  );
});

test("expired certificates are a warning", async ({ folder }) => {
  expect(await findingAfter(400, folder)).toEqual(
    warn("certificates", "those of the last kubeconfig have expired", fix),
  );
});

test("a stack without a kubeconfig has no finding", async () => {
  expect(await checkCertificates("/nonexistent/kubeconfig")).toEqual([]);
});
