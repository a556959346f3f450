// What a place has: names and values, by which people find it.

import { element } from "./dom.js";

const WORDS = new Map([
  ["yes", true],
  ["no", false],
]);

const shown = (value) => (typeof value === "boolean" ? (value ? "yes" : "no") : String(value));
const meant = (text) => WORDS.get(text.toLowerCase()) ?? (/^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text);

/** `{element, fill(attributes), read()}`; `changed()` when one is added or removed. */
export function equipmentEditor(changed) {
  const list = element("div", { class: "own-equipment", "data-path": "/attributes" });
  const add = () => {
    line("", "").focus();
    changed();
  };
  const more = element("button", { type: "button", onclick: add }, "Add equipment");
  const hint = "Whatever people may look for, like projector: yes, floor: 2, surface: grass.";
  const made = [element("p", { class: "soft" }, hint), list, element("p", { class: "actions" }, more)];
  const lines = [];
  return { element: made, fill, read };

  function fill(attributes) {
    lines.length = 0;
    list.replaceChildren();
    for (const [name, value] of Object.entries(attributes)) line(name, value);
  }

  function read() {
    return Object.fromEntries(lines.map((each) => each()).filter(([name]) => name));
  }

  function line(name, value) {
    const input = (label, text) =>
      element("input", { "aria-label": label, value: text, required: true, autocomplete: "off", maxlength: 200 });
    const [what, much] = [input("Equipment", name), input("Value", name ? shown(value) : "yes")];
    what.pattern = "[a-z][a-z0-9_]{0,62}";
    what.title = "Small letters, digits and _, like has_projector";
    const drop = element("button", { type: "button", class: "turn", "aria-label": "Remove it", onclick: remove }, "×");
    const whole = element("span", { class: "window" }, what, ":", much, drop);
    // What nobody touched stays what it was: a text that looks like a number is still a text.
    const own = () => [what.value.trim(), much.value === shown(value) ? value : meant(much.value.trim())];
    if (!name) value = true;
    lines.push(own);
    list.append(whole);
    return what;

    function remove() {
      lines.splice(lines.indexOf(own), 1);
      whole.remove();
      more.focus();
      changed();
    }
  }
}
