// What events and refusals are called, and what they say, for people who look back.

import { texts } from "./mine_words.js";
import * as times from "./times.js";
import { spelled } from "./words.js";

const HAPPENED = {
  BookingHeld: "Booking set aside",
  BookingRequested: "Booking asked for",
  BookingConfirmed: "Booking confirmed",
  BookingRescheduled: "Booking moved",
  BookingPlacedInSeries: "Booking made in a series",
  BookingUnchanged: "Booking asked for again, unchanged",
  BookingExpired: "Hold ran out",
  BookingRejected: "Booking turned down",
  BookingRevoked: "Booking taken back",
  BookingCancelled: "Booking cancelled",
  BookingCompleted: "Booking took place",
  BookingMarkedNoShow: "Nobody came",
  SeriesBooked: "Series booked",
  SeriesCancelled: "Series cancelled",
  SeriesUnchanged: "Series asked for again, unchanged",
  DayOpened: "Day begun",
  DayRevised: "Day follows its place",
  TimeClaimed: "Time taken",
  ClaimKept: "Time kept",
  TimeReleased: "Time given back",
  TimeBlocked: "Time blocked",
  TimeUnblocked: "Block taken off",
  BlockPlaced: "Block placed",
  BlockLifted: "Block lifted",
  ResourceRegistered: "Place registered",
  ResourceRevised: "Place revised",
  ResourceRetired: "Place retired",
  CustomerErased: "Person erased",
  LegalHoldPlaced: "Legal hold placed",
  LegalHoldLifted: "Legal hold lifted",
};
const RELEASED = { expired: "its hold ran out", rescheduled: "moved elsewhere" };
const ROLES = {
  customer: "a customer",
  staff: "the desk",
  agent: "an agent",
  admin: "an administrator",
  auditor: "an auditor",
  system: "the service itself",
};

/** What happened, in two or three words. */
export const titleOf = ({ topic }) => HAPPENED[topic.split(".")[0]] ?? topic;

/** What a refused command asked for. */
export const askedFor = ({ command }) => spelled(command.replace(/(?<=[a-z])(?=[A-Z])/g, "-").toLowerCase());

/** Why it was refused, as its code says it. */
export const why = ({ code }) => spelled(code).toLowerCase();

/** By whom, `the desk`, without the made-up id. */
export const roleOf = (by) => ROLES[by.split(":")[0]] ?? by;

/** A made-up id, short enough to be read and long enough to be told apart: `c-5f0e2d7c`. */
export const short = (id) => (/^[bcks]-[0-9a-f]{32}$|^[0-9a-f]{32}$/.test(id) ? id.slice(0, 10) : id);

/** `FREQ=WEEKLY;COUNT=3, 2 bookings`: what happened to a series. */
const repeated = ({ repeat, bookings }) =>
  [repeat, `${bookings.length} booking${bookings.length === 1 ? "" : "s"}`].filter(Boolean).join(", ");

/** `1 place`, `3 places`. */
export const places = (units) => (units === 1 ? "1 place" : `${units} places`);

/** What a block takes away: without a number, all there is. */
export const blocked = ({ units, reason }) =>
  `${units ? places(units) : "all places"} blocked${reason ? `, reason: ${sealed(reason)}` : ""}`;

/** A sealed text: opened for those who may read it, else that it is sealed, or erased. */
export const sealed = (value) => (value?.sealed ? "sealed" : value?.erased ? "erased" : texts(value));

/** What an event or a refusal is about: `{resource, date, booking}`, each if it says so; `zone`: of the place. */
export function about(entry, zone) {
  if (entry.kind === "refusal") {
    const { resource, booking, start } = entry;
    return { resource, booking, date: start && (isInstant(start) ? dateIn(start, zone) : times.dateOf(start)) };
  }
  const [kind, key, date] = entry.stream.split("/");
  const { facts } = entry;
  const leg = (facts.legs ?? facts.terms?.legs)?.[0];
  if (kind === "day") return { resource: key, date, booking: facts.booking };
  if (kind === "booking") return { booking: key, resource: leg?.resource, date: leg && times.dateOf(leg.start) };
  if (kind === "block") return { resource: facts.resource, date: facts.days?.[0] };
  return kind === "resource" ? { resource: key } : {};
}

/** When it happened, as the log has it. */
export const timeOf = (entry) => (entry.kind === "refusal" ? entry.first_at : entry.timestamp);

/** What an event says, as a line: times on the clock of `zone`, places by `nameOf`. */
export function factsOf({ stream, facts }, zone, nameOf) {
  const [kind] = stream.split("/");
  const legs = facts.legs ?? facts.terms?.legs;
  const said = [];
  const legOf = (leg) => [nameOf(leg.resource), span(leg, leg.timezone), places(leg.units)].join(", ");
  if (legs) said.push(...legs.map(legOf));
  else if (kind === "series") said.push(...(facts.bookings ? [repeated(facts)] : []));
  else if (facts.start) said.push(span(facts, zone), facts.units ? places(facts.units) : "all places");
  if (facts.until) said.push(`until ${exact(facts.until, zone)}`);
  if (facts.expires_at) said.push(`set aside until ${exact(facts.expires_at, zone)}`);
  if (kind === "day" && facts.capacity) said.push(places(facts.capacity));
  const reason = typeof facts.reason === "string" ? (RELEASED[facts.reason] ?? facts.reason) : sealed(facts.reason);
  if (reason) said.push(kind === "day" && typeof facts.reason === "string" ? reason : `reason: ${reason}`);
  return said.join(" · ");
}

/** What was asked for and refused, as a line; for whom, where it was for somebody else. */
export function wishOf({ start, end, units, resource, command, minutes, customer, by }, zone, nameOf) {
  const time = start && (isInstant(start) ? span({ start, end: end ?? start }, zone) : wall(start, end));
  const some = command === "BookAnyBetween" && (minutes ? `any ${minutes} min of it` : "any time of it");
  const whom = customer && by !== `customer:${customer}` && `for ${short(customer)}`;
  return [resource && nameOf(resource), time, some, units && places(units), whom].filter(Boolean).join(", ");
}

// What was asked for has an offset, or is wall-clock time of the place.
const isInstant = (text) => /(Z|[+-]\d\d:\d\d)$/.test(text);

function dateIn(text, zone) {
  const parts = { year: "numeric", month: "2-digit", day: "2-digit", timeZone: zone };
  return new Intl.DateTimeFormat("en-CA", parts).format(times.instant(text));
}

/** `14:03:07`, or with its date; in a zone. */
export function exact(text, zone, rest = {}) {
  const parts = { hour: "numeric", minute: "2-digit", second: "2-digit", timeZone: zone, ...rest };
  return new Intl.DateTimeFormat(undefined, parts).format(times.instant(text));
}

export const WITH_DATE = { weekday: "short", day: "numeric", month: "short", year: "numeric" };

function span({ start, end }, zone) {
  const day = { weekday: "short", day: "numeric", month: "short" };
  const says = new Intl.DateTimeFormat(undefined, { ...day, hour: "numeric", minute: "2-digit", timeZone: zone });
  return says.formatRange(times.instant(start), times.instant(end));
}

// Wall-clock time, as somebody wrote it: of the place's own clock, whichever zone that is.
const wall = (start, end) => span({ start: `${start}Z`, end: `${end ?? start}Z` }, "UTC");
