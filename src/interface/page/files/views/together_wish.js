// A wish for several places at once: its legs, where it stands in the address, and what comes instead when somebody
// was faster.

import { get } from "../api.js";
import { offsetAt, saysAt } from "../clocks.js";
import { element } from "../dom.js";
import { follow } from "../live.js";
import { path } from "../paths.js";
import { refusal } from "../refusals.js";
import { go } from "../router.js";
import * as times from "../times.js";
import { listed } from "../words.js";

const MINUTE = 60_000;
const AHEAD = 31 * 1440 * MINUTE; // as far as the API looks at once
const OFFERED = 5;
const MOST_LOOKS = 4; // it may say that there is more to look at

/** Where several needs are booked; `said` as for `bookAddress`, and `places`: those that were chosen for the needs. */
export function jointAddress({ needs, minutes, people }, { places = [], ...said } = {}) {
  const known = Object.entries({ ...said, minutes, people }).filter(([, value]) => value);
  const chosen = said.start ? places.map(({ id }) => ["with", id]) : [];
  const all = needs.length ? needs : [""];
  return `/find?${new URLSearchParams([...all.map((need) => ["need", need]), ...chosen, ...known])}`;
}

/**
 * The starts from one instant (milliseconds since 1970) to just before another at which all needs can be met, in order:
 * `{start, end, choice, note}`; start and end by the clock of a `zone`.
 */
export async function jointStarts({ needs, minutes, people }, { from, to, zone, limit, signal }) {
  const found = [];
  for (let begin = new Date(from).toISOString(), look = 0; begin && look < MOST_LOOKS; look += 1) {
    const length = minutes ? [["duration", minutes]] : [];
    const isOpen = (need) => people && !/^id:|;seats:/.test(need);
    const all = needs.map((need) => ["need", isOpen(need) ? `${need};seats:${people}` : need]);
    const query = new URLSearchParams([["from", begin], ["to", new Date(to).toISOString()], ...length, ...all]);
    const { data } = await get(`/v1/availability?${query}&limit=${limit - found.length}`, { signal });
    found.push(...data.starts.map((each) => startOf(each, zone)));
    begin = found.length < limit && data.next && times.instant(data.next) < to ? data.next : null;
  }
  return found;
}

// Of a kind there may be places in several zones: starts beside each other are by one clock.
function startOf({ choice }, zone) {
  const [start, end] = [choice[0].start, choice[0].end].map((text) => saidAt(times.instant(text), zone));
  return { start, end, choice, note: listed(choice.map(({ name }) => name)) };
}

/** The wish that the steps of a booking take, for these places from a start on. `asked`: `{needs, minutes, people}`. */
export function jointWish(asked, places, start) {
  const at = times.instant(start);
  const legs = places.map(({ id, timezone, policy }) => {
    const until = at + (asked.minutes || policy.min_duration) * MINUTE;
    return { resource: id, start: saidAt(at, timezone), end: saidAt(until, timezone) };
  });
  const wish = {
    asked,
    places,
    resource: places[0],
    start: legs[0]?.start,
    end: legs[0]?.end,
    what: { legs },
    said: () => legs.flatMap(said),
    address: (known) => jointAddress(asked, { places, ...known }),
    late,
    watch,
    at: (each) => ({ ...wish, ...jointWish(asked, each.places ?? places, each.start), date: undefined }),
  };
  return wish;

  function said(leg, number) {
    const { name, timezone } = places[number];
    return [number > 0 && element("br"), `${name}: `, times.when(leg.start, leg.end, timezone)].filter(Boolean);
  }
}

// As the API has it, with the place's offset.
const saidAt = (at, zone) => `${saysAt(at, zone)}:00${offsetAt(at, zone)}`;

/** Somebody was faster at one of the places: when all that is needed can be had instead. */
async function late(problem, { wish: { asked, places, start, resource }, offer, signal }) {
  const from = times.instant(start);
  const within = { from, to: from + AHEAD, zone: resource.timezone, limit: OFFERED, signal };
  const others = await jointStarts(asked, within).catch(() => []);
  const known = new Map(places.map((each) => [each.id, each]));
  const chosen = others.flatMap(({ choice }) => choice.map((each) => each.resource));
  const unknown = [...new Set(chosen)].filter((id) => !known.has(id));
  const load = async (id) => known.set(id, (await get(path`/v1/resources/${id}`, { signal })).data);
  await Promise.all(unknown.map(load)).catch(() => {});
  const isKnown = ({ choice }) => choice.every((each) => known.has(each.resource));
  const alternatives = others.filter(isKnown).map((each) => ({
    ...each,
    places: each.choice.map(({ resource: id }) => known.get(id)),
  }));
  return refusal(problem, { zone: resource.timezone, offer, alternatives });
}

// While somebody types: any of the places may be taken. Nobody is torn away from typing.
async function watch(trouble, { wish, signal, isBusy, take }) {
  const { places, start, end, customer } = wish;
  const needs = places.map(({ id }) => ["need", `id:${id}`]);
  const until = wish.asked.minutes ? [["end", end]] : [];
  const query = new URLSearchParams([...needs, ["start", start], ...until]);
  const address = (each) => wish.at(each).address({ start: each.start, end: each.end, customer, step: "details" });
  const offer = take || ((each) => go(address(each)));
  let wasFree = true;
  const after = await look();
  if (signal.aborted) return;
  const stop = follow(places.map(({ id }) => id), { after, day: look, resource: look, reset: look });
  signal.addEventListener("abort", stop);

  async function look() {
    const { data, position } = await get(`/v1/availability?${query}`, { signal }).catch((error) => {
      if (signal.aborted) return { data: { choice: [] } };
      throw error;
    });
    if (signal.aborted) return position;
    const isFree = data.choice !== null;
    if (isFree !== wasFree && !isBusy()) await tell(isFree);
    wasFree = isFree;
    return position;
  }

  async function tell(isFree) {
    if (isFree) return trouble.replaceChildren();
    const message = "Not all of it is free at that time any more. Nothing that you typed is lost.";
    const problem = { message, facts: { title: "Somebody was faster" } };
    const made = await late(problem, { wish, offer, signal });
    if (!signal.aborted && !isBusy()) trouble.replaceChildren(made);
    return undefined;
  }
}
