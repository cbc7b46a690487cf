import { beforeEach, expect, test } from "vitest";
import { Things, type Thing } from "../engine/things.ts";

const thing = (type: string, id: string, taken: string): Thing => ({ urn: "", type, id, taken, properties: {} });
const domain = "libvirt:index/domain:Domain";
const volume = "libvirt:index/volume:Volume";

let things: Things;
const [one, other, disk] = [thing(domain, "1", "one"), thing(domain, "1", "other"), thing(volume, "1", "one")];
beforeEach(() => {
  things = new Things();
  for (const each of [one, other, disk]) things.add(each);
});

test("things are found by type and name, and the newest one of an id is found", () => {
  expect([things.named(domain, "one"), things.named(domain, "other"), things.named(volume, "one")]).toEqual([
    one,
    other,
    disk,
  ]);
  expect(things.find(domain, "1")).toBe(other);
  expect(things.named(volume, "other")).toBeUndefined();
  expect(things.find(domain, "2")).toBeUndefined();
  expect(things.find("libvirt:index/pool:Pool", "1")).toBeUndefined();
});

test("things are listed in the order of their creation", () => {
  expect([...things]).toEqual([one, other, disk]);
  expect(things.ofType(domain)).toEqual([one, other]);
  expect(things.ofType("libvirt:index/pool:Pool")).toEqual([]);
  expect(things.typesOf("Domain")).toEqual([domain]);
  expect(things.typesOf("main")).toEqual([]);
});

test("a deleted thing is found no longer, and the older thing of its id is", () => {
  things.delete(other);
  things.delete(other);
  expect([...things]).toEqual([one, disk]);
  expect([things.find(domain, "1"), things.named(domain, "other")]).toEqual([one, undefined]);
  things.clear();
  expect([[...things], things.ofType(domain), things.find(volume, "1")]).toEqual([[], [], undefined]);
});
