// Which places are free at a time of their own clock, for so long. Where clocks change meanwhile, so long is so long.

import { instantsOf, saysAt } from "./clocks.js";
import { everything } from "./lists.js";

const MINUTE = 60_000;

/** `zones`: of the places in question. Answers what is free, by the place's id: `{start, end, available, …}`. */
export async function freeAt({ date, time, minutes, people }, zones, signal) {
  const start = `${date}T${time}`;
  const until = minutes && new Date(Date.parse(`${start}Z`) + minutes * MINUTE).toISOString().slice(0, 16);
  const all = [...zones];
  const odd = all.filter((zone) => !isPlain(start, until, minutes, zone));
  const plain = new Set(all.filter((zone) => !odd.includes(zone)));
  const free = plain.size ? (await asked(start, until, people, signal)).filter((each) => plain.has(each.timezone)) : [];
  for (const zone of odd) {
    const [at] = instantsOf(start, zone); // the earlier one where it comes twice; where there is none, nothing is free
    if (at === undefined) continue;
    const [begins, ends] = [at, minutes && at + minutes * MINUTE].map((each) => each && new Date(each).toISOString());
    free.push(...(await asked(begins, ends, people, signal)).filter((each) => each.timezone === zone));
  }
  return new Map(free.map((each) => [each.resource, each]));
}

// Whether one can count on the clock itself: it says that time once, and goes on from there as clocks mostly do.
function isPlain(start, until, minutes, zone) {
  const instants = instantsOf(start, zone);
  return instants.length === 1 && (!minutes || saysAt(instants[0] + minutes * MINUTE, zone) === until);
}

async function asked(start, end, people, signal) {
  const query = new URLSearchParams({ start, ...(end && { end }), ...(people && { seats: people }) });
  return (await everything(`/v1/availability?${query}&`, signal)).items;
}
