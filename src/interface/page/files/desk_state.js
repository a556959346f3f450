// What the desk knows of a date, kept right as it changes: bookings that wait for approval or lie on it, and the days
// of the places that are shown.
//
// Those places, 50 at most, are followed by one live stream: browsers have few connections for all windows of a page.
// Bookings at any others are asked for, every few seconds, by what has changed since.

import { get } from "./api.js";
import { each, everything } from "./lists.js";
import { follow } from "./live.js";
import { path } from "./paths.js";
import * as times from "./times.js";
import { askNowAndThen, unattended } from "./unattended.js";

export const MOST_SHOWN = 50; // as many as one stream may follow
const ASKING = 4_000;
const SOON = 150; // somebody who books ten times in a second is looked after once
const LONGEST_OFFSET = 15 * 3_600_000;

/**
 * `places`: all that are the desk's; `placesAfresh()` asks for them again. `forgotten()`: what is known now is of
 * another log, and what was known before says nothing, be it newer; `changed(booking, was)`: one is news; `drawn()`:
 * something is to be drawn anew; `revised()`: a place was; `state`: as for `follow`.
 * Answers what is known, and `show({date, kind, page})`, which loads a date of the places of a kind (of all: ""), 50 of
 * them at a time; `known` says of which (`kind`, `page`), and how many places there are of that kind (`all`). And
 * `placesAnew()`: whether there are others by now is asked.
 */
export function deskState({ places, placesAfresh, forgotten, changed, drawn, revised, state, signal }) {
  const known = { date: null, kind: "", page: 0, places: [], all: 0, bookings: new Map(), days: new Map() };
  let position = null; // what happened up to there is known
  let asked = null; // what was asked for last, be it shown or about to be
  let isForgotten = false; // what is known may be of another log: nothing of it counts
  let round = 0; // which load is the newest
  let meanwhile = null; // what is told while one loads
  let followed = null;
  const stale = new Set(); // places whose day is about to be asked for
  let stopFollowing = () => {};
  const stopAsking = askNowAndThen(changes, ASKING);
  signal.addEventListener("abort", () => {
    stopFollowing();
    stopAsking();
  });
  return { known, show, keep, refresh, reloadDay, placesAnew };

  async function show(wish) {
    round += 1;
    const mine = round;
    asked = wish;
    const { date, kind } = wish;
    const isAnew = isForgotten;
    meanwhile = new Map();
    if (isAnew) places.splice(0, Infinity, ...(await placesAfresh()));
    const all = places.filter((place) => !kind || place.kind === kind);
    const page = Math.max(0, Math.min(wish.page, Math.ceil(all.length / MOST_SHOWN) - 1));
    const shown = all.slice(page * MOST_SHOWN, (page + 1) * MOST_SHOWN);
    const loaded = await load(shown, date, signal).catch((error) => {
      if (mine === round && known.date) asked = known; // what did not come is not what one looks at
      throw error;
    });
    if (mine !== round || signal.aborted) return;
    for (const booking of meanwhile.values()) take(loaded.bookings, booking);
    meanwhile = null;
    for (const [id, day] of loaded.days) {
      const before = date === known.date && !isAnew ? known.days.get(id) : null;
      if (before && before.version > day.version) loaded.days.set(id, before);
    }
    const before = position === null ? null : known.bookings;
    for (const [id, booking] of (!isAnew && before) || []) {
      if (loaded.bookings.has(id)) take(loaded.bookings, booking);
    }
    const { bookings, days } = loaded;
    Object.assign(known, { date, kind, page, places: shown, all: all.length, bookings, days });
    position = loaded.position;
    if (isAnew) {
      isForgotten = false;
      forgotten();
      revised();
    }
    for (const booking of before ? known.bookings.values() : []) {
      const was = before.get(booking.id);
      if (was?.version !== booking.version) changed(booking, was);
    }
    watch();
    drawn();
  }

  // The stream follows what is shown; it goes on where the newest load began.
  function watch() {
    const ids = known.places.map(({ id }) => id);
    if (followed === ids.join()) return;
    followed = ids.join();
    stopFollowing();
    stopFollowing = () => {};
    if (!ids.length) return;
    stopFollowing = follow(ids, { after: position, state, booking: keep, day, resource, reset: afresh });
  }

  function again() {
    return show(asked);
  }

  // Another log, or far behind: an older version of another log holds, and what is not in it is no more.
  function afresh() {
    isForgotten = true;
    return again();
  }

  // What is not followed: bookings that changed since one looked last, wherever they are.
  async function changes() {
    if (position === null || known.places.length === places.length) return;
    const since = `changed_after=${encodeURIComponent(position)}`;
    const answer = await everything(`/v1/bookings?${since}&`, signal).catch((error) => {
      if (error.code !== "unknown-position") throw error;
      return null; // it is another log: what was known of the old one is nothing now
    });
    if (answer === null) return afresh();
    for (const booking of answer.items) keep(booking);
    position = answer.position;
    return undefined;
  }

  /** A booking as it is told; whether it was news. */
  function keep(booking) {
    const was = known.bookings.get(booking.id);
    if (isForgotten) known.bookings.delete(booking.id);
    if (!take(known.bookings, booking)) return false;
    meanwhile?.set(booking.id, booking);
    changed(booking, was);
    drawn();
    return true;
  }

  /** Ask how bookings stand: what one can do with them changes with time alone. */
  async function refresh(bookings) {
    await each(bookings, async ({ id }) => {
      const { data } = await get(path`/v1/bookings/${id}`, { signal });
      if (!keep(data) && data.version === known.bookings.get(id)?.version) known.bookings.set(id, data);
    });
    drawn();
  }

  // What does not come is asked for again, as long as somebody looks at it.
  function day({ resource: id, date }, wait = SOON) {
    if (date !== known.date || stale.has(id)) return;
    stale.add(id);
    setTimeout(() => {
      stale.delete(id);
      const again = () => known.days.has(id) && day({ resource: id, date }, ASKING);
      if (!signal.aborted) reloadDay(id).catch(again);
    }, wait);
  }

  async function reloadDay(id) {
    const { date } = known;
    const { data } = await get(path`/v1/resources/${id}/days/${date}`, { signal });
    if (date !== known.date || (known.days.get(id)?.version ?? -1) > data.version) return;
    known.days.set(id, data);
    drawn();
  }

  async function placesAnew() {
    const found = await placesAfresh();
    const signOf = (all) => all.map(({ id, version }) => id + version).join();
    if (signOf(found) === signOf(places)) return;
    places.splice(0, Infinity, ...found);
    revised();
    await again();
  }

  async function resource({ resource: id, retired }) {
    const at = places.findIndex((place) => place.id === id);
    if (at < 0) return undefined;
    if (retired) places.splice(at, 1);
    else places[at] = (await get(path`/v1/resources/${id}`, { signal })).data;
    revised();
    return again();
  }
}

// Whatever is asked for after the first answer is at least as new: nothing is missed in between.
async function load(shown, date, signal) {
  const from = new Date(Date.parse(`${date}T00:00Z`) - LONGEST_OFFSET).toISOString();
  const to = new Date(Date.parse(`${date}T24:00Z`) + LONGEST_OFFSET).toISOString();
  const pending = await everything("/v1/bookings?status=pending&", signal);
  const days = new Map();
  const [ofDate] = await Promise.all([
    everything(`/v1/bookings?from=${from}&to=${to}&`, signal),
    each(shown, async ({ id }) => days.set(id, (await get(path`/v1/resources/${id}/days/${date}`, { signal })).data)),
  ]);
  const bookings = new Map();
  for (const booking of [...ofDate.items, ...pending.items]) take(bookings, booking);
  return { bookings, days, position: pending.position };
}

/** The newer of what is known and what is told. Answers whether it was news. */
function take(bookings, booking) {
  if ((bookings.get(booking.id)?.version ?? -1) >= booking.version) return false;
  bookings.set(booking.id, booking);
  return true;
}

/** The legs of a booking that lie at the place on the date. */
export const legsOn = (booking, resource, date) =>
  booking.legs.filter(
    (leg) => leg.resource === resource && times.dateOf(leg.start) <= date && times.dateOf(leg.end) >= date,
  );
