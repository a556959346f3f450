// What the desk's forms are made of: dialogs, lists of places, and sending what was typed once.

import { newKey } from "./api.js";
import { element } from "./dom.js";
import { draftOf, forget, keep } from "./drafts.js";
import { refusal, showRefusal } from "./refusals.js";

/** A dialog over the page; what has the focus gets it back. Answers `{element, heading, isOpen, open(), close()}`. */
export function dialog(title, ...content) {
  const heading = element("h2", { id: `dialog-${newKey()}`, tabindex: "-1" }, title);
  const close = () => made.close();
  const shut = element("button", { type: "button", class: "turn", "aria-label": "Close", onclick: close }, "×");
  const top = element("div", { class: "between" }, heading, shut);
  const inner = element("div", { class: "dialog-inner" }, top, ...content);
  // A press that begins outside and ends there leaves; one that began in a field, to select its text, does not.
  let began = null;
  const made = element(
    "dialog",
    {
      class: "dialog",
      "aria-labelledby": heading.id,
      onpointerdown: ({ target }) => (began = target),
      onclick: ({ target }) => target === made && began === made && close(),
    },
    inner,
  );
  return {
    element: made,
    heading,
    get isOpen() {
      return made.open;
    },
    open() {
      made.showModal();
      heading.focus();
    },
    close,
  };
}

/**
 * Send what a form says with `what(said, key)`: the same wish has the same key, however often it is sent. Until it is
 * sent, it is kept as a draft of that name; what goes wrong is shown in `trouble`.
 */
export function sender(name, form, trouble, what) {
  let about = null;
  let key = null;
  let isSending = false;
  const said = () => Object.fromEntries(new FormData(form));
  for (const [at, value] of Object.entries(draftOf(name))) if (form.elements[at]) form.elements[at].value = value;
  form.addEventListener("input", () => keep(name, said()));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (isSending) return;
    const now = JSON.stringify(said());
    if (now !== about) [about, key] = [now, newKey()];
    isSending = true;
    form.setAttribute("aria-busy", "true");
    trouble.replaceChildren();
    try {
      await what(said(), key);
      forget(name);
      about = null; // the next one is another wish, even if it says the same
    } catch (error) {
      showRefusal(trouble, refusal(error));
    } finally {
      isSending = false;
      form.removeAttribute("aria-busy");
    }
  });
}

/** Options of a select: places, by name. */
export function fillPlaces(select, places) {
  const { value } = select;
  select.replaceChildren(...places.map(({ id, name }) => element("option", { value: id }, name)));
  if (places.some(({ id }) => id === value)) select.value = value;
}
