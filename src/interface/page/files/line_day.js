// Waiting on the day that one looks at: for one of its times, or for any of them where all are taken.

import { get } from "./api.js";
import { write } from "./changing.js";
import { element } from "./dom.js";
import { askToWait, showWaiting } from "./line_join.js";
import { isWaitable, whyNothing } from "./slots.js";
import { isSignedIn } from "./session.js";
import * as times from "./times.js";
import { unattended } from "./unattended.js";

/**
 * `resource`; `customer` and `whom`: for another; `who()`: oneself; `book(slot)`: one that is free by now;
 * `focus(slot)`: where one came from; `changed()`: what one waits for has.
 * Answers `{element, ask(slot), marked(slots), show(date, slots), load()}`.
 */
export function lineOfDay({ resource, customer, whom, who, book, focus, changed, signal }) {
  const any = element("button", { type: "button", onclick: () => ask(null) });
  const box = element("div", {});
  const whole = element("div", {}, element("p", { class: "actions more" }, any), box);
  let wishes = [];
  let date = null;
  any.hidden = true;
  return { element: whole, ask, marked, show, load };

  /** What one waits for there, as it is now. */
  async function load() {
    if (!isSignedIn || (!customer && !who())) return;
    const asked = new URLSearchParams({ resource: resource.id, customer: customer ?? who(), waiting: "true" });
    const { data } = await get(`/v1/waitlist?${asked}`, { signal });
    wishes = data.items;
    changed();
  }

  function wishFor(slot) {
    const isIt = ({ start }) => (slot ? start && times.instant(start) === times.instant(slot.start) : !start);
    return wishes.find((wish) => isIt(wish) && (slot || wish.date === date));
  }

  function marked(slots) {
    if (!wishes.length) return slots;
    return slots.map((slot) => (isWaitable(slot) && wishFor(slot) ? { ...slot, status: "waiting" } : slot));
  }

  function show(next, slots) {
    if (next !== date) box.replaceChildren();
    date = next;
    any.hidden = !["full", "blocked"].includes(whyNothing(slots));
    write(any, wishFor(null) ? "In line for any time on this day" : "Wait for any time on this day");
  }

  /** `slot`: none for any time on the date. */
  function ask(slot) {
    const what = slot ? { start: slot.start, end: slot.end } : { date };
    const again = () => unattended(load(), signal);
    const back = () => {
      box.replaceChildren();
      if (slot) focus(slot);
      else any.focus();
    };
    const instead = slot && (() => book(slot));
    const about = { resource, ...what, customer, whom, signal, book: instead, joined: again, left: again, back };
    const wish = wishFor(slot);
    if (wish) showWaiting(box, { ...about, wish });
    else askToWait(box, about);
  }
}
