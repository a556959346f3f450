// What somebody has typed and not sent: kept in this tab until it is, for whoever typed it. Never a token.

const PREFIX = "daybook-draft:";
const NOBODY = `${PREFIX}:`;
const { person } = document.body.dataset; // as whom one is signed in; nobody else reads what is kept for them
const own = person ? `${PREFIX}${person}:` : NOBODY;
const inMemory = new Map();

const keysOf = (which) => Object.keys(sessionStorage).filter((key) => key.startsWith(PREFIX) && which(key));

/** That name; its draft leaves this document never: for what is typed about other people. */
export function onlyInMemory(name) {
  if (!inMemory.has(name)) inMemory.set(name, {});
  return name;
}

/** The draft of that name; empty when there is none of one's own. */
export function draftOf(name) {
  return inMemory.get(name) ?? readAt(own + name);
}

/** Change some of it. */
export function keep(name, some) {
  const kept = { ...draftOf(name), ...some };
  if (inMemory.has(name)) return void inMemory.set(name, kept);
  try {
    sessionStorage.setItem(own + name, JSON.stringify(kept));
  } catch {
    // no storage, or it is full: what was typed stays where it stands
  }
}

export function forget(name) {
  if (inMemory.has(name)) inMemory.set(name, {});
  else sessionStorage.removeItem(own + name);
}

/**
 * From now on the draft of that name is about that customer (none: about oneself). What is typed about another one is
 * put aside until it is their turn again; the fields `shared` stay.
 */
export function turnTo(name, customer = "", shared = []) {
  const { whose = "", ...before } = draftOf(name);
  if (whose === customer) return;
  const aside = (whom) => `${name} about ${whom}`;
  const stays = Object.fromEntries(shared.filter((field) => field in before).map((field) => [field, before[field]]));
  const back = { ...draftOf(aside(customer)), ...stays, whose: customer };
  forget(aside(customer));
  forget(name);
  for (const field of shared) delete before[field];
  if (Object.keys(before).length) keep(aside(whose), before);
  keep(name, back);
}

function readAt(key) {
  try {
    return JSON.parse(sessionStorage.getItem(key)) ?? {};
  } catch {
    return {};
  }
}

// What was typed while nobody was signed in belongs to the first who is. What somebody else left here, whose session
// has ended, is nobody's concern.
if (person) {
  for (const key of keysOf((each) => each.startsWith(NOBODY))) {
    keep(key.slice(NOBODY.length), readAt(key));
    sessionStorage.removeItem(key);
  }
  for (const key of keysOf((each) => !each.startsWith(own))) sessionStorage.removeItem(key);
}

// Whoever signs out leaves nothing to the next one.
document.addEventListener("submit", ({ target }) => {
  if (target.getAttribute("action") !== "/sign-out") return;
  for (const key of keysOf(() => true)) sessionStorage.removeItem(key);
});
