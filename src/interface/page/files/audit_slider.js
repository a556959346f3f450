// A slider over the versions of a day: 0 is before anything happened, the last one is the newest.

import { disable, write } from "./changing.js";
import { element } from "./dom.js";

/**
 * `turn(version)`: another version is wanted. Answers `{element, update({version, newest, text})}`: where one is, how
 * far it goes, and what is there, in words; and `focus()`.
 */
export function versionSlider({ turn }) {
  let at = { version: 0, newest: 0 };
  const range = element("input", {
    type: "range",
    min: "0",
    step: "1",
    "aria-label": "Version of the day",
    oninput: () => turn(Number(range.value)),
  });
  const step = (text, label, to) => {
    const onclick = () => isOpen(to()) && turn(to());
    return element("button", { type: "button", class: "turn", "aria-label": label, onclick }, text);
  };
  const back = step("‹", "Version before", () => at.version - 1);
  const on = step("›", "Version after", () => at.version + 1);
  const last = element("button", { type: "button", onclick: () => focus() ?? turn(at.newest) }, "Newest");
  const said = element("span", { class: "soft" });
  const made = element("div", { class: "versions" }, back, range, on, said, last);
  return { element: made, update, focus };

  // Also for those whose button goes away as they press it.
  function focus() {
    range.focus();
  }

  function isOpen(version) {
    return version >= 0 && version <= at.newest;
  }

  function update({ version, newest, text }) {
    at = { version, newest };
    range.max = String(newest);
    range.value = String(version);
    range.disabled = newest === 0;
    const where = `Version ${version} of ${newest}`;
    range.setAttribute("aria-valuetext", text ? `${where}: ${text}` : where);
    write(said, where);
    disable(back, !isOpen(version - 1));
    disable(on, !isOpen(version + 1));
    last.hidden = version === newest;
  }
}
