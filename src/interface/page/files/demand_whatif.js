// What would have been: the same requests at a place that had been otherwise.

import { get, post } from "./api.js";
import { element } from "./dom.js";
import { field } from "./fields.js";
import { path } from "./paths.js";
import { WEEKDAYS, weekdayName } from "./places_definition.js";
import { windowsEditor } from "./places_hours.js";
import { refusal, showRefusal } from "./refusals.js";
import { styled } from "./styles.js";

const SECONDS_FOR_AN_ANSWER = 70; // the service gives itself a minute
const RULES = {
  step: "Starts every so many minutes",
  min_duration: "Shortest, minutes",
  max_duration: "Longest, minutes",
  buffer_before: "Kept free before, minutes",
  buffer_after: "Kept free after, minutes",
  min_notice: "Notice, minutes",
  max_advance_days: "Days ahead",
};
const WHY = {
  "not-available": "somebody else would have had it",
  "legs-overlap": "too few places for all parts of it",
  closed: "it would have been closed",
  "outside-hours": "outside the hours",
  "bad-duration": "of another length",
  "off-grid": "at another minute",
  "too-soon": "too late for the notice",
  "too-far-ahead": "too far ahead",
  "hold-expired": "the hold would have run out",
};

/** A form for a place and dates, and its answer. `resource`: its id; `from`, `to`: dates, both included. */
export function whatIf(resource, from, to, { signal } = {}) {
  const trouble = element("div", {});
  const answer = element("div", { class: "whatif-answer", role: "status" });
  const fields = element("div", {}, element("p", { class: "soft" }, "Loading ..."));
  const go = element("button", { class: "main", disabled: true }, "See what would have been");
  const form = element("form", { class: "form" }, fields, trouble, element("p", { class: "actions" }, go));
  const soft = "Everybody who asked for this place asks once more, in the same order, and the same rules decide.";
  const title = element("h2", { id: "whatif", tabindex: "-1" }, "What if it had been otherwise?");
  const made = element("section", { "aria-labelledby": "whatif" }, title, element("p", { class: "soft" }, soft));
  made.append(form, answer);
  let read = null;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void ask();
  });
  void load();
  return made;

  async function load() {
    try {
      const [{ data }] = await Promise.all([
        get(path`/v1/resources/${resource}`, { signal }),
        styled("places.css", "desk.css"),
      ]);
      read = filled(fields, data);
      go.disabled = false;
    } catch (error) {
      if (!signal?.aborted) showRefusal(fields, refusal(error));
    }
  }

  async function ask() {
    if (read === null || form.getAttribute("aria-busy")) return;
    const changes = read();
    trouble.replaceChildren();
    if (!Object.keys(changes).length) {
      answer.replaceChildren(element("p", {}, "Change something first: hours, places or rules."));
      return;
    }
    form.setAttribute("aria-busy", "true");
    answer.replaceChildren(element("p", { class: "soft" }, "Asking everybody once more ..."));
    const address = `${path`/v1/resources/${resource}/what-if`}?from=${from}&to=${to}`;
    try {
      const { data } = await post(address, { set: changes }, { signal, seconds: SECONDS_FOR_AN_ANSWER });
      answer.replaceChildren(...told(data));
    } catch (error) {
      answer.replaceChildren();
      const [wrong] = error.facts?.errors ?? [];
      if (wrong) error.message = `${wrong.detail}.`; // without where it stands in a request that nobody typed
      if (!signal?.aborted) showRefusal(trouble, refusal(error));
    } finally {
      form.removeAttribute("aria-busy");
    }
  }
}

/** Fields as the place is now; answers a function that says what is otherwise in them. */
function filled(fields, place) {
  const number = (value, rest = {}) =>
    element("input", { type: "number", min: 0, value, inputmode: "numeric", ...rest });
  const capacity = number(place.capacity, { min: 1, required: true });
  const rules = Object.keys(RULES).map((name) => [name, number(place.policy[name], { required: true })]);
  const days = WEEKDAYS.map((day) => [day, windowsEditor(weekdayName(day), `/hours/${day}`, () => {})]);
  for (const [day, editor] of days) editor.fill(place.hours[day] ?? []);
  const written = (editor) => editor.read().map((window) => window.join("-")).join(",") || "closed";
  const before = new Map(days.map(([day, editor]) => [day, written(editor)]));
  const more = element(
    "details",
    {},
    element("summary", {}, "Rules"),
    element("div", { class: "grid" }, rules.map(([name, input]) => field(RULES[name], input))),
  );
  const hours = element("fieldset", { class: "group" }, element("legend", {}, "Opening hours"));
  hours.append(...days.map(([, editor]) => editor.element));
  fields.replaceChildren(field("Places at the same time", capacity), hours, more);
  return () => {
    const changes = {};
    if (Number(capacity.value) !== place.capacity) changes.capacity = Number(capacity.value);
    for (const [name, input] of rules) {
      if (Number(input.value) !== place.policy[name]) changes[`policy.${name}`] = Number(input.value);
    }
    for (const [day, editor] of days) {
      if (written(editor) !== before.get(day)) changes[`hours.${day}`] = written(editor);
    }
    return changes;
  };
}

function told(data) {
  const percent = ({ share }) =>
    share === null ? "none" : new Intl.NumberFormat(undefined, { style: "percent" }).format(share);
  const wishes = `${data.would_be_served} of ${data.turned_away}`;
  const bookings = `${data.bookings_lost} of ${data.bookings}`;
  const list = element("dl", { class: "in-sum" });
  for (const [name, value, rest] of [
    ["Served now", wishes, "of those who were turned away"],
    ["Bookings lost", bookings, "that would not have been"],
    ["Hours taken", percent(data.utilisation_then), `${percent(data.utilisation)} as it was`],
  ]) {
    const number = element("strong", {}, value);
    list.append(element("div", {}, element("dt", {}, name), element("dd", {}, number, rest)));
  }
  const lost = data.lost.slice(0, 20).map(({ booking, start, code }) =>
    element(
      "li",
      {},
      element("a", { href: path`/desk/${booking}` }, `${start.slice(0, 10)} ${start.slice(11, 16)}`),
      ` ${WHY[code] ?? code}`,
    ),
  );
  const shown = [list];
  if (lost.length) shown.push(element("ul", { class: "rows" }, lost));
  if (data.bookings_lost > lost.length) {
    shown.push(element("p", { class: "soft" }, `and ${data.bookings_lost - lost.length} more`));
  }
  if (data.unlike) {
    const about = `${data.unlike} of these requests depended on more than this place, so it may be off by as many.`;
    shown.push(element("p", { class: "soft" }, about));
  }
  return shown;
}
