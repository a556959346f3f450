// A place among those that were found: what it is, and a date at a glance.

import { write } from "../changing.js";
import { element } from "../dom.js";
import { isFree, left, whyNothing } from "../slots.js";
import * as times from "../times.js";
import { bookAddress } from "./book_address.js";
import { facts } from "./place_facts.js";

const NOTHING = {
  over: "Over",
  full: "Full",
  blocked: "Closed by the desk",
  unbookable: "Not bookable at this notice",
};

/**
 * Answers `{element, offer(free), show(date, day)}`. `free`: `{start, end}` that somebody asked for and can have, or
 * nothing; `day`: availability of the date, nothing while it is on its way.
 */
export function placeCard(resource) {
  const { id, name, timezone: zone } = resource;
  const link = element("a", { class: "whole", href: bookAddress(id) }, name);
  const bar = element("div", { class: "glance", "aria-hidden": "true" });
  const text = element("p", { class: "soft today" });
  const direct = element("p", { class: "actions" });
  const heading = element("h2", {}, link);
  const made = element(
    "li",
    { class: "card place-card", "data-resource": id },
    heading,
    facts(resource),
    text,
    bar,
    direct,
  );
  return { element: made, offer, show };

  function offer(free) {
    const address = free && bookAddress(id, { start: free.start, end: free.end, step: "details" });
    const says = free && `Book ${times.range(free.start, free.end, zone)}`;
    direct.replaceChildren(free ? element("a", { class: "button main", href: address }, says) : "");
  }

  function show(date, day) {
    const isToday = date === times.today(zone);
    // Where it is another date for whoever looks, “today” alone would be ambiguous.
    const isHere = date === times.today(times.ownZone);
    const when = !isToday ? `on ${times.shortDate(date)}` : isHere ? "today" : `today, ${times.shortDate(date)},`;
    link.href = bookAddress(id, isToday ? {} : { date });
    bar.replaceChildren(...(day?.slots ?? []).map(({ status }) => element("span", { "data-status": status })));
    bar.hidden = !day?.slots.length;
    if (!day) return write(text, `Looking at ${isToday ? "today" : times.shortDate(date)} …`);
    const free = day.slots.filter(isFree);
    if (free.length) return text.replaceChildren(...next(free[0], when));
    write(text, nothing(day, when));
  }

  function next(slot, when) {
    const own = times.yours(slot.start, slot.start, zone);
    const more = [slot.capacity > 1 && left(slot), own].filter(Boolean);
    const says = element("strong", {}, `Next free ${when} at ${times.clock(slot.start, zone)}`);
    return [says, more.length ? ` · ${more.join(" · ")}` : ""];
  }
}

function nothing({ slots, reason }, when) {
  const day = when.replace(/,$/, "");
  if (!slots.length) return `Closed ${day}${reason ? `: ${reason}` : ""}`;
  const why = whyNothing(slots);
  return why === "over" && day.startsWith("today") ? `Over for ${day}` : `${NOTHING[why]} ${day}`;
}
