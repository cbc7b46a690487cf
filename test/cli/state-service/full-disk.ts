import { open } from "node:fs/promises";
import { onTestFinished, vi } from "vitest";

/** Lets the next write of every file store a part of the text and then fail, as a full disk does. */
export async function fillDisk(): Promise<void> {
  const file = await open("/dev/null");
  const prototype = Object.getPrototypeOf(file) as typeof file;
  await file.close();
  const write: unknown = Reflect.get(prototype, "write");
  const spy = vi.spyOn(prototype, "write");
  onTestFinished(() => spy.mockRestore());
  spy.mockImplementationOnce(function (this: typeof file, ...[text, start, , position]: unknown[]) {
    return Reflect.apply(write as () => unknown, this, [text, start, 5, position]) as never;
  });
  spy.mockImplementationOnce(() => {
    throw Object.assign(new Error("no space left on device"), { code: "ENOSPC" });
  });
}
