// Opening hours of a weekday or of one date: windows from a time until a time.

import { element } from "./dom.js";
import { untilMidnight } from "./places_definition.js";
import * as times from "./times.js";

const NEXT_DAY = "until the next day";

/** `{element, fill(windows), read()}`. `changed()` is called when a window is added or removed. */
export function windowsEditor(title, path, changed) {
  const list = element("div", { class: "windows", "data-path": path });
  const add = () => {
    window_("", "").focus();
    changed();
  };
  const more = element("button", { type: "button", "aria-label": `${title}: add hours`, onclick: add }, "+ hours");
  const none = element("span", { class: "soft" }, "closed");
  const heading = element("strong", times.spoken, title);
  const whole = element("div", { class: "day-hours", role: "group", "aria-label": title }, heading, none, list, more);
  const show = () => (none.hidden = list.children.length > 0);
  return { element: whole, fill, read };

  // What says the same already stays as it is: whoever saves by Enter has the focus in it.
  function fill(windows) {
    if (JSON.stringify(read()) === JSON.stringify(windows.map(untilMidnight))) return;
    list.replaceChildren();
    for (const [opens, closes] of windows) window_(opens, closes === "24:00" ? "00:00" : closes);
    show();
  }

  // Also what is filled in half: the form is not sent like that, and a draft has it again.
  function read() {
    const valuesOf = (one) => [...one.querySelectorAll("input")].map(({ value }) => value);
    return [...list.children].map((one) => untilMidnight(valuesOf(one)));
  }

  function window_(opens, closes) {
    const time = (label, value) =>
      element("input", { type: "time", "aria-label": `${title}: ${label}`, value, required: true, oninput: tell });
    const [from, until] = [time("from", opens), time("until", closes)];
    const note = element("span", { class: "soft next-day" });
    const label = `${title}: remove these hours`;
    const drop = element("button", { type: "button", class: "turn", "aria-label": label, onclick: remove }, "×");
    const one = element("span", { class: "window" }, from, "–", until, note, drop);
    list.append(one);
    show();
    tell();
    return from;

    function tell() {
      const runsOn = from.value && until.value && until.value !== "00:00" && until.value <= from.value;
      note.textContent = runsOn ? NEXT_DAY : "";
    }

    function remove() {
      one.remove();
      show();
      more.focus();
      changed();
    }
  }
}
