// Booking for someone: where and for whom, then the same steps as everybody's.

import { post } from "./api.js";
import { dialog, fillPlaces, sender } from "./desk_forms.js";
import { element } from "./dom.js";
import { onlyInMemory } from "./drafts.js";
import { field } from "./fields.js";
import { go } from "./router.js";
import { bookAddress } from "./views/book_address.js";

const LEAST = 2; // characters, before the service is asked
const SOON = 250; // milliseconds: while somebody types, nothing is asked
const HINT = "Two letters are enough. Without a name, those are listed whose bookings are on the desk.";

/**
 * `places`: all that are the desk's; `known`: profiles of those whom it has seen, by id. Others are found by name.
 * Answers `{element, open(date, place)}`.
 */
export function personDialog(places, known, signal) {
  const input = (name, attributes) => element("input", { name, autocomplete: "off", ...attributes });
  const person = element("select", { name: "customer" });
  // Without a name of its own: what one seeks is not sent. Nor does Enter send the form, for somebody new.
  const stay = (event) => event.key === "Enter" && event.preventDefault();
  const seeking = { oninput: () => ask(), onkeydown: stay };
  const sought = element("input", { type: "search", autocomplete: "off", maxlength: 200, ...seeking });
  const found = element("p", { class: "soft", role: "status" });
  let names = new Map(); // of those who are listed, by id
  let waiting = null;
  let asked = null; // what is being asked, until something else is
  const further = element("button", { type: "button", hidden: true }, "Look further");
  const fresh = element(
    "div",
    { class: "form" },
    field("Name", input("name", { maxlength: 200 })),
    field("E-mail", input("email", { type: "email", maxlength: 254 })),
    field("Phone", input("phone", { type: "tel", maxlength: 50 })),
  );
  const trouble = element("div", {});
  const where = element("select", { name: "resource", required: true });
  fillPlaces(where, places);
  const form = element(
    "form",
    { class: "form" },
    field("Place", where),
    field("Search by name", sought, HINT),
    found,
    element("p", {}, further),
    field("For whom?", person),
    fresh,
    trouble,
    element("p", { class: "actions" }, element("button", { class: "main" }, "Choose a time")),
  );
  const own = dialog("Book for someone", form);
  let wanted = null; // the date that one was looking at
  person.addEventListener("change", show);
  sender(onlyInMemory("person"), form, trouble, async ({ resource, customer, ...said }, key) => {
    const profile = Object.fromEntries(Object.entries(said).filter(([, value]) => value.trim()));
    const who = customer || (await post("/v1/customers", profile, { key })).data.customer;
    own.close();
    if (!signal.aborted) go(bookAddress(resource, { date: wanted, customer: who }));
  });
  show();
  return {
    element: own.element,
    open(date, place) {
      wanted = date;
      fillPlaces(where, places);
      if (place) where.value = place;
      sought.value = "";
      ask();
      show();
      trouble.replaceChildren();
      own.open();
    },
  };

  function show() {
    fresh.hidden = person.value !== "";
  }

  function ask() {
    clearTimeout(waiting);
    asked?.abort();
    further.hidden = true;
    const part = sought.value.trim();
    if (part.length < LEAST) return list(onTheDesk(), "");
    found.textContent = "Looking for people …";
    waiting = setTimeout(() => seek(part), SOON);
    return undefined;
  }

  async function seek(part, cursor, before = []) {
    asked = new AbortController();
    const own = AbortSignal.any([asked.signal, signal]);
    further.hidden = true;
    try {
      const { data } = await post("/v1/customers/search", { name: part, cursor }, { signal: own });
      const people = [...before, ...data.items.map(({ customer, profile }) => ({ customer, ...profile }))];
      const count = `${people.length} ${people.length === 1 ? "person" : "people"}`;
      list(people, data.next ? `${count}, and there may be more` : count);
      further.hidden = !data.next;
      further.onclick = () => seek(part, data.next, people);
    } catch (error) {
      if (!own.aborted) found.textContent = error.message;
    }
  }

  function onTheDesk() {
    const named = [...known].filter(([, { name }]) => name);
    return named.map(([customer, profile]) => ({ customer, ...profile }));
  }

  // Whoever is chosen stays so, whatever is sought next.
  function list(people, said) {
    const { value } = person;
    const chosen = value ? [[value, names.get(value)]] : [];
    const all = [...people].sort((one, other) => one.name.localeCompare(other.name));
    names = new Map([...chosen, ...all.map((each) => [each.customer, titleOf(each)])]);
    const option = ([customer, name]) => element("option", { value: customer }, name);
    person.replaceChildren(option(["", "Somebody new"]), ...[...names].map(option));
    person.value = value;
    found.textContent = said;
  }
}

// Two may have the same name: what they are reached by tells them apart, or their number.
function titleOf({ customer, name, phone, email }) {
  return `${name} · ${phone ?? email ?? customer.slice(2, 6)}`;
}
