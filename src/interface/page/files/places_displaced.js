// Bookings that do not fit a place any more, in words, and which they are. They stand; the desk decides about them.

import { element } from "./dom.js";
import { roles } from "./session.js";
import * as times from "./times.js";

const MOST_NAMED = 10;

const WHY = {
  closed: "on a date that is closed",
  "outside-hours": "outside the hours",
  "off-grid": "between two starts",
  "bad-duration": "of another length",
  "party-too-large": "with more people than seats",
  "too-many-units": "of more places than one booking may take",
  "not-available": "beyond the capacity",
};

/** `2 outside the hours, 1 beyond the capacity`. */
function reasons(displaced) {
  const counts = new Map();
  for (const { code } of displaced) counts.set(code, (counts.get(code) ?? 0) + 1);
  return [...counts].map(([code, count]) => `${count} ${WHY[code] ?? code}`).join(", ");
}

const howMany = (displaced) => (displaced.length === 1 ? "One booking" : `${displaced.length} bookings`);

/**
 * Which they are, by place and time. Whoever is of the desk as well is led to its day. Nothing is said of whose they
 * are: that is for the desk alone.
 */
export function whichOnes(displaced, { name, kind, timezone }, most = MOST_NAMED) {
  if (!displaced?.length) return null;
  const left = displaced.length - most;
  const more = left > 0 && element("li", {}, `and ${left} more`);
  return element("ul", { class: "displaced" }, displaced.slice(0, most).map(item), more);

  function item({ code, start, end }) {
    const text = `${name}, ${times.dateAndRange(start, end, timezone)}`;
    const day = new URLSearchParams({ date: times.dateOf(start), kind });
    const which = roles.has("staff") ? element("a", { href: `/desk?${day}` }, text) : text;
    return element("li", times.spoken, which, element("span", { class: "soft" }, ` · ${WHY[code] ?? code}`));
  }
}

/** Before it is saved; an empty text when all fit. */
export function wouldNotFit(displaced) {
  if (displaced === null) return "More lies ahead than is compared while you type. Saving says what no longer fits.";
  if (!displaced.length) return "";
  const stand = `${displaced.length === 1 ? "it stands" : "they stand"} until the desk decides`;
  return `${howMany(displaced)} would no longer fit (${reasons(displaced)}). Whatever you save, ${stand}.`;
}

/** Once it is saved; an empty text when all fit. */
export function doesNotFit(displaced) {
  if (displaced === null) return "What is booked stands; whether all of it still fits could not be worked out in time.";
  if (!displaced.length) return "";
  const stand = displaced.length === 1 ? "no longer fits; it stands" : "no longer fit; they stand";
  return `${howMany(displaced)} ${stand} until the desk decides (${reasons(displaced)}).`;
}
