// Exceptions: what replaces the hours of single dates, and why.

import { element } from "./dom.js";
import { field } from "./fields.js";
import { windowsEditor } from "./places_hours.js";
import * as times from "./times.js";

/** `{element, fill(exceptions), read()}`; `changed()` when a date is added or removed. */
export function datesEditor(changed) {
  const list = element("div", { class: "dates", "data-path": "/exceptions" });
  // Enter adds the date; it does not send the whole form.
  const enter = (event) => event.key === "Enter" && (event.preventDefault(), addDate());
  const date = element("input", { type: "date", "aria-label": "Date of the exception", onkeydown: enter });
  const add = element("button", { type: "button", onclick: addDate }, "Add this date");
  const lines = [];
  const hint = "They replace the hours of one date. Without hours it is closed.";
  const made = [element("p", { class: "soft" }, hint), list, element("p", { class: "actions" }, date, add)];
  return { element: made, fill, read };

  // What says the same already stays as it is: whoever saves by Enter has the focus in it.
  function fill(exceptions) {
    const days = Object.keys(exceptions).sort();
    const next = Object.fromEntries(days.map((day) => [day, exceptions[day]]));
    if (JSON.stringify(read()) === JSON.stringify(next)) return;
    lines.length = 0;
    list.replaceChildren();
    for (const day of days) line(day, exceptions[day]);
  }

  function read() {
    const inOrder = [...lines].sort((a, b) => (a.day < b.day ? -1 : 1));
    return Object.fromEntries(inOrder.map(({ day, read: its }) => [day, its()]));
  }

  function line(day, { windows, reason }) {
    const title = times.longDate(day);
    const editor = windowsEditor(title, `/exceptions/${day}`, changed);
    editor.fill(windows);
    const path = `/exceptions/${day}/reason`;
    const why = element("input", { maxlength: 200, autocomplete: "off", "data-path": path });
    why.value = reason ?? "";
    const own = { day, read: () => ({ windows: editor.read(), reason: why.value.trim() || null }) };
    const drop = element("button", { type: "button", "aria-label": `Remove ${title}`, onclick: remove }, "Remove");
    const whole = element("div", { class: "exception" }, editor.element, field("Reason, for everybody", why), drop);
    lines.push(own);
    list.append(whole);

    function remove() {
      lines.splice(lines.indexOf(own), 1);
      whole.remove();
      date.focus();
      changed();
    }
  }

  function addDate() {
    if (!date.value) return date.focus();
    if (!lines.some(({ day }) => day === date.value)) line(date.value, { windows: [], reason: null });
    list.querySelector(`[data-path="/exceptions/${date.value}/reason"]`).focus();
    date.value = "";
    return changed();
  }
}
