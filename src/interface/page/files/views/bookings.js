// Bookings as cards.

import { element } from "../dom.js";

/** A list of bookings, or a sentence when there are none. */
export function bookings(items, none) {
  if (!items.length) return element("p", {}, none);
  return element("ul", { class: "cards" }, items.map(card));
}

function card({ status, legs }) {
  const times = legs.map(({ resource, timezone, start }) => {
    const when = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short", timeZone: timezone });
    return element("p", {}, `${resource}, `, element("time", { datetime: start }, when.format(new Date(start))));
  });
  return element("li", { class: "card" }, element("h2", {}, status), times);
}
