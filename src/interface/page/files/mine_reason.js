// A reason that is asked for before something happens to a booking. What is typed stays until it has been sent.

import { element } from "./dom.js";
import { draftOf, forget, keep } from "./drafts.js";
import { ACTIONS } from "./mine_words.js";

const REASONS = "reasons"; // by booking and action: whatever closes in between, they are there again

const keyOf = (id, name) => `${id} ${name}`;

/** What was typed for it and not sent. */
export const keptReason = (id, name) => draftOf(REASONS)[keyOf(id, name)] ?? "";

/** Keep what is typed for it; nothing: it has been sent. */
export function keepReason(id, name, text) {
  keep(REASONS, { [keyOf(id, name)]: text || undefined });
  if (!Object.keys(draftOf(REASONS)).length) forget(REASONS);
}

/**
 * The form for the action `name` of a booking. `send(reason)` when one goes on, `back()` when not.
 * Answers `{name, element, focus(), allow(booking)}`; `allow` says whether it can still happen.
 */
export function reasonForm({ id }, name, { send, back }) {
  const { asks, go } = ACTIONS[name];
  const typed = () => keepReason(id, name, reason.value);
  const reason = element("textarea", { rows: 2, maxlength: 500, oninput: typed });
  reason.value = keptReason(id, name);
  const sure = element("button", { class: "danger" }, go);
  const late = element("p", { class: "late", role: "status" });
  const leave = (event) => {
    event.preventDefault();
    event.stopPropagation();
    back();
  };
  const form = element(
    "form",
    {
      class: "ask",
      onsubmit: (event) => {
        event.preventDefault();
        if (!sure.disabled) send(reason.value.trim());
      },
      onkeydown: (event) => event.key === "Escape" && leave(event),
    },
    element("label", { class: "field" }, element("span", {}, asks), reason),
    late,
    element("p", { class: "actions" }, sure, element("button", { type: "button", onclick: leave }, "Back")),
  );
  return {
    name,
    element: form,
    focus: () => reason.focus(),
    allow({ actions }) {
      sure.disabled = !actions.includes(name);
      late.textContent = sure.disabled ? "This can no longer be done: see above how it stands now." : "";
    },
  };
}
