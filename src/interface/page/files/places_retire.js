// Retiring a place: asked about once more, since it is for ever.

import { remove } from "./api.js";
import { dialog } from "./desk_forms.js";
import { element } from "./dom.js";
import { path } from "./paths.js";
import { refusal, showRefusal } from "./refusals.js";

/** A button and its dialog. `name()`, `version()`: the name and the ETag seen last; `retired()` when it is. */
export function retiring({ id, name, version, retired }) {
  const problem = element("div", {});
  const sure = element("button", { type: "button", class: "danger", onclick: retire }, "Retire it");
  const keep = element("button", { type: "button", onclick: () => box.close() }, "Keep it");
  const box = dialog(
    "Retire this place?",
    element("p", {}, "It takes no new bookings any more, for ever. What is booked stands."),
    problem,
    element("p", { class: "actions" }, sure, keep),
  );
  const ask = () => {
    box.heading.textContent = `Retire ${name()}?`;
    box.open();
  };
  const open = element("button", { type: "button", class: "danger", onclick: ask }, "Retire this place …");
  return element("div", { class: "retire" }, open, box.element);

  async function retire() {
    if (sure.getAttribute("aria-busy")) return;
    sure.setAttribute("aria-busy", "true");
    problem.replaceChildren();
    try {
      await remove(path`/v1/resources/${id}`, { version: version() });
      box.close();
      retired();
    } catch (error) {
      showRefusal(problem, refusal(error));
    } finally {
      sure.removeAttribute("aria-busy");
    }
  }
}
