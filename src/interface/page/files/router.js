// Which view stands at which address, and how one comes from one to the next without loading the document anew.

import { element } from "./dom.js";
import { isSignedIn, roles, signInAddress } from "./session.js";

// `role`: who the view is for; nobody in particular without one. `load()` answers its module, which has `show(place,
// {path, query, signal, title})`: it fills the place and stops when the signal says that one has gone elsewhere.
// `isLarge`: whoever may see it loads the view that is shown by itself, as the document has it, and then the others.
// `isRare`: loaded by those alone who go there.
const VIEWS = [
  { path: "/mine", title: "Mine", role: "customer", load: () => import("./views/mine.js") },
  { path: "/desk", title: "Desk", role: "staff", isLarge: true, load: () => import("./views/desk.js") },
  { path: "/demand", title: "Demand", role: "staff", isRare: true, load: () => import("./views/demand.js") },
  { path: "/places", title: "Places", role: "admin", isLarge: true, load: () => import("./views/places.js") },
  { path: "/audit", title: "Audit", role: "auditor", isLarge: true, load: () => import("./views/audit.js") },
  { path: "/find", title: "Find", load: () => import("./views/find.js") },
];

const main = document.getElementById("main");
const place = document.querySelector(".place").textContent;
let leaving = null; // stops what the shown view still does
let here = null; // the address of the shown view, without fragment

const under = (path, view) => path === view.path || path.startsWith(`${view.path}/`);
const viewAt = (path) => VIEWS.find((view) => under(path, view)) ?? VIEWS.at(-1);
const current = () => location.pathname + location.search;
const isOurs = (path) => path === "/" || VIEWS.some((view) => under(path, view));

/** Go to an address of the page; `replace`: one does not come back to where one is now. */
export function go(address, { replace = false } = {}) {
  history[replace ? "replaceState" : "pushState"](null, "", address);
  return show(true);
}

/** The shown view stands at another address: it says what is shown, and nothing is shown anew. */
export function readdress(address) {
  history.replaceState(null, "", address);
  here = current();
}

/**
 * Begin: show the view of this address, and follow links from now on. All views that one may see are loaded before:
 * none must be missing when the service is away. Those who may see a large one get the others once the first one is
 * there. Rejected when one does not come that is loaded before.
 */
export async function begin() {
  const open = VIEWS.filter(({ role }) => !role || roles.has(role));
  const first = open.filter((view) => view === viewAt(location.pathname));
  const before = open.some(({ isLarge }) => isLarge) ? first : open;
  await Promise.all(before.map(load));
  document.addEventListener("click", follow);
  window.addEventListener("popstate", () => here === current() || show(true));
  await show(false);
  const others = open.filter(({ isRare }) => !isRare);
  await Promise.all(others.map((view) => load(view).catch(() => {}))); // asked for again by whoever goes there
}

async function load(view) {
  view.module ??= await view.load();
}

function follow(event) {
  const link = event.target.closest?.("a[href]");
  if (!link || event.defaultPrevented || event.button !== 0) return;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || link.target || link.download) return;
  const to = new URL(link.href);
  if (to.origin !== location.origin || !isOurs(to.pathname)) return;
  event.preventDefault();
  if (to.hash && to.pathname + to.search === current()) return document.getElementById(to.hash.slice(1))?.focus();
  go(to.pathname + to.search + to.hash);
}

async function show(moveFocus) {
  leaving?.abort();
  leaving = new AbortController();
  const { signal } = leaving;
  here = current();
  const view = viewAt(location.pathname);
  const title = (text) => {
    if (!signal.aborted) document.title = `${text} · ${place}`;
  };
  title(view.title);
  mark(view);
  const shown = element("div", { class: "view" });
  main.replaceChildren(shown);
  if (moveFocus) {
    main.focus();
    window.scrollTo(0, 0);
  }
  try {
    if (view.role && !roles.has(view.role)) return shown.append(...closed(view));
    const query = new URLSearchParams(location.search);
    await load(view);
    if (signal.aborted) return;
    await view.module.show(shown, { path: location.pathname, query, signal, title });
  } catch (error) {
    if (!signal.aborted) shown.replaceChildren(...failed(view, error));
  }
}

function mark(view) {
  for (const link of document.querySelectorAll("nav a")) {
    if (viewAt(new URL(link.href).pathname) === view) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.getElementById("sign-in")?.setAttribute("href", signInAddress());
}

function closed(view) {
  const heading = element("h1", {}, view.title);
  if (isSignedIn) return [heading, element("p", {}, `This is for people with the role ${view.role}.`)];
  const link = element("a", { class: "button main", href: signInAddress() }, "Sign in");
  return [heading, element("p", {}, "Sign in to see this."), element("p", { class: "actions" }, link)];
}

function failed(view, error) {
  const again = element("button", { type: "button", onclick: () => show(true) }, "Try again");
  return [
    element("h1", {}, view.title),
    element("p", { class: "notice bad", role: "alert" }, error.message),
    element("p", { class: "actions" }, again),
  ];
}
