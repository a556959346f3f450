// What the API has against a form, said beside the fields that it is about.

import { element } from "./dom.js";
import { worded } from "./places_definition.js";

/**
 * What several have against a form, who do not know of each other. `say(whom, errors, stands)` replaces what that one
 * said before, and is believed as long as `stands()` says so; answers as `complain` does. `clear()`: all is well.
 */
export function complaints(form, others) {
  const said = new Map();
  const shown = () => {
    const all = [...said.values()].flatMap(({ errors, stands }) => (stands() ? errors : []));
    const isFirst = ({ pointer }, at) => all.findIndex((each) => each.pointer === pointer) === at;
    return complain(form, others, all.filter(isFirst));
  };
  return {
    say: (whom, errors, stands = () => true) => shown(said.set(whom, { errors, stands })),
    clear: () => shown(said.clear()),
  };
}

/**
 * Marks fields by their `data-path` (a JSON pointer, or the beginning of one) and takes earlier marks away. What
 * belongs to none is said in `others`. Answers the topmost field that is wrong; null when none is.
 */
function complain(form, others, errors) {
  for (const each of form.querySelectorAll("[aria-invalid]")) {
    each.removeAttribute("aria-invalid");
    describe(each, described(each).filter((id) => !id.startsWith("wrong-")));
  }
  for (const each of form.querySelectorAll(".wrong")) each.remove();
  const marked = errors.map(({ pointer, detail }, number) => mark(form, pointer, detail, `wrong-${number}`));
  const unmarked = errors.filter((_, number) => !marked[number]);
  const rest = unmarked.map(({ pointer, detail }) => `${pointer}: ${worded(detail)}`);
  others.replaceChildren(...(rest.length ? [element("p", { class: "notice bad" }, rest.join(" "))] : []));
  const fields = marked.filter(Boolean);
  return [...form.querySelectorAll("input, select, button")].find((each) => fields.includes(each)) ?? null;
}

const described = (field) => (field.getAttribute("aria-describedby") ?? "").split(" ").filter(Boolean);
const describe = (field, ids) => field.setAttribute("aria-describedby", ids.join(" "));

function mark(form, pointer, detail, id) {
  const paths = [...form.querySelectorAll("[data-path]")];
  const about = paths.filter(({ dataset }) => pointer === dataset.path || pointer.startsWith(`${dataset.path}/`));
  const at = about.sort((a, b) => a.dataset.path.length - b.dataset.path.length).at(-1);
  if (!at) return null;
  at.after(element("span", { class: "wrong", id }, worded(detail)));
  const field = at.matches("input, select") ? at : at.querySelector("input");
  if (field === at) {
    at.setAttribute("aria-invalid", "true");
    describe(at, [...described(at), id]);
  }
  return field ?? at.parentElement.querySelector("button");
}
