// A place as the API defines it, and the words that the form has for it.

import * as times from "./times.js";
import { spelled } from "./words.js";

export const WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const SOME_MONDAY = "2026-11-23";

/** Numbers of the policy: name, label, hint. */
export const NUMBERS = [
  ["step", "A start every", "minutes, counted from the opening"],
  ["min_duration", "Shortest booking", "minutes"],
  ["max_duration", "Longest booking", "minutes: the shortest and some steps more"],
  ["max_units", "Places in one booking", "at most"],
  ["buffer_before", "Kept free before", "minutes"],
  ["buffer_after", "Kept free after", "minutes"],
  ["min_notice", "Book at least", "minutes ahead"],
  ["max_advance_days", "Book at most", "days ahead"],
  ["cancel_notice", "Cancel or move until", "minutes before the start"],
  ["daily_limit", "A customer's bookings a day", "at most; empty: as many as they like"],
  ["hold_seconds", "A hold lasts", "seconds"],
  ["offer_minutes", "What those in line are offered lasts", "minutes"],
];
export const APPROVAL = "Bookings wait for the desk's approval";
export const OVERTAKING = "In line, a small wish may pass a larger one that does not fit";
export const VISIBILITIES = { public: "everybody", "signed-in": "whoever is signed in", staff: "the desk only" };
const CHECKS = { approval: APPROVAL, overtaking: OVERTAKING };
const LABELS = { ...Object.fromEntries(NUMBERS), ...CHECKS, visibility: "Who sees it" };

/** `Monday`, in the visitor's language. */
export const weekdayName = (day) =>
  new Intl.DateTimeFormat(undefined, { weekday: "long", timeZone: "UTC" }).format(
    Date.parse(`${times.later(SOME_MONDAY, WEEKDAYS.indexOf(day))}T12:00Z`),
  );

/** 00:00 and 24:00 end a window alike: one of them, so that nobody sees a change where there is none. */
export const untilMidnight = ([opens, closes]) => [opens, closes === "00:00" ? "24:00" : closes];

const eachOf = (all, what) => Object.fromEntries(Object.entries(all).map(([name, value]) => [name, what(value)]));

/** The members of a definition, of what the API shows of a resource. */
export function definitionOf({ name, kind, capacity, seats, attributes, visibility, hours, exceptions, policy }) {
  const week = eachOf(hours, (windows) => windows.map(untilMidnight));
  const dates = eachOf(exceptions, ({ windows, reason }) => ({ windows: windows.map(untilMidnight), reason }));
  return { name, kind, capacity, seats, attributes, visibility, hours: week, exceptions: dates, policy };
}

/** Something to begin a new place with. */
export const BLANK = {
  name: "",
  kind: "",
  capacity: 1,
  seats: null,
  attributes: {},
  visibility: "public",
  hours: Object.fromEntries(WEEKDAYS.slice(0, 5).map((day) => [day, [["09:00", "17:00"]]])),
  exceptions: {},
  policy: {
    step: 30,
    min_duration: 30,
    max_duration: 30,
    max_units: 1,
    approval: false,
    hold_seconds: 30,
    min_notice: 0,
    max_advance_days: 365,
    cancel_notice: 0,
    buffer_before: 0,
    buffer_after: 0,
    daily_limit: null,
    offer_minutes: 15,
    overtaking: true,
  },
};

/** A path (`hours/mon`, `policy/step`), for people. */
export function called(path) {
  const [name, key] = path.split("/");
  if (name === "hours") return `Hours of ${weekdayName(key)}`;
  if (name === "exceptions") return times.longDate(key);
  return LABELS[key ?? name] ?? spelled(key ?? name);
}

/** What the API says of a definition, with the form's words for its fields. */
export const worded = (text) => text.replaceAll(/\b[a-z]+(_[a-z]+)+\b/g, (name) => LABELS[name] ?? name);

const windows = (all) => all.map(([opens, closes]) => `${opens}–${closes}`).join(", ") || "closed";

/** A value at a path, for people. */
export function told(path, value) {
  if (value === undefined || value === null) return path.startsWith("hours/") ? "closed" : "none";
  if (path === "visibility") return VISIBILITIES[value] ?? value;
  if (Array.isArray(value)) return windows(value);
  if (value.windows) return [windows(value.windows), value.reason].filter(Boolean).join(", ");
  return typeof value === "boolean" ? (value ? "yes" : "no") : String(value);
}
