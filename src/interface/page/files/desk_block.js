// Time that the desk takes away from a place.

import { post } from "./api.js";
import { dialog, fillPlaces, sender } from "./desk_forms.js";
import { element } from "./dom.js";
import { draftOf } from "./drafts.js";
import { field } from "./fields.js";
import { path } from "./paths.js";

const DRAFT = "block";

/** `places`: all that are the desk's; `placed(answer)` when it is. Answers `{element, open(date, place)}`. */
export function blockDialog(places, placed) {
  const input = (type, name, rest = {}) => element("input", { type, name, ...rest });
  const inputs = {
    resource: element("select", { name: "resource", required: true }),
    startDate: input("date", "startDate", { required: true }),
    start: input("time", "start", { required: true, value: "12:00" }),
    endDate: input("date", "endDate", { required: true }),
    end: input("time", "end", { required: true, value: "13:00" }),
    units: input("number", "units", { min: 1, inputmode: "numeric" }),
    reason: input("text", "reason", { maxlength: 500, autocomplete: "off" }),
  };
  fillPlaces(inputs.resource, places);
  const trouble = element("div", {});
  const ofMany = field("How many places?", inputs.units, "Leave it empty for all of them.");
  const pair = (...both) => element("div", { class: "pair" }, both);
  const stands = "Times are those of the place. Bookings that exist in it stand; you will see which.";
  const form = element(
    "form",
    { class: "form" },
    field("Place", inputs.resource),
    pair(field("From date", inputs.startDate), field("From time", inputs.start)),
    pair(field("Until date", inputs.endDate), field("Until time", inputs.end)),
    ofMany,
    field("Reason", inputs.reason, "Only the desk reads it."),
    element("p", { class: "soft" }, stands),
    trouble,
    element("p", { class: "actions" }, element("button", { class: "main" }, "Block this time")),
  );
  const own = dialog("Block time", form);
  const capacity = () => places.find(({ id }) => id === inputs.resource.value)?.capacity ?? 1;
  const fit = () => {
    ofMany.hidden = capacity() === 1;
    inputs.units.max = capacity();
    if (ofMany.hidden) inputs.units.value = "";
  };
  inputs.resource.addEventListener("change", fit);
  inputs.startDate.addEventListener("change", () => {
    if (inputs.endDate.value < inputs.startDate.value) inputs.endDate.value = inputs.startDate.value;
  });
  sender(DRAFT, form, trouble, async ({ resource, startDate, start, endDate, end, units, reason }, key) => {
    const body = { start: `${startDate}T${start}`, end: `${endDate}T${end}` };
    if (units && capacity() > 1) body.units = Number(units);
    if (reason.trim()) body.reason = reason.trim();
    const { data } = await post(path`/v1/resources/${resource}/blocks`, body, { key });
    inputs.reason.value = "";
    own.close();
    placed(data);
  });
  return {
    element: own.element,
    open(date, place) {
      fillPlaces(inputs.resource, places);
      const isTyped = Object.keys(draftOf(DRAFT)).length > 0;
      if (!isTyped && place) inputs.resource.value = place;
      for (const each of [inputs.startDate, inputs.endDate]) if (!isTyped || !each.value) each.value = date;
      trouble.replaceChildren();
      fit();
      own.open();
    },
  };
}
