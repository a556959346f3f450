// Days of availability that somebody looks at: as they were loaded, and as the live stream has told them since.

import { get } from "./api.js";
import { path } from "./paths.js";
import { merged } from "./slots.js";

/**
 * Answers `of(resource)`, the days by date; `load(resource, first, last)`; `tell(told)`, an `event: day`, which answers
 * whether that is a day one looks at; `forget()` what was told; and `after()`, the position from which on the stream
 * must tell.
 */
export function knownDays(signal) {
  const known = new Map(); // resource → date → day
  const asking = new Set(); // for each answer that is on its way, what the stream has told meanwhile
  let turn = 0;
  let position = null;
  return { of, load, tell, forget, after: () => position };

  function of(id) {
    if (!known.has(id)) known.set(id, new Map());
    return known.get(id);
  }

  // Slots change with time as well: an answer says all of it anew, but for what was told while it was on its way.
  async function load(id, first, last) {
    const mine = ++turn;
    const heard = [];
    asking.add(heard);
    try {
      const range = `from=${first}&to=${last}`;
      const answer = await get(`${path`/v1/resources/${id}/availability`}?${range}`, { signal });
      position ??= answer.position;
      for (const day of answer.data.days) take(id, { ...day, turn: mine }, heard);
    } finally {
      asking.delete(heard);
    }
  }

  function take(id, day, heard) {
    const had = of(id).get(day.date);
    const isNewer = (told) => told.resource === id && told.date === day.date && told.version >= day.version;
    const next = heard.filter(isNewer).reduce(withTold, day);
    // A later answer came before this one, or this one is behind what was told.
    if (had && (had.turn > next.turn || had.version > next.version)) return;
    of(id).set(day.date, next);
  }

  function tell(told) {
    for (const heard of asking) heard.push(told);
    const day = of(told.resource).get(told.date);
    if (!day || told.version < day.version) return false;
    of(told.resource).set(told.date, withTold(day, told));
    return true;
  }

  // Another log counts anew.
  function forget() {
    for (const heard of asking) heard.length = 0;
    for (const days of known.values()) for (const [date, day] of days) days.set(date, { ...day, version: 0 });
  }
}

const withTold = (day, { slots, version }) => ({ ...day, version, slots: merged(day.slots, slots) });
