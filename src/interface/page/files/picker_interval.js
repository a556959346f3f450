// What is chosen on a timeline, exactly: where, from when, until when. It can be chosen here just as well.

import { element } from "./dom.js";
import { field } from "./fields.js";
import { isFree } from "./slots.js";
import * as times from "./times.js";

const NOTHING = "Nothing chosen yet.";

/**
 * `zone`: whose clock it shows; `action`: what the button says, and `chosen({resource, start, end})` does. `rows()`:
 * the places; `slotsOf(resource)`: those of the date; `timeline()`: where it is shown as well. Answers
 * `{element, show(choice), refresh()}`: another choice, and the same while what is free has changed.
 */
export function intervalBar({ zone, action, chosen, rows, slotsOf, timeline }) {
  const where = element("strong", {});
  const text = element("p", { class: "soft", role: "status" }, NOTHING);
  const go = element("button", { type: "button", class: "main", onclick: () => choice && chosen(choice) }, action);
  const room = element("select", { onchange: () => refresh(room.value) });
  const begins = element("select", { onchange: () => pick(null), ...times.spoken });
  const ends = element("select", { onchange: () => pick(ends.value), ...times.spoken });
  let choice = null;
  go.disabled = true;
  return {
    element: element(
      "div",
      { class: "interval", role: "group", "aria-label": "Chosen time" },
      field("Place", room),
      field("From", begins),
      field("To", ends),
      element("div", { class: "interval-go" }, element("div", {}, where, text), go),
    ),
    show,
    refresh: () => refresh(room.value), // which is another than the chosen one while somebody looks there
  };

  function show(next) {
    choice = next;
    go.disabled = !choice;
    where.textContent = choice?.resource.name ?? "";
    text.replaceChildren(...(choice ? said(choice) : [NOTHING]));
    refresh(choice?.resource.id);
  }

  function said({ start, end }) {
    const length = times.length(times.minutes(start, end));
    const own = times.yours(start, end, zone);
    return [`${times.range(start, end, zone)} · ${length}${own ? ` · ${own}` : ""}`];
  }

  function refresh(id = choice?.resource.id ?? room.value) {
    options(
      room,
      rows().map((each) => [each.id, each.name]),
      id || rows()[0].id,
    );
    const isHere = choice?.resource.id === room.value;
    const free = slotsOf(room.value).filter(isFree);
    const starts = free.map(({ start }) => [start, times.clock(start, zone)]);
    options(begins, [["", "–"], ...starts], isHere ? choice.start : "");
    const until = begins.value ? timeline().endsFrom(room.value, begins.value) : [];
    options(
      ends,
      until.map((end) => [end, times.clock(end, zone)]),
      isHere ? choice.end : until[0],
    );
  }

  function pick(end) {
    if (!begins.value) return;
    const until = timeline().endsFrom(room.value, begins.value);
    timeline().select(room.value, begins.value, until.includes(end) ? end : until[0]);
  }
}

// Changed only where it differs: an open list stays open.
function options(select, all, value) {
  const shape = JSON.stringify(all);
  if (select.dataset.shape !== shape) {
    select.dataset.shape = shape;
    select.replaceChildren(...all.map(([its, text]) => element("option", { value: its }, text)));
  }
  if (value !== undefined) select.value = value;
}
