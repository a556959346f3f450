// How one is reached: name, addresses, language, and whether one wants messages about one's bookings.

import { get, patch } from "./api.js";
import { say } from "./changing.js";
import { element } from "./dom.js";
import { field } from "./fields.js";
import { path } from "./paths.js";
import { refusal, showRefusal } from "./refusals.js";

const PHONE_HINT = "With its country, as in +43 660 1234567.";
const LANGUAGES = ["de", "en"]; // those that the service has words for
const MESSAGES = "Write to me about my bookings, where this service sends messages";

/** What the box that was opened shows. */
export async function content(signal) {
  const { data: me } = await get("/v1/me", { signal });
  return [form(me, signal)];
}

function form({ customer, profile }, signal) {
  let known = profile; // as it was when it was shown, with what was saved since
  const input = (name, attributes) => element("input", { name, value: known[name] ?? "", ...attributes });
  const inputs = {
    name: input("name", { autocomplete: "name", maxlength: 200 }),
    email: input("email", { type: "email", autocomplete: "email", maxlength: 254 }),
    phone: input("phone", { type: "tel", autocomplete: "tel", maxlength: 50 }),
    language: languages(known.language),
  };
  const messages = element("input", { type: "checkbox" });
  messages.checked = known.messages !== false;
  const state = element("p", { role: "status", class: "said" });
  const trouble = element("div", {});
  const made = element(
    "form",
    { class: "form", onsubmit: (event) => void event.preventDefault() ?? save() },
    field("Name", inputs.name),
    field("E-mail", inputs.email),
    field("Phone", inputs.phone, PHONE_HINT),
    field("Language of messages", inputs.language),
    element("label", { class: "check" }, messages, MESSAGES),
    trouble,
    element("p", { class: "actions" }, element("button", { class: "main" }, "Save")),
    state,
  );
  return made;

  // What is as it was is not sent: the desk may have changed it meanwhile.
  function changes() {
    const said = Object.entries(inputs).map(([name, { value }]) => [name, value.trim() || null]);
    const wants = [...said, ["messages", messages.checked]];
    const was = { ...known, messages: known.messages !== false };
    return Object.fromEntries(wants.filter(([name, value]) => value !== was[name]));
  }

  async function save() {
    if (made.hasAttribute("aria-busy")) return;
    made.setAttribute("aria-busy", "true");
    trouble.replaceChildren();
    say(state, "");
    try {
      const said = changes();
      await patch(path`/v1/customers/${customer}`, said, { signal });
      known = { ...known, ...said };
      say(state, "Saved.");
    } catch (error) {
      if (!signal.aborted) showRefusal(trouble, refusal(error));
    } finally {
      made.removeAttribute("aria-busy");
    }
  }
}

// One that there are no words for may have been said elsewhere: it stays, unless it is changed here.
function languages(chosen) {
  const others = LANGUAGES.filter((each) => each !== chosen?.toLowerCase());
  const all = chosen ? [chosen, ...others] : others;
  const option = (value, text) => element("option", { value }, text);
  const select = element("select", { name: "language" });
  select.append(option("", "The one this service writes in"), ...all.map((each) => option(each, called(each))));
  select.value = chosen ?? "";
  return select;
}

// In the language itself: who looks for it reads it.
function called(language) {
  try {
    return new Intl.DisplayNames([language], { type: "language" }).of(language);
  } catch {
    return language; // written as no language is, or in a browser that does not know it
  }
}
