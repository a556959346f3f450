// Times as people read them: in the place's zone, and in the visitor's where that differs, in the visitor's language.
//
// The API's texts carry the place's offset (`2026-12-01T10:00:00+06:00`), so the wall clock of the place is what stands
// there, and the instant is what it parses to. Dates are texts (`2026-12-01`) and are counted as calendar days.

import { now } from "./api.js";
import { isChangeOfClocks, offsetAt, saysAt } from "./clocks.js";
import { element } from "./dom.js";

const MINUTE = 60_000;
const DAY = 1440 * MINUTE;
const ENGLISH = /^en\b/;
const WITH_OFFSET = { hour: "numeric", minute: "2-digit", timeZoneName: "shortOffset" };

const made = new Map();

function format(options) {
  const key = JSON.stringify(options);
  if (!made.has(key)) made.set(key, new Intl.DateTimeFormat(undefined, options));
  return made.get(key);
}

const language = format({}).resolvedOptions().locale;
/** The visitor's own time zone. */
export const ownZone = format({}).resolvedOptions().timeZone;

/** For elements whose text is the visitor's language, where that is not the page's. */
export const spoken = ENGLISH.test(language) ? {} : { lang: language };

/** Milliseconds since 1970. */
export const instant = (text) => Date.parse(text);

/** The place's date of an instant of the API. */
export const dateOf = (text) => text.slice(0, 10);

/** Minutes from one instant of the API to another. */
export const minutes = (start, end) => Math.round((instant(end) - instant(start)) / MINUTE);

/** A date so many days later. */
export const later = (date, days) => new Date(Date.parse(`${date}T00:00Z`) + days * DAY).toISOString().slice(0, 10);

/** The first and the last date that one can look at: the API takes the dates around them as well. */
export const [FIRST, LAST] = ["1970-01-04", "2999-12-28"];

/** Whether a text, such as one of an address, is a date that one can look at. */
export function isDate(text) {
  const at = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00Z`) : NaN;
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(text) && text >= FIRST && text <= LAST;
}

/** Today's date in a zone, by the service's clock. */
export function today(zone) {
  const parts = new Intl.DateTimeFormat("en", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" });
  const of = Object.fromEntries(parts.formatToParts(now()).map(({ type, value }) => [type, value]));
  return `${of.year}-${of.month}-${of.day}`;
}

const ofDate = (date, options) => format({ timeZone: "UTC", ...options }).format(Date.parse(`${date}T12:00Z`));

/** `Monday, 23 November 2026`, as the visitor's language has it. */
export const longDate = (date) => ofDate(date, { weekday: "long", day: "numeric", month: "long", year: "numeric" });

/** `Mon 23 Nov`; `Sun 31 Oct 2027` in another year than this. */
export function shortDate(date) {
  const isThisYear = date.slice(0, 4) === String(new Date(now()).getFullYear());
  return ofDate(date, { weekday: "short", day: "numeric", month: "short", ...(!isThisYear && { year: "numeric" }) });
}

export const weekday = (date) => ofDate(date, { weekday: "short" });
export const dayNumber = (date) => ofDate(date, { day: "numeric" });
export const month = (date) => ofDate(date, { month: "long", year: "numeric" });

/** `10:00`, in a zone; `02:00 GMT+2` where clocks say it twice, when they are set back. */
export function clock(text, zone) {
  const at = instant(text);
  const says = (when) => format({ timeStyle: "short", timeZone: zone }).format(when);
  const isTwice = [-60, -30, 30, 60].some((away) => says(at + away * MINUTE) === says(at));
  return isTwice ? format({ ...WITH_OFFSET, timeZone: zone }).format(at) : says(at);
}

/** `10 AM`, `10`: what a scale of hours says of an instant (milliseconds since 1970) in a zone. */
export function hour(at, zone) {
  const parts = format({ hour: "numeric", timeZone: zone }).formatToParts(at);
  const said = parts.filter(({ type }) => type === "hour" || type === "dayPeriod");
  return said.map(({ value }) => value).join(" ");
}

/**
 * `10:00 – 10:50`, in a zone; `23:30 – 00:30` past midnight, and with dates what is longer than a day. Where the clocks
 * change on its date, `02:30 GMT+2 – 02:00 GMT+1`.
 */
export function range(start, end, zone) {
  const ends = [instant(start), instant(end)];
  const isLong = minutes(start, end) >= 1440;
  const isPastMidnight = dateOf(start) !== dateOf(end) && !isLong;
  const whole = isPastMidnight
    ? `${clock(start, zone)} – ${clock(end, zone)}`
    : format({ hour: "numeric", minute: "2-digit", timeZone: zone }).formatRange(...ends);
  if (isLong || !ends.some((at) => isChangeOfClocks(saysAt(at, zone).slice(0, 10), zone))) return whole;
  const says = format({ ...WITH_OFFSET, timeZone: zone });
  if (isPastMidnight || offsetAt(ends[0], zone) !== offsetAt(ends[1], zone)) return ends.map(says.format).join(" – ");
  return `${whole} ${says.formatToParts(ends[0]).find(({ type }) => type === "timeZoneName").value}`;
}

/** `Mon 23 Nov, 10:00 – 10:50`, in the place's zone. */
export const dateAndRange = (start, end, zone) => `${shortDate(dateOf(start))}, ${range(start, end, zone)}`;

/** What the visitor's own clock says then, `05:00 – 05:50 your time`; null where it says the same as the place's. */
export function yours(start, end, zone) {
  const parts = { year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric" };
  const says = (where) => format({ ...parts, timeZone: where }).format(instant(start));
  if (zone === ownZone || says(zone) === says(ownZone)) return null;
  const day = { weekday: "short", day: "numeric", month: "short" };
  const date = format({ ...day, timeZone: ownZone }).format(instant(start));
  const isSameDate = date === format({ ...day, timeZone: zone }).format(instant(start));
  const said = start === end ? clock(start, ownZone) : range(start, end, ownZone);
  return `${isSameDate ? "" : `${date}, `}${said} your time`;
}

/** `Vienna`: how a zone is called. */
export const placeOf = (zone) => zone.split("/").at(-1).replaceAll("_", " ");

/** `1 h 30 min`. */
export function length(all) {
  const hours = Math.floor(all / 60);
  return [hours && `${hours} h`, (all % 60 || !hours) && `${all % 60} min`].filter(Boolean).join(" ");
}

/** `just now`, `5 minutes ago`, `in 2 hours`. */
export function away(text) {
  const seconds = (instant(text) - now()) / 1000;
  const [size, unit] = [
    [86_400, "day"],
    [3600, "hour"],
    [60, "minute"],
  ].find(([each]) => Math.abs(seconds) >= each) ?? [1, "second"];
  return new Intl.RelativeTimeFormat(undefined, { numeric: "auto" }).format(Math.round(seconds / size), unit);
}

/** An element that says when, for both: the place's clock, and the visitor's where it differs. */
export function when(start, end, zone, { withDate = true } = {}) {
  const text = withDate ? dateAndRange(start, end, zone) : range(start, end, zone);
  const own = yours(start, end, zone);
  return element(
    "span",
    { class: "when", ...spoken },
    element("time", { datetime: start }, text),
    own && element("span", { class: "soft own-time" }, ` ${placeOf(zone)} · ${own}`),
  );
}
