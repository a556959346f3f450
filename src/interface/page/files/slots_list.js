// A day's slots as buttons. What changes, changes in its place.

import { disable, flash, write } from "./changing.js";
import { element } from "./dom.js";
import { isFree, isWaitable, left } from "./slots.js";
import { walking } from "./slots_keys.js";
import * as times from "./times.js";

/**
 * `chosen(slot)` for a free one, `waited(slot)` for one that can be waited for; the arrow keys walk. Answers
 * `{element, update(slots)}`; `update` answers what was taken and what became free since the last time, for saying it.
 */
export function slotList({ zone, chosen, waited, label = "Times" }) {
  const buttons = () => [...list.querySelectorAll("button")];
  const list = element("ul", { class: "slots", "aria-label": label, onkeydown: walking(() => buttons()) });
  let shown = new Map();
  return { element: list, update };

  function update(slots) {
    const next = new Map(slots.map((slot) => [slot.start, slot]));
    const isSame = next.size === shown.size && [...next.keys()].every((start) => shown.has(start));
    const was = shown;
    shown = next;
    if (isSame) return change(was);
    draw(slots);
    return { taken: [], freed: [] };
  }

  function change(was) {
    const changes = { taken: [], freed: [] };
    for (const button of buttons()) {
      const [before, slot] = [was.get(button.dataset.start), shown.get(button.dataset.start)];
      if (before.status === slot.status && before.available === slot.available) continue;
      const isOthers = ["full", "blocked", "unbookable"].includes(slot.status);
      if (isFree(before) && isOthers) changes.taken.push(slot);
      if (!isFree(before) && isFree(slot)) changes.freed.push(slot);
      say(button, slot, waited);
      flash(button);
    }
    return changes;
  }

  function draw(slots) {
    const focused = list.contains(document.activeElement) && document.activeElement.dataset.start;
    list.replaceChildren(...slots.map((slot) => element("li", {}, slotButton(slot))));
    const first = list.querySelector("[data-status='available']") ?? list.querySelector("button");
    if (first) first.tabIndex = 0;
    if (focused) (list.querySelector(`[data-start="${focused}"]`) ?? first)?.focus();
  }

  function slotButton({ start, end }) {
    const own = times.yours(start, start, zone);
    const onclick = () => {
      const slot = shown.get(start);
      if (isFree(slot)) chosen(slot);
      else if (isWaitable(slot)) waited?.(slot);
    };
    const button = element(
      "button",
      { type: "button", class: "slot", tabindex: "-1", "data-start": start, onclick },
      element("strong", times.spoken, times.clock(start, zone)),
      element("span", { class: "unseen" }, ` to ${times.clock(end, zone)}, `),
      own && element("span", { class: "soft own-time" }, own),
      element("span", { class: "hint" }),
      element("span", { class: "fill", "aria-hidden": "true" }),
    );
    say(button, shown.get(start), waited);
    return button;
  }
}

function say(button, slot, waited) {
  const mayWait = waited && isWaitable(slot);
  const isAsked = mayWait && slot.status !== "waiting";
  write(button.querySelector(".hint"), isAsked ? `${left(slot)} · wait for it` : left(slot));
  button.dataset.status = slot.status;
  disable(button, !isFree(slot) && !mayWait);
  const part = slot.capacity ? 1 - slot.available / slot.capacity : 1;
  button.querySelector(".fill").style.setProperty("--part", String(part));
}
