// What waits for approval, as it comes. Nothing moves under the hands of whoever works in it: while the pointer or the
// focus is there, what was dealt with stays where it is, and what comes is added at the end. Nor does it while the
// pointer is on the way from a card to what stands below them.

import { element } from "./dom.js";
import * as times from "./times.js";

const MOST = 8; // more are there at a click: the day below is never far
const MOST_ON_A_PHONE = 3;

/**
 * `cardOf(booking)`: a card of it. Answers `{element, update({bookings, isHere, elsewhere}), forget()}`.
 */
export function queue({ cardOf }) {
  const cards = new Map(); // of those that wait, or have just been dealt with
  const heading = element("h2", { tabindex: "-1" });
  const list = element("div", { class: "bookings queue" });
  const none = element("p", { class: "soft" }, "Nothing waits for approval.");
  const more = element("button", { type: "button", onclick: showAll });
  const elsewhereSaid = element("span", {});
  const seeAll = { type: "button", class: "plain", onclick: () => last.elsewhere() };
  const there = element("button", seeAll, "Show all places");
  const others = element("p", { class: "soft others", hidden: true }, elsewhereSaid, " ", there);
  const further = element("p", { class: "actions" }, more);
  const made = element("section", { class: "waiting" }, heading, none, list, further, others);
  let most = matchMedia("(max-width: 40rem)").matches ? MOST_ON_A_PHONE : MOST;
  let last = { bookings: new Map(), pending: [] };
  const gone = () => requestAnimationFrame(() => made.isConnected && draw());
  made.addEventListener("pointerleave", gone);
  list.addEventListener("focusout", gone);
  let isForgotten = false;
  return { element: made, update, forget };

  /** What is shown is of another log: whatever comes next holds, and what does not come is no more. */
  function forget() {
    isForgotten = true;
    for (const card of cards.values()) card.forget();
  }

  function showAll() {
    const first = last.pending.find(({ id }) => !cards.has(id));
    most = Infinity;
    draw();
    cards.get(first?.id)?.focus();
  }

  /** `bookings`: all that are known; `isHere(booking)`; `elsewhere()`: show those at other places as well. */
  function update({ bookings, isHere, elsewhere }) {
    const all = [...bookings.values()].filter(({ status }) => status === "pending");
    all.sort((a, b) => times.instant(a.legs[0].start) - times.instant(b.legs[0].start));
    const pending = all.filter(isHere);
    last = { bookings, pending, elsewhere };
    const left = all.length - pending.length;
    const text = `${left} more ${left === 1 ? "waits" : "wait"} at other places.`;
    if (elsewhereSaid.textContent !== text) elsewhereSaid.textContent = text;
    others.hidden = !left;
    draw();
  }

  function draw() {
    const { bookings, pending } = last;
    heading.textContent = pending.length ? `Waiting for approval (${pending.length})` : "Waiting for approval";
    const isAtRest = !isPointedAt() && !list.contains(document.activeElement);
    const waits = new Set(pending.map(({ id }) => id));
    for (const [id, card] of cards) {
      if (bookings.has(id)) card.update(bookings.get(id));
      const isNoMore = isForgotten && !bookings.has(id);
      if (!isNoMore && (!isAtRest || waits.has(id) || card.isTyping)) continue;
      card.element.remove();
      cards.delete(id);
    }
    for (const booking of pending) {
      if (cards.has(booking.id) || cards.size >= most) continue;
      cards.set(booking.id, cardOf(booking));
      list.append(cards.get(booking.id).element);
    }
    isForgotten = false;
    if (isAtRest) inOrder(pending);
    none.hidden = pending.length > 0 || cards.size > 0;
    const left = pending.filter(({ id }) => !cards.has(id)).length;
    more.hidden = left === 0;
    more.textContent = `Show ${left} more`;
  }

  // A finger that was lifted points at nothing, though the browser says so.
  function isPointedAt() {
    return matchMedia("(hover: hover)").matches && made.matches(":hover");
  }

  function inOrder(pending) {
    const wanted = pending.filter(({ id }) => cards.has(id)).map(({ id }) => cards.get(id).element);
    wanted.forEach((card, at) => list.children[at] !== card && list.insertBefore(card, list.children[at] ?? null));
  }
}
