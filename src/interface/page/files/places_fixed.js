// What a place cannot change later: its id and its time zone.

import { element } from "./dom.js";
import { field } from "./fields.js";
import * as times from "./times.js";

/** `{element, id(), zone(), read(), fill({id, zone})}`; `changed()` when something is typed. */
export function fixedPart(changed) {
  const input = (attributes) =>
    element("input", { required: true, autocomplete: "off", oninput: changed, ...attributes });
  const key = input({ name: "id", pattern: "[a-z0-9][a-z0-9\\-]{0,62}", maxlength: 63, "data-path": "/id" });
  key.title = "Small letters, digits and -, like moon-hospital";
  const zone = input({ name: "timezone", list: "zones", maxlength: 64, "data-path": "/timezone" });
  zone.value = times.ownZone;
  const known = Intl.supportedValuesOf("timeZone").map((value) => element("option", { value }));
  const made = element(
    "fieldset",
    { class: "group" },
    element("legend", {}, "Fixed from then on"),
    element(
      "div",
      { class: "grid" },
      field("Id", key, "Like moon-hospital: it stands in addresses."),
      field("Time zone", zone, "Like Europe/Vienna."),
      element("datalist", { id: "zones" }, known),
    ),
  );
  return {
    element: made,
    id: () => key.value,
    zone: () => zone.value,
    read: () => ({ id: key.value, zone: zone.value }),
    fill: (draft) => ([key.value, zone.value] = [draft.id, draft.zone]),
  };
}
