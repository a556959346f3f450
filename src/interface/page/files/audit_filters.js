// The log's filters, as a form; what is asked for stands in the address.

import { element } from "./dom.js";
import { field } from "./fields.js";

const WHOLE = "The whole of it, as an entry has it to the letter. Or follow a link of the entry.";
const ORDERS = { newest: "Newest first", oldest: "From the start" };

/**
 * `filters`: as `filtersOf` has them; `places`: all there are. `changed(filters)`: others are wanted. Answers an
 * element.
 */
export function filterForm(filters, places, changed) {
  const text = (name, rest = {}) => element("input", { name, value: filters[name], autocomplete: "off", ...rest });
  const time = (name) => element("input", { name, type: "datetime-local", value: local(filters[name]), step: "1" });
  const option = (value, said, is) => element("option", { value, selected: is === value }, said);
  const known = places.map(({ id, name }) => option(id, name, filters.resource));
  const gone = filters.resource && !places.some(({ id }) => id === filters.resource);
  const place = element(
    "select",
    { name: "resource" },
    option("", "All places", filters.resource),
    gone && option(filters.resource, filters.resource, filters.resource),
    known,
  );
  const orders = Object.entries(ORDERS).map(([value, said]) => option(value, said, filters.order || "newest"));
  const ticked = filters.refusals !== "false";
  const refusals = element("input", { type: "checkbox", name: "refusals", checked: ticked });
  const short = { maxlength: "100", spellcheck: "false" };
  const form = element(
    "form",
    { class: "filters", "aria-label": "Filters", onsubmit: submit },
    field("Place", place),
    field("By whom", text("by", { ...short, placeholder: "staff:c-…", pattern: " *[a-z]+:[^ ]+ *", title: WHOLE })),
    field("Booking", text("booking", { ...short, placeholder: "b-…", pattern: " *b-[0-9a-f]{32} *", title: WHOLE })),
    field("Command", text("command", { ...short, pattern: " *[0-9a-f]{32} *", title: WHOLE })),
    field("From", time("from")),
    field("Until before", time("to")),
    field("Order", element("select", { name: "order" }, orders)),
    element(
      "div",
      { class: "actions" },
      element("label", { class: "check" }, refusals, "With what was refused"),
      element("button", { class: "main" }, "Show"),
      element("a", { class: "button plain", href: "/audit" }, "Clear"),
    ),
  );
  return form;

  function submit(event) {
    event.preventDefault();
    const given = Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, value.trim()]));
    changed({
      ...given,
      from: instant(given.from, filters.from),
      to: instant(given.to, filters.to),
      order: given.order === "newest" ? "" : given.order,
      refusals: refusals.checked ? "" : "false",
    });
  }
}

// What a field for a time shows: the reader's own clock.
function local(text) {
  const at = Date.parse(text);
  if (Number.isNaN(at)) return "";
  const own = new Date(at - new Date(at).getTimezoneOffset() * 60_000);
  return own.toISOString().slice(0, 19);
}

// The instant that was meant; what nobody touched stays as exact as it was. Browsers leave out seconds that are zero,
// so that texts of one time are not always alike.
function instant(given, before) {
  if (!given) return "";
  return Date.parse(given) === Date.parse(local(before)) ? before : new Date(given).toISOString();
}
