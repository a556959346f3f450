// Where one picks a time: dates, and the day's slots or, for places of several lengths, a timeline; as it changes.

import { get } from "./api.js";
import { element } from "./dom.js";
import { everything } from "./lists.js";
import { follow, lamp } from "./live.js";
import { path } from "./paths.js";
import { knownDays } from "./picker_days.js";
import { intervalBar } from "./picker_interval.js";
import { isSignedIn, roles } from "./session.js";
import { hasIntervals, isFree, isToCome, isWaitable } from "./slots.js";
import { slotList } from "./slots_list.js";
import { weekStrip } from "./slots_week.js";
import { roomTimeline } from "./timeline.js";
import * as times from "./times.js";
import { askNowAndThen, unattended } from "./unattended.js";

const MINUTE = 60_000;
const MOST_ROWS = 12;
const TAKING = new Set(["held", "pending", "confirmed"]);
const BY_HAND = "Tap where it begins, then where it ends.";
const BY_MOUSE_AND_KEYS =
  "Drag over free time; or walk with the arrow keys, stretch with Shift, begin and end with Enter.";

/**
 * Fills `place`, which nothing else is in. `resource`: as the API has it. `date`: to begin with; `dated(date)`: another
 * was chosen. `start`, `end`: an interval that is chosen already. `chosen({resource, start, end, date})`: the wish, and
 * under which date it is listed. `action`:
 * what the button of a timeline says. `booking(booking)`: one at these places was told of, see `follow`; `reset()`:
 * what was told may be of another log. `waits`: for whom one can wait for what is taken, `{customer, whom}`. Stops with
 * the signal; begins anew when the resource's rules have changed.
 */
export async function picker(place, options) {
  const { resource, date, dated = () => {}, action = "Continue" } = options;
  const stopping = new AbortController();
  const signal = AbortSignal.any([options.signal, stopping.signal]);
  const zone = resource.timezone;
  let today = times.today(zone);
  const days = knownDays(signal);
  const own = ownTimes(signal);
  const knowsOwn = loadOwn();
  const chosen = (wish) => options.chosen({ ...wish, date: at });
  const progress = element("p", { class: "soft", role: "status" }, "Loading what is free …");
  place.replaceChildren(progress);
  let first = await firstDate();
  if (signal.aborted) return;
  let rows = [resource];
  let at = times.isDate(date) && date >= first && date <= last() ? date : null;
  let from = at ?? first;

  const hours = (free) => `${times.length(Math.ceil((free.length * resource.policy.step) / 60) * 60)} free`;
  const strip = weekStrip({ chosen: goTo, turned: turnTo, ...(hasIntervals(resource) && { says: hours }) });
  const heading = element("h2", { class: "date", tabindex: "-1", ...times.spoken });
  const said = element("p", { class: "unseen", role: "status" });
  const empty = element("p", { class: "soft" });
  const trouble = element("p", { class: "notice bad", role: "alert", hidden: true });
  const light = element("span", {});
  const showState = lamp(light);
  const bar = hasIntervals(resource)
    ? intervalBar({ zone, action, chosen, rows: () => rows, slotsOf, timeline: () => list })
    : null;
  const list = bar
    ? roomTimeline({ zone, chosen: bar.show })
    : slotList({ zone, chosen: book, waited: options.waits && waited });
  const below = element("div", {});
  let line = null; // what one can wait for, once there is anything
  let coming = null;
  if (bar) rows = await siblings(resource, signal);
  await load();
  if (at === null) at = firstFree() ?? first;
  if (bar) await load();
  await knowsOwn;
  if (signal.aborted) return;
  progress.replaceWith(
    strip.element,
    element("div", { class: "between" }, heading, light),
    howTo(zone, bar),
    trouble,
    empty,
    list.element,
    bar?.element ?? "",
    below,
    said,
  );
  show();
  if (bar && options.start) list.select(resource.id, options.start, options.end);
  const hears = own.isSomebody || options.booking; // nobody else may ask for bookings
  const stop = follow(
    rows.map(({ id }) => id),
    { after: days.after(), state: showState, day: onDay, resource: revised, booking: hears && onBooking, reset },
  );
  const stopAsking = askNowAndThen(afresh, MINUTE); // slots change with time as well
  signal.addEventListener("abort", () => {
    stop();
    stopAsking();
    list.stop?.();
  });

  function last() {
    return times.later(today, resource.policy.max_advance_days);
  }

  // At night, what yesterday's window still offers is listed under yesterday.
  async function firstDate() {
    const yesterday = times.later(today, -1);
    await days.load(resource.id, yesterday, yesterday);
    return days.of(resource.id).get(yesterday)?.slots.some(isToCome) ? yesterday : today;
  }

  // A day has begun, or last night is over: whoever looks at one that is over goes on with the first that is not.
  async function newDay() {
    if (first === times.today(zone)) return;
    today = times.today(zone);
    first = await firstDate();
    if (from < first) from = first;
    if (at < first) at = first;
  }

  // Whether it is one's own or somebody else's, it is taken: what cannot be asked keeps nobody from choosing.
  function loadOwn() {
    return own.load(today).catch(() => {});
  }

  function slotsOf(id) {
    const slots = own.marked(id, days.of(id).get(at)?.slots ?? []);
    return line && !bar ? line.marked(slots) : slots;
  }

  function book({ start, end }) {
    chosen({ resource, start, end });
  }

  async function waited(slot) {
    dated(at); // whoever signs in comes back to it
    if (await lined()) return line.ask(slot);
    trouble.textContent = "That did not load. Please try again.";
    trouble.hidden = false;
    return undefined;
  }

  // The part for waiting comes once something is taken; if it does not, whoever waits for something asks again.
  async function lined() {
    const { lineOfDay } = await (coming ??= import("./line_day.js").catch(() => ({})));
    if (!lineOfDay) coming = null;
    if (!lineOfDay || line || signal.aborted) return line;
    const focus = ({ start }) => list.element.querySelector(`[data-start="${start}"]`)?.focus();
    line = lineOfDay({ resource, ...options.waits, who: own.who, book, focus, changed: show, signal });
    below.append(line.element);
    show();
    unattended(line.load(), signal);
    return line;
  }

  function load() {
    const week = [resource.id, from, times.later(from, 6)];
    const others = bar && at ? rows.slice(1).map(({ id }) => [id, at, at]) : [];
    const own = bar && at && (at < week[1] || at > week[2]) ? [[resource.id, at, at]] : [];
    return Promise.all([week, ...own, ...others].map((each) => days.load(...each)));
  }

  function onDay(told) {
    if (days.tell(told)) show();
  }

  function onBooking(booking) {
    if (own.hear(booking)) {
      show();
      if (line) unattended(line.load(), signal);
    }
    options.booking?.(booking);
  }

  // What goes wrong is said; what is shown already stays.
  async function afresh() {
    list.element.setAttribute("aria-busy", "true");
    try {
      await newDay();
      await load();
      trouble.hidden = true;
    } catch (error) {
      if (signal.aborted) return;
      trouble.textContent = error.message;
      trouble.hidden = false;
    } finally {
      list.element.removeAttribute("aria-busy");
    }
    if (!signal.aborted) show();
  }

  // What was told before says nothing of a log that was restored or replaced.
  async function reset() {
    await Promise.all([options.reset?.(), loadOwn()]);
    days.forget();
    return afresh();
  }

  async function revised({ resource: id, retired }) {
    const next = retired ? null : await known(id).catch(unknown);
    if (signal.aborted) return;
    if (id === resource.id) return next ? again(next) : gone();
    rows = rows.map((each) => (each.id === id ? next : each)).filter(Boolean);
    await afresh();
  }

  // null: it is there no longer, or not for everybody.
  async function known(id) {
    const { data } = await get(path`/v1/resources/${id}`, { signal: options.signal });
    return data.retired ? null : data;
  }

  // What is thrown here is told again by the stream.
  function unknown(error) {
    if (signal.aborted || error.status === 404) return null;
    trouble.textContent = `This place has changed. ${error.message} Trying again …`;
    trouble.hidden = false;
    throw error;
  }

  function gone() {
    stopping.abort();
    const elsewhere = element("a", { href: "/find" }, "Find another place");
    const notice = element("p", { class: "notice", role: "alert" }, "This place can no longer be booked. ", elsewhere);
    place.replaceChildren(notice);
  }

  // Other rules: other dates, other times, perhaps a timeline instead of slots.
  async function again(next) {
    const hadFocus = place.contains(document.activeElement);
    stopping.abort();
    place.replaceChildren(progress);
    try {
      const rules = next ?? (await known(resource.id));
      if (!rules) return gone();
      await picker(place, { ...options, resource: rules, date: at });
      if (hadFocus) place.querySelector(".date")?.focus();
    } catch (error) {
      if (!options.signal.aborted) failed(error, hadFocus);
    }
    return undefined;
  }

  function failed(error, hadFocus) {
    const retry = element("button", { type: "button", onclick: () => again() }, "Try again");
    const notice = element("p", { class: "notice bad", role: "alert" }, `This place has changed. ${error.message}`);
    place.replaceChildren(notice, element("p", { class: "actions" }, retry));
    if (hadFocus) retry.focus();
  }

  function firstFree() {
    return [...days.of(resource.id)].find(([, day]) => day.slots.some(isFree))?.[0];
  }

  async function goTo(next) {
    at = next;
    dated(next);
    showWeek();
    if (bar) await afresh();
    else show();
    if (signal.aborted || at !== next) return;
    const count = slotsOf(resource.id).filter(isFree).length;
    said.textContent = `${times.longDate(at)}: ${count} free ${count === 1 ? "time" : "times"}.`;
  }

  async function turnTo(next) {
    from = next;
    showWeek();
    await afresh();
  }

  function showWeek() {
    strip.update({ first, last: last(), from, date: at, days: days.of(resource.id) });
  }

  function show() {
    showWeek();
    heading.textContent = times.longDate(at);
    const shown = rows.filter(({ id }) => days.of(id).has(at));
    const isEmpty = !shown.some(({ id }) => slotsOf(id).length);
    const reason = days.of(resource.id).get(at)?.reason;
    empty.hidden = !isEmpty;
    empty.textContent = reason ? `Closed: ${reason}` : "Closed on this date. Other dates are above.";
    list.element.hidden = isEmpty;
    if (bar) bar.element.hidden = isEmpty;
    below.hidden = isEmpty;
    if (isEmpty) return;
    lineUp();
    tell(list.update(bar ? shown.map((each) => ({ resource: each, slots: slotsOf(each.id) })) : slotsOf(resource.id)));
    bar?.refresh();
  }

  function lineUp() {
    const slots = days.of(resource.id).get(at)?.slots ?? [];
    if (line) line.show(at, slots);
    else if (options.waits && slots.some(isWaitable) && !(bar && slots.some(isFree))) unattended(lined(), signal);
  }

  function tell({ taken, freed }) {
    const sentences = [taken.length && `Just taken: ${of(taken)}.`, freed.length && `Free again: ${of(freed)}.`];
    if (sentences.some(Boolean)) said.textContent = sentences.filter(Boolean).join(" ");
  }

  function of(slots) {
    const name = (slot) => `${slot.resource ? `${slot.resource.name}, ` : ""}${times.clock(slot.start, zone)}`;
    return slots.slice(0, 3).map(name).join("; ");
  }
}

function howTo(zone, hasTimeline) {
  const how = hasTimeline && [
    element("span", { class: "by-mouse" }, BY_MOUSE_AND_KEYS),
    element("span", { class: "by-hand" }, BY_HAND),
  ];
  return element("p", { class: "soft", id: "how-to-pick" }, `Times are those of ${times.placeOf(zone)}. `, how);
}

// Places one might take just as well: of the same kind, in the same zone; the wanted one first.
async function siblings(resource, signal) {
  const { data } = await get(`/v1/resources?kind=${encodeURIComponent(resource.kind)}&limit=50`, { signal });
  const isAlike = (each) => each.id !== resource.id && each.timezone === resource.timezone && hasIntervals(each);
  return [resource, ...data.items.filter(isAlike)].slice(0, MOST_ROWS);
}

/**
 * One's own bookings among the times that one looks at: those are yours, and not somebody else's.
 * Answers `isSomebody`, whether one books for oneself at all; `load(first)`, which asks for those from a date on, and
 * when called again, for what has changed since;
 * `hear(booking)`, which answers whether that is news of one's own; `who()`, the person, once loaded; and
 * `marked(resource, slots)`: the slots, those that one has taken oneself as `yours`.
 */
function ownTimes(signal) {
  const known = new Map(); // by id
  let me = null; // nobody who books for themselves
  const isSomebody = isSignedIn && roles.has("customer");
  let position = null; // what changed up to there is known
  return { isSomebody, load, hear, marked, who: () => me };

  async function load(first) {
    if (!isSomebody) return;
    me ??= (await get("/v1/me", { signal })).data.customer;
    const { items, position: reached } = (position && (await changes())) ?? (await all(first));
    position = reached;
    items.forEach(hear); // of a booking that was heard meanwhile, the newer version stays
  }

  function all(first) {
    return ask({ from: `${times.later(first, -1)}T00:00:00Z` });
  }

  // null: it is another log, of which one knows nothing yet.
  function changes() {
    return ask({ changed_after: position }).catch((error) => {
      if (error.code !== "unknown-position") throw error;
      known.clear();
      return null;
    });
  }

  function ask(rest) {
    return everything(`/v1/bookings?${new URLSearchParams({ customer: me, ...rest })}&`, signal);
  }

  function hear(booking) {
    if (booking.customer !== me || known.get(booking.id)?.version >= booking.version) return false;
    known.set(booking.id, booking);
    return true;
  }

  function marked(resource, slots) {
    const legs = [...known.values()].filter(({ status }) => TAKING.has(status)).flatMap((booking) => booking.legs);
    const there = legs.filter((leg) => leg.resource === resource);
    const own = there.map(({ start, end }) => [times.instant(start), times.instant(end)]);
    if (!own.length) return slots;
    const isOwn = ({ start, end }) => own.some(([from, to]) => times.instant(start) < to && from < times.instant(end));
    return slots.map((slot) => (slot.status === "full" && isOwn(slot) ? { ...slot, status: "yours" } : slot));
  }
}
