// A booking that is kept for somebody until they say yes or no to it: until when, and how long that is.

import { saysAt } from "./clocks.js";
import { element } from "./dom.js";
import { countdown } from "./holds.js";
import * as times from "./times.js";

/** Fills `place`. `over(booking)`: it is held no longer. Stops with the signal. */
export function kept(place, booking, { signal, over }) {
  const text = element("p", {}, element("strong", {}, keptUntil(booking)));
  place.replaceChildren(text, countdown(booking, { signal, over }));
}

// `Kept for you until 10:15: confirm it or let it go.`
function keptUntil({ expires_at: end, legs: [{ timezone }] }) {
  const date = saysAt(times.instant(end), timezone).slice(0, 10);
  const day = date === times.today(timezone) ? "" : `${times.shortDate(date)}, `;
  return `Kept for you until ${day}${times.clock(end, timezone)}: confirm it or let it go.`;
}
