import { describe, expect, it } from "vitest";
import { TestHypervisor } from "./hypervisor.ts";

const asked = "-c test:///default";

/** Shuts lab-w down on a hypervisor that answers so. */
async function shutDown(answers: string, LIMIT_SECONDS = "10") {
  const hypervisor = new TestHypervisor(answers);
  const outcome = await hypervisor.run("shut-down", { LIMIT_SECONDS });
  return { ...outcome, calls: hypervisor.calls };
}

describe("a machine that is about to be deleted", () => {
  it("is asked to shut down, and waited for", async () => {
    const { calls, ...outcome } = await shutDown(`case $1 in
shutdown) touch asked ;;
domstate) if [ -e asked ] && [ -e seen ]; then echo "shut off"; else echo running; fi; [ ! -e asked ] || touch seen ;;
esac`);
    expect(outcome).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(calls).toEqual([
      `${asked} domstate lab-w`,
      `${asked} shutdown lab-w`,
      `${asked} domstate lab-w`,
      `${asked} domstate lab-w`,
    ]);
  });

  it("is left alone when it is off", async () => {
    const { calls, ...outcome } = await shutDown('echo "shut off"; echo');
    expect(outcome).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(calls).toEqual([`${asked} domstate lab-w`]);
  });

  it("does not hold anyone up when it does not hear", async () => {
    const { status, stderr, calls } = await shutDown("[ $1 = shutdown ] || echo running", "0");
    expect(status).toBe(0);
    expect(stderr).toBe("lab-w was not shut down in order: Error: still running after 0 s\n");
    expect(calls).toContain(`${asked} shutdown lab-w`);
  });

  it("does not hold anyone up when it is gone", async () => {
    const { status, stderr, calls } = await shutDown('echo "error: failed to get domain" >&2; echo more >&2; exit 1');
    expect(status).toBe(0);
    expect(stderr).toBe("lab-w was not shut down in order: error: failed to get domain\n");
    expect(calls).toHaveLength(1);
  });
});
