// A place as a form: what it says, as the API takes it.

import { element } from "./dom.js";
import { field } from "./fields.js";
import { datesEditor } from "./places_dates.js";
import { APPROVAL, NUMBERS, OVERTAKING, VISIBILITIES, WEEKDAYS, weekdayName } from "./places_definition.js";
import { equipmentEditor } from "./places_equipment.js";
import { windowsEditor } from "./places_hours.js";

const group = (legend, ...inside) =>
  element("fieldset", { class: "group" }, element("legend", {}, legend), ...inside.flat());

/** `{element, read(), fill(definition)}`. `changed()` is called whenever something is typed. */
export function definitionForm(changed) {
  const inputs = new Map(); // by path
  const input = (path, attributes) => {
    const made = element("input", { autocomplete: "off", ...attributes, "data-path": path });
    inputs.set(path, made);
    return made;
  };
  const number = (path, attributes = {}) =>
    input(path, { type: "number", min: 0, inputmode: "numeric", ...attributes });
  const ways = Object.entries(VISIBILITIES).map(([value, text]) => element("option", { value }, text));
  const visibility = element("select", { "data-path": "/visibility" }, ways);
  const days = WEEKDAYS.map((day) => windowsEditor(weekdayName(day), `/hours/${day}`, changed));
  const [dates, equipment] = [datesEditor(changed), equipmentEditor(changed)];
  const terms = element(
    "div",
    { class: "grid" },
    field("Name", input("/name", { maxlength: 200, required: true })),
    field("Kind", input("/kind", { maxlength: 63, required: true }), "Like sports-ground."),
    field("Capacity", number("/capacity", { min: 1, required: true }), "How much of it may be taken at once."),
    field("Seats", number("/seats", { min: 1 }), "The largest party; empty: any."),
    field("Who sees it", visibility),
  );
  const numbers = NUMBERS.map(([name, label, hint]) =>
    field(label, number(`/policy/${name}`, { required: name !== "daily_limit" }), hint),
  );
  const check = (name, text) =>
    element("label", { class: "check" }, input(`/policy/${name}`, { type: "checkbox" }), text);
  const checks = [check("approval", APPROVAL), check("overtaking", OVERTAKING)];
  const made = element(
    "div",
    { class: "definition", oninput: changed },
    group("What it is", terms),
    group("Opening hours", element("div", { class: "week-hours" }, days.map((each) => each.element))),
    group("Exceptions", dates.element),
    group("How it may be booked", element("div", { class: "grid" }, numbers), checks),
    group("Equipment", equipment.element),
  );
  return { element: made, read, fill };

  function fill(definition) {
    for (const [path, each] of inputs) {
      const [, first, second] = path.split("/");
      const value = second ? definition[first][second] : definition[first];
      if (each.type === "checkbox") each.checked = value;
      else each.value = value ?? "";
    }
    visibility.value = definition.visibility;
    days.forEach((each, at) => each.fill(definition.hours[WEEKDAYS[at]] ?? []));
    dates.fill(definition.exceptions);
    equipment.fill(definition.attributes);
  }

  function read() {
    const value = (path) => inputs.get(path).value.trim();
    const count = (path) => (value(path) === "" ? null : Number(value(path)));
    const isChecked = (name) => inputs.get(`/policy/${name}`).checked;
    const week = days.map((each, at) => [WEEKDAYS[at], each.read()]);
    const policy = Object.fromEntries(NUMBERS.map(([name]) => [name, count(`/policy/${name}`)]));
    return {
      name: value("/name"),
      kind: value("/kind"),
      capacity: count("/capacity"),
      seats: count("/seats"),
      attributes: equipment.read(),
      visibility: visibility.value,
      hours: Object.fromEntries(week.filter(([, windows]) => windows.length)),
      exceptions: dates.read(),
      policy: { ...policy, approval: isChecked("approval"), overtaking: isChecked("overtaking") },
    };
  }
}
