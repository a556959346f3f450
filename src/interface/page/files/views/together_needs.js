// What is needed at once: places by name, and any of a kind; one after the other, each of which can be left out again.

import { element } from "../dom.js";
import { field } from "../fields.js";
import { spelled } from "../words.js";

const MOST = 5; // the API takes no more

/**
 * `all`: resources that there are; `begin`: needs as the API has them; `changed()`: others are.
 * Answers `{element, said()}`; `said` the needs.
 */
export function chooseNeeds(all, begin, changed) {
  let needs = begin.slice(0, MOST);
  const heading = element("h2", { tabindex: "-1" }, "What you need at once");
  const list = element("ul", { class: "rows" });
  const what = element("select", { name: "what" });
  const add = element("p", { class: "actions" }, element("button", {}, "Add"));
  const form = element("form", { class: "form", onsubmit: added }, field("And also", what), add);
  const most = element("p", { class: "soft", hidden: true }, `One booking takes up to ${MOST} here.`);
  draw();
  return { element: element("section", {}, heading, list, form, most), said: () => needs };

  function added(event) {
    event.preventDefault();
    if (!what.value) return what.focus();
    needs = [...needs, what.value];
    draw();
    changed();
    return (form.hidden ? heading : what).focus();
  }

  function left(number) {
    needs = needs.filter((_, at) => at !== number);
    draw();
    changed();
    heading.focus();
  }

  function draw() {
    list.replaceChildren(...needs.map(row));
    form.hidden = needs.length >= MOST;
    most.hidden = !form.hidden;
    const named = all.filter(({ id, retired }) => !retired && !needs.includes(`id:${id}`));
    const kinds = [...new Set(all.map(({ kind }) => kind))].sort();
    const byName = (one, other) => one.name.localeCompare(other.name);
    what.replaceChildren(
      element("option", { value: "" }, "Choose …"),
      element("optgroup", { label: "Any of a kind" }, kinds.map((kind) => option(`kind:${kind}`))),
      element("optgroup", { label: "By name" }, named.sort(byName).map(({ id }) => option(`id:${id}`))),
    );
  }

  function option(need) {
    return element("option", { value: need }, nameOf(need));
  }

  function row(need, number) {
    const name = nameOf(need);
    const leave = { type: "button", "aria-label": `Leave out: ${name}`, onclick: () => left(number) };
    return element("li", {}, element("strong", {}, name), element("button", leave, "Leave out"));
  }

  // An address may say more than what can be chosen here: that is shown as it is.
  function nameOf(need) {
    const [first, ...others] = need.split(";");
    const [name, value] = first.split(":");
    const found = name === "id" && all.find(({ id }) => id === value)?.name;
    const text = found || (name === "kind" && value ? `Any ${spelled(value).toLowerCase()}` : first);
    return [text, ...others].join(", ");
  }
}
