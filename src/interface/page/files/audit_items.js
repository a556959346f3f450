// A day at a version, for the timeline: what was taken and blocked, and what the step to this version did to it.

import { isChangeOfClocks } from "./clocks.js";
import { inLanes, lying, rangeOn, windowsOf } from "./desk_items.js";
import { blocked, places, short } from "./audit_words.js";

export const LEGEND = [
  ["confirmed", "taken"],
  ["held", "held for a moment"],
  ["blocked", "blocked"],
  ["fresh", "new at this version"],
  ["gone", "gone at this version"],
];

const sum = (claims) => claims.reduce((all, { units }) => all + units, 0);

/** By what a claim or block is found again in the version before. */
export const keyOf = (each) => each.block ?? `${each.booking}/${each.start}/${each.end}`;

/**
 * As `contentOf` of the desk: for the timeline. `day` and `before`: answers of the API, as they were at a version and
 * at the one before it (null for none).
 */
export function contentAt(resource, date, day, before) {
  const { timezone } = resource;
  const changes = isChangeOfClocks(date, timezone);
  const spoken = (each) => rangeOn(each, timezone, changes);
  const now = groups(day);
  const then = before ? groups(before) : now;
  const items = [...new Set([...now.keys(), ...then.keys()])].map((key) => item(key, now.get(key), then.get(key)));
  const seen = items.filter(({ from, to }) => from < to).sort((a, b) => a.from - b.from || a.to - b.to);
  return { windows: windowsOf(day), night: [], items: seen, lanes: inLanes(seen), reason: day.plan.reason, changes };

  // Where many take the same time, they are one item.
  function groups({ claims, blocks, plan }) {
    const found = new Map();
    for (const each of [...claims, ...blocks]) {
      const key = plan.capacity > 1 && !each.block ? `${each.start}/${each.end}` : keyOf(each);
      found.set(key, [...(found.get(key) ?? []), each]);
    }
    return found;
  }

  function item(key, found, was) {
    const all = found ?? was;
    const [first] = all;
    const time = spoken(first);
    const step = !found ? "gone" : JSON.stringify(found) === JSON.stringify(was) ? null : "fresh";
    const { text, state, said } = first.block ? shut(first) : taken(all);
    const news = step === "gone" ? step : step && (was ? "changed" : "new");
    const label = [time, said, news && `${news} at this version`].filter(Boolean).join(", ");
    return { key, ...lying(first, date), resource, all, time, text, state: step ?? state, label };
  }

  function taken(claims) {
    const isHeld = claims.every(({ until }) => until);
    const state = isHeld ? "held" : "confirmed";
    const units = sum(claims);
    const of = day.plan.capacity > 1 ? `${units}/${day.plan.capacity}` : short(claims[0].booking);
    const held = isHeld ? "held" : "taken";
    const whose = claims.length > 1 ? `${claims.length} bookings` : `booking ${short(claims[0].booking)}`;
    return { text: of, state, said: `${places(units)} ${held}, ${whose}` };
  }

  function shut(block) {
    return { text: "Blocked", state: "blocked", said: blocked(block) };
  }
}
