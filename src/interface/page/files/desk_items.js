// What stands in a place's row of the desk's day, and where: minutes on the wall clock of the place.

import { isChangeOfClocks, wall } from "./clocks.js";
import { legsOn } from "./desk_state.js";
import { isActive, stateOf } from "./mine_words.js";
import * as times from "./times.js";

export const DAY = 1440;
const WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const SHOWN = new Set(["held", "pending", "confirmed", "completed", "no_show"]);

// Minutes since the date's midnight, on the clock of the place, between 0 and the day's end.
function minuteOf(text, date) {
  if (times.dateOf(text) < date) return 0;
  return times.dateOf(text) > date ? DAY : wall(text.slice(11, 16));
}

/** From when to when something lies on a date. In an hour that the clocks repeat, it is as long as it lasts. */
export function lying({ start, end }, date) {
  const from = minuteOf(start, date);
  const lasts = times.dateOf(start) < date ? 0 : times.minutes(start, end);
  return { from, to: Math.max(minuteOf(end, date), Math.min(DAY, from + lasts)) };
}

/** `10:00 – 10:50`; on the day of a change of clocks the same may come twice: then it is said which. */
export const rangeOn = ({ start, end }, zone) => times.range(start, end, zone);

/**
 * Items of a row, sorted, each in a lane where it covers no other. Bookings of the same time at a place of many are one
 * item. An item has `bookings` or a `block`, and is a `misfit` where it lies outside the hours that the place has by
 * now. Answers `{windows, night, items, lanes, reason, changes}`; `night`: what is left of windows of the date before.
 */
export function contentOf(resource, date, day, bookings, nameOf) {
  const windows = windowsOf(day);
  const night = lastNight(resource, date);
  const changes = isChangeOfClocks(date, resource.timezone);
  const open = joined([...night, ...windows]);
  const isMisfit = ({ from, to }) => day && !changes && !open.some((each) => each.from <= from && to <= each.to);
  const items = [
    ...groupsOf(resource, date, bookings).map((group) => booked(group, resource, nameOf, spoken, isMisfit)),
    ...(day?.blocks ?? []).map((block) => blocked(block, resource, date, spoken)),
  ];
  const seen = items.filter(({ from, to }) => from < to).sort((a, b) => a.from - b.from || a.to - b.to);
  return { windows, night, items: seen, lanes: inLanes(seen), reason: day?.plan.reason, changes };

  function spoken(interval) {
    return rangeOn(interval, resource.timezone);
  }
}

/** When a day's place opens, until midnight at most. */
export const windowsOf = (day) =>
  (day?.plan.windows ?? []).map(([opens, closes]) => {
    const [from, to] = [wall(opens), wall(closes)];
    return { from, to: to > from ? to : DAY };
  });

// Windows of the date before that end on this one. A place's answer has what the days' plans are made of.
function lastNight({ hours, exceptions }, date) {
  const before = times.later(date, -1);
  const weekday = WEEKDAYS[new Date(`${before}T00:00Z`).getUTCDay()];
  const windows = exceptions[before]?.windows ?? hours[weekday] ?? [];
  const rest = windows.map(([opens, closes]) => ({ opens: wall(opens), to: wall(closes) }));
  return rest.filter(({ opens, to }) => to > 0 && to <= opens).map(({ to }) => ({ from: 0, to }));
}

// Windows that touch are one: what lies across both lies within the hours.
function joined(windows) {
  const all = [];
  for (const { from, to } of [...windows].sort((a, b) => a.from - b.from)) {
    const last = all.at(-1);
    if (last && from <= last.to) last.to = Math.max(last.to, to);
    else all.push({ from, to });
  }
  return all;
}

function groupsOf(resource, date, bookings) {
  const groups = new Map();
  for (const booking of bookings.values()) {
    if (!SHOWN.has(booking.status)) continue;
    for (const leg of legsOn(booking, resource.id, date)) {
      const key = resource.capacity > 1 ? `${resource.id}/${leg.start}/${leg.end}` : `${booking.id}/${leg.start}`;
      if (!groups.has(key)) groups.set(key, { key, leg, bookings: [], units: 0, ...lying(leg, date) });
      const group = groups.get(key);
      group.bookings.push(booking);
      group.units += leg.units;
    }
  }
  return [...groups.values()];
}

function booked(group, resource, nameOf, spoken, isMisfit) {
  const { bookings, leg, units } = group;
  const [booking, ...others] = bookings;
  const waiting = bookings.filter(({ status }) => status === "pending").length;
  const time = spoken(leg);
  const misfit = bookings.some(isActive) && isMisfit(group);
  const outside = misfit ? ", outside the hours" : "";
  const about = { ...group, resource, time, misfit, state: stateOfAll(bookings, waiting) };
  if (!others.length) {
    const text = nameOf(booking);
    return { ...about, text, label: `${time}, ${text}, ${stateOf(booking)}${outside}` };
  }
  const several = `${bookings.length} bookings${waiting ? `, ${waiting} wait for approval` : ""}`;
  const text = `${units}/${resource.capacity}`; // there is room for it in half an hour
  return { ...about, text, label: `${time}, ${units} of ${resource.capacity}, ${several}${outside}` };
}

function stateOfAll(bookings, waiting) {
  if (waiting) return "pending";
  if (!bookings.some(isActive)) return "over";
  return bookings.filter(isActive).every(({ status }) => status === "held") ? "held" : "confirmed";
}

function blocked(block, resource, date, spoken) {
  const reason = block.reason?.text;
  const time = spoken(block);
  const some = block.units ? `: ${block.units} of ${resource.capacity}` : "";
  const label = `${time}, blocked${some}${reason ? `, ${reason}` : ""}`;
  const text = reason ?? "Blocked";
  return { key: block.block, ...lying(block, date), resource, block, text, time, label, state: "blocked" };
}

/** Give each item a lane where it covers no other; how many there are. `items`: sorted. */
export function inLanes(items) {
  const until = [];
  for (const item of items) {
    const free = until.findIndex((end) => end <= item.from);
    item.lane = free < 0 ? until.length : free;
    until[item.lane] = item.to;
  }
  return until.length;
}
