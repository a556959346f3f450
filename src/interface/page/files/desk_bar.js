// Which day of which places the desk looks at, and the ways to another.

import { MOST_SHOWN } from "./desk_state.js";
import { element } from "./dom.js";
import { field } from "./fields.js";
import * as times from "./times.js";
import { spelled } from "./words.js";

/**
 * `turn({date, kind, page})`, each of them if it changes; `today()`, `block()`, `book()`, `calendars()`.
 * Answers `{element, update(known, asked, kinds)}`: the heading is of what is shown, the fields of what is asked for.
 */
export function deskBar({ turn, today, block, book, calendars }) {
  const long = element("h2", { ...times.spoken });
  let wanted = null;
  let listed = null;
  const chosen = () => when.value && turn({ date: when.value });
  const when = element("input", { type: "date", required: true, min: times.FIRST, max: times.LAST, onchange: chosen });
  const which = element("select", { onchange: () => turn({ kind: which.value, page: 0 }) });
  const button = (text, onclick, rest = {}) => element("button", { type: "button", onclick, ...rest }, text);
  const by = (days) => () => turn({ date: times.later(wanted.date, days) });
  const actions = (kind, ...inside) => element("div", { class: `actions ${kind}`.trim() }, inside);
  const before = button("‹", by(-1), { class: "turn", "aria-label": "Day before" });
  const after = button("›", by(1), { class: "turn", "aria-label": "Day after" });
  const forSomeone = button("Book for someone", book, { class: "main" });
  const made = element(
    "div",
    { class: "desk-bar" },
    long,
    actions("", before, button("Today", today), after),
    field("Date", when),
    field("Places", which),
    actions("end", button("Calendars", calendars), button("Block time", block), forSomeone),
  );
  return { element: made, update };

  function update(known, asked, kinds) {
    const isNews = JSON.stringify(asked) !== JSON.stringify(wanted);
    wanted = { ...asked };
    if (kinds.join() !== listed) {
      listed = kinds.join();
      const option = (value, text) => element("option", { value }, text);
      which.replaceChildren(option("", "All places"), ...kinds.map((each) => option(each, spelled(each))));
      which.value = asked.kind;
    }
    if (isNews) [when.value, which.value] = [asked.date, asked.kind]; // one may be typing the next
    const text = times.longDate(known.date);
    if (long.textContent !== text) long.textContent = text;
  }
}

/** Ways to the other places, where they are more than are shown at once. Answers `{element, update(known)}`. */
export function deskPages({ turn }) {
  const said = element("span", { class: "soft", role: "status" });
  const step = (by, text) => {
    const onclick = () => isOpen(by) && turn({ page: shown.page + by });
    return element("button", { type: "button", onclick }, text);
  };
  let shown = { page: 0, all: 0 };
  const back = step(-1, `Previous ${MOST_SHOWN}`);
  const on = step(1, `Next ${MOST_SHOWN}`);
  const made = element("nav", { class: "actions", "aria-label": "More places", hidden: true }, said, back, on);
  return { element: made, update };

  function isOpen(by) {
    const page = shown.page + by;
    return page >= 0 && page * MOST_SHOWN < shown.all;
  }

  // A way that ends stays where it is: whoever pressed it keeps the focus.
  function update({ page, all, places }) {
    shown = { page, all };
    made.hidden = all <= MOST_SHOWN;
    const first = page * MOST_SHOWN;
    const text = `Places ${first + 1} to ${first + places.length} of ${all}`;
    if (said.textContent !== text) said.textContent = text;
    back.setAttribute("aria-disabled", String(!isOpen(-1)));
    on.setAttribute("aria-disabled", String(!isOpen(1)));
  }
}
