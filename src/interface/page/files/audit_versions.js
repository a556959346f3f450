// The versions of a day, as the log has them. What was is asked for once: it does not change any more.

import { get } from "./api.js";

const MOST_KEPT = 100;

/**
 * Answers `{state(version), step(version), at(moment), newest()}`, promises: the day at a version; the event that made
 * it; the day at a time or position; the number of its newest version, and the position at which it is that.
 */
export function versionsOf(resource, date, signal) {
  const path = `/v1/resources/${resource}/days/${date}`;
  const kept = new Map();
  const known = (key, ask) => {
    if (!kept.has(key)) {
      const answer = ask();
      kept.set(key, answer);
      answer.catch(() => kept.delete(key));
      if (kept.size > MOST_KEPT) kept.delete(kept.keys().next().value);
    }
    return kept.get(key);
  };
  const asOf = async (moment) => (await get(`${path}?as_of=${encodeURIComponent(moment)}`, { signal })).data;
  const event = async (version) => (await get(`${path}/events?after=${version - 1}&limit=1`, { signal })).data.items[0];
  return {
    state: (version) => known(`state ${version}`, () => asOf(version)),
    step: (version) => known(`step ${version}`, () => event(version)),
    at: asOf,
    async newest() {
      const { data, position } = await get(path, { signal });
      return { version: data.version, position };
    },
    forget: () => kept.clear(),
  };
}

/** A page of what happened on the day, with what was refused. */
export async function course(resource, date, asked, signal) {
  const query = new URLSearchParams({ refusals: true, ...asked });
  return (await get(`/v1/resources/${resource}/days/${date}/events?${query}`, { signal })).data;
}
