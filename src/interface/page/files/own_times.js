// One's own bookings among the times that one looks at: those are yours, and not somebody else's.

import { get } from "./api.js";
import { everything } from "./lists.js";
import { isSignedIn, roles } from "./session.js";
import * as times from "./times.js";

const TAKING = new Set(["held", "pending", "confirmed"]);

/**
 * Answers `isSomebody`, whether one books for oneself at all; `load(first)`, which asks for those from a date on, and
 * when called again, for what has changed since;
 * `hear(booking)`, which answers whether that is news of one's own; `who()`, the person, once loaded; and
 * `marked(resource, slots)`: the slots, those that one has taken oneself as `yours`.
 */
export function ownTimes(signal) {
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
