// What lies behind an item of the desk's day: its bookings with all that can be done with them, or the block.

import { remove } from "./api.js";
import { dialog } from "./desk_forms.js";
import { element } from "./dom.js";
import { path } from "./paths.js";
import { refusal, showRefusal } from "./refusals.js";
import * as times from "./times.js";

/**
 * `cardOf(booking)`; `refresh(bookings)` asks how they stand; `lifted(resource)`: a block was; `closed(key)`: where the
 * focus goes then. Answers `{element, open(item), update(itemOf, bookings), forget()}`; `forget`: what is shown is of
 * another log, and whatever comes next holds.
 */
export function itemPanel({ cardOf, refresh, lifted, closed }) {
  const inside = element("div", { class: "panel" });
  const own = dialog("Booking", inside);
  const cards = new Map();
  let shown = null;
  let isForgotten = false;
  own.element.addEventListener("close", () => {
    closed(shown);
    cards.clear();
    inside.replaceChildren();
  });
  return { element: own.element, open, update, forget };

  function open(item) {
    shown = item.key;
    own.heading.textContent = `${item.resource.name}, ${item.time}`;
    cards.clear();
    inside.replaceChildren(...(item.block ? blocked(item) : []));
    if (item.bookings) show(item.bookings);
    own.open();
    if (item.bookings) refresh(item.bookings);
  }

  function forget() {
    isForgotten = own.isOpen;
    for (const card of cards.values()) card.forget();
  }

  function show(bookings) {
    for (const booking of bookings) {
      if (cards.has(booking.id)) continue;
      cards.set(booking.id, cardOf(booking));
      inside.append(cards.get(booking.id).element);
    }
  }

  /** Somebody else may do something with them while one reads: what is open shows it. */
  function update(itemOf, bookings) {
    if (!own.isOpen) return;
    show(itemOf(shown)?.bookings ?? []);
    for (const [id, card] of cards) {
      if (bookings.has(id)) card.update(bookings.get(id));
      else if (isForgotten && cards.delete(id)) card.element.remove();
    }
    if (isForgotten && !itemOf(shown) && !cards.size) own.close();
    isForgotten = false;
  }

  function blocked({ resource, block: { block: id, start, end, units, reason, source } }) {
    const trouble = element("div", {});
    const give = element("button", { type: "button", class: "danger", onclick: lift }, "Give the time back");
    const some = units ? `, ${units} of ${resource.capacity}` : "";
    const external = "It comes from an external calendar: given back, it may come again from there.";
    return [
      element("p", {}, "Blocked: ", times.when(start, end, resource.timezone), some),
      reason?.text && element("p", { class: "reason" }, reason.text),
      source === "calendar" && element("p", { class: "soft" }, external),
      trouble,
      element("p", { class: "actions" }, give),
    ].filter(Boolean);

    async function lift() {
      give.disabled = true;
      try {
        await remove(path`/v1/resources/${resource.id}/blocks/${id}`);
      } catch (error) {
        give.disabled = false;
        if (error.code !== "unknown-block") return showRefusal(trouble, refusal(error)); // else somebody was faster
      }
      own.close();
      return lifted(resource);
    }
  }
}
