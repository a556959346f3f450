// A strip of seven dates, with what is free on each.

import { disable, write } from "./changing.js";
import { element } from "./dom.js";
import { isFree, whyNothing } from "./slots.js";
import { walking } from "./slots_keys.js";
import * as times from "./times.js";

const WEEK = 7;
const NOTHING = { over: "over", full: "full", blocked: "closed", unbookable: "–" };

/**
 * `chosen(date)` when one is chosen, `turned(first)` when another week is. `says(slots)`: of a date's free ones.
 * Answers `{element, update({first, last, from, date, days})}`: the dates between which there is anything to see, the
 * strip's first date, the chosen one, and the days of availability by date.
 */
export function weekStrip({ chosen, turned, says = (free) => `${free.length} free` }) {
  const list = element("ul", { class: "week", onkeydown: walking(() => [...list.querySelectorAll("button")]) });
  const heading = element("h2", { class: "month", "aria-live": "polite", ...times.spoken });
  const before = turner("Week before", "‹", -WEEK);
  const after = turner("Week after", "›", WEEK);
  const head = element("div", { class: "between" }, heading, element("div", { class: "turns" }, before, after));
  const whole = element("section", { class: "weeks", "aria-label": "Date" }, head, list);
  let shown = {};
  return { element: whole, update };

  function turner(label, sign, days) {
    const turn = ({ currentTarget }) => {
      if (currentTarget.hasAttribute("aria-disabled")) return;
      const to = times.later(shown.from, days);
      turned(to < shown.first ? shown.first : to);
    };
    return element("button", { type: "button", class: "turn", "aria-label": label, onclick: turn }, sign);
  }

  function update({ first, last, from, date, days }) {
    const focused = list.contains(document.activeElement) && document.activeElement.dataset.date;
    if (from !== shown.from || first !== shown.first || last !== shown.last) draw({ first, last, from });
    for (const button of list.querySelectorAll("button")) {
      const day = days.get(button.dataset.date);
      const free = day?.slots.filter(isFree) ?? [];
      const isChosen = button.dataset.date === date;
      write(button.querySelector(".hint"), hint(day, free));
      button.classList.toggle("none", Boolean(day) && !free.length);
      button.setAttribute("aria-pressed", String(isChosen));
      button.tabIndex = isChosen ? 0 : -1;
    }
    if (!list.querySelector("[tabindex='0']")) list.querySelector("button").tabIndex = 0;
    if (focused) (list.querySelector(`[data-date="${focused}"]`) ?? list.querySelector("[tabindex='0']")).focus();
  }

  function draw({ first, last, from }) {
    shown = { first, last, from };
    list.replaceChildren(...Array.from({ length: WEEK }, (_, number) => dateButton(times.later(from, number))));
    const months = new Set([from, times.later(from, WEEK - 1)].map(times.month));
    heading.textContent = [...months].join(" – ");
    disable(before, from <= first);
    disable(after, times.later(from, WEEK) > last);
  }

  function hint(day, free) {
    if (!day) return "…";
    if (free.length) return says(free);
    if (day.status === "closed") return day.reason || "closed";
    return day.slots.length ? NOTHING[whyNothing(day.slots)] : "–";
  }

  function dateButton(date) {
    const isOutside = date < shown.first || date > shown.last;
    const onclick = () => isOutside || chosen(date);
    const spokenDate = element("span", { class: "unseen", ...times.spoken }, times.longDate(date), ", ");
    const seen = [
      element("span", { class: "soft", "aria-hidden": "true", ...times.spoken }, times.weekday(date)),
      element("strong", { "aria-hidden": "true" }, times.dayNumber(date)),
      element("span", { class: "hint" }),
    ];
    const attributes = {
      type: "button",
      class: "day",
      "data-date": date,
      "aria-disabled": isOutside && "true",
      onclick,
    };
    return element("li", {}, element("button", attributes, spokenDate, seen));
  }
}
