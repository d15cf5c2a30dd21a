import { describe, expect, test } from "vitest";

import { parseMoment } from "./gotime";
import { Scale } from "./scale";
import { ServerClock } from "./serverclock";
import { SiteTime } from "./sitetime";
import { step, ticks } from "./ticks";
import { DAY, HOUR, MINUTE, SECOND } from "./walltime";

const at = (iso: string) => Date.parse(iso) * 1_000;
const bontang = new SiteTime("Asia/Makassar");
const amsterdam = new SiteTime("Europe/Amsterdam");

describe("SiteTime", () => {
  test("writes 24 hours in the site's zone, whatever the zone of this machine", () => {
    expect(bontang.clock(at("2026-11-23T16:03:41Z"))).toBe("00:03:41");
    expect(bontang.day(at("2026-11-23T16:03:41Z"))).toBe("2026-11-24");
    expect(bontang.full(at("2026-11-23T05:03:41.250Z"))).toBe("2026-11-23 13:03:41.250");
  });

  test.each([
    ["Asia/Makassar", "WITA"],
    ["Asia/Jakarta", "WIB"],
    ["Asia/Pontianak", "WIB"],
    ["Asia/Jayapura", "WIT"],
    ["UTC", "UTC"],
  ])("%s is written %s", (zone, name) => {
    expect(new SiteTime(zone).zoneName(at("2026-11-23T00:00:00Z"))).toBe(name);
  });

  test("dates follow the language", () => {
    const wall = at("2026-05-23T00:00:00Z");
    expect(bontang.date(wall, "id")).toContain("Mei");
    expect(bontang.date(wall, "en")).toContain("May");
  });

  test("a moment of another day carries its date", () => {
    const now = at("2026-11-23T05:00:00Z");
    expect(bontang.moment(now - HOUR, now, "en")).toBe("12:00:00");
    expect(bontang.moment(now - DAY, now, "en")).toBe("22 Nov 13:00:00");
  });

  test("local time leads back to UTC, over every hour of a year with summer time", () => {
    for (let wall = at("2026-01-01T00:00:00Z"); wall < at("2027-01-01T00:00:00Z"); wall += HOUR) {
      const local = wall + amsterdam.offset(wall);
      const back = amsterdam.fromLocal(local);
      expect(back + amsterdam.offset(back)).toBe(local);
      expect(Math.abs(back - wall)).toBeLessThanOrEqual(HOUR);
    }
  });

  test("the hour that comes twice is read as its first", () => {
    const local = at("2026-10-25T02:30:00Z");
    expect(amsterdam.fromLocal(local)).toBe(at("2026-10-25T00:30:00Z"));
  });

  test("midnight begins the local day", () => {
    expect(bontang.midnight(at("2026-11-23T05:00:00Z"))).toBe(at("2026-11-22T16:00:00Z"));
  });

  test("an unknown zone is refused", () => {
    expect(() => new SiteTime("Mars/Olympus")).toThrow(RangeError);
  });
});

describe("parseMoment", () => {
  const now = at("2026-11-23T06:00:00Z"); // 14:00 WITA
  const read = (text: string, near = now) => parseMoment(text, bontang, near, now);

  test.each([
    ["13:03:41", "2026-11-23T05:03:41Z"],
    ["13.03", "2026-11-23T05:03:00Z"],
    ["2026-11-22 13:03:41", "2026-11-22T05:03:41Z"],
    ["2026-11-22T13:03:41", "2026-11-22T05:03:41Z"],
    ["22/11/2026 13:03", "2026-11-22T05:03:00Z"],
    ["  1:02  ", "2026-11-22T17:02:00Z"],
  ])("reads %s", (text, iso) => {
    expect(read(text)).toBe(at(iso));
  });

  test("is exact to the microsecond", () => {
    expect(read("13:03:41.250007")).toBe(at("2026-11-23T05:03:41Z") + 250_007);
    expect(read("13:03:41,5")).toBe(at("2026-11-23T05:03:41Z") + 500_000);
  });

  test("a time later than now was yesterday", () => {
    expect(read("23:00")).toBe(at("2026-11-22T15:00:00Z"));
  });

  test("without a date the day is the one being watched", () => {
    expect(read("08:00", at("2026-11-20T01:00:00Z"))).toBe(at("2026-11-20T00:00:00Z"));
  });

  test.each(["", "soon", "25:00", "12:60", "2026-02-30 12:00", "31/04/2026 10:00", "1 2 3"])(
    "%s is no time",
    (text) => {
      expect(read(text)).toBeUndefined();
    },
  );
});

describe("ticks", () => {
  const start = at("2026-11-23T05:00:00Z");

  test("stand at round times of the site's zone", () => {
    const found = ticks(new Scale(start, start + HOUR, 1_000), bontang, "en");
    expect(step(new Scale(start, start + HOUR, 1_000), 96)).toBe(10 * MINUTE);
    expect(found.map(({ label }) => label)).toContain("13:10");
  });

  test("local midnight carries the date", () => {
    const night = at("2026-11-23T15:00:00Z");
    const found = ticks(new Scale(night, night + 2 * HOUR, 1_000), bontang, "en");
    expect(found.find(({ midnight }) => midnight)?.label).toBe("24 Nov");
  });

  test("are never closer than asked, from 100 ms to a month", () => {
    for (let span = SECOND / 10; span < 31 * DAY; span *= 3) {
      const scale = new Scale(start, start + span, 1_200);
      const found = ticks(scale, bontang, "id");
      expect(found.length).toBeLessThanOrEqual(15);
      for (let n = 1; n < found.length; n += 1)
        expect(scale.x(found[n]!.time) - scale.x(found[n - 1]!.time)).toBeGreaterThan(90);
    }
  });
});

describe("ServerClock", () => {
  test("takes the middle of the trip as the server's moment", () => {
    const clock = new ServerClock();
    clock.learn(1_000_500, 0, 1_000);
    expect(clock.at(2_000)).toBe(1_002_000);
  });

  test("believes the shortest trip until it is old", () => {
    const clock = new ServerClock();
    clock.learn(5_000_000, 0, 10);
    clock.learn(9_999_999, 100, 90_000);
    expect(clock.at(0)).toBe(4_999_995);
    clock.learn(2_000_000_000, 1_000_000_000, 1_000_000_000);
    clock.learn(3_000_000_000 + 600_000_000, 2_600_000_000, 2_600_100_000);
    expect(clock.at(0)).toBe(999_950_000);
  });
});
