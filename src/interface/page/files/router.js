// Which view stands at which address, and how one comes from one to the next without loading the document anew.

import { element } from "./dom.js";
import { isSignedIn, roles, signInAddress } from "./session.js";
import * as desk from "./views/desk.js";
import * as find from "./views/find.js";
import * as mine from "./views/mine.js";
import * as places from "./views/places.js";

// `role`: who the view is for; nobody in particular without one. `module` has `show(place, {path, query, signal, title})`,
// which fills the place and stops when the signal says that one has gone elsewhere. All of them are loaded at once: a view
// must not be missing when the service is away.
const VIEWS = [
  { path: "/mine", title: "Mine", role: "customer", module: mine },
  { path: "/desk", title: "Desk", role: "staff", module: desk },
  { path: "/places", title: "Places", role: "admin", module: places },
  { path: "/find", title: "Find", module: find },
];

const main = document.getElementById("main");
const place = document.querySelector(".place").textContent;
let leaving = null; // stops what the shown view still does

const under = (path, view) => path === view.path || path.startsWith(`${view.path}/`);
const viewAt = (path) => VIEWS.find((view) => under(path, view)) ?? VIEWS.at(-1);
const isOurs = (path) => path === "/" || VIEWS.some((view) => under(path, view));

/** Go to an address of the page. */
export function go(address) {
  history.pushState(null, "", address);
  return show(true);
}

/** Begin: show the view of this address, and follow links from now on. */
export function begin() {
  document.addEventListener("click", follow);
  window.addEventListener("popstate", () => show(true));
  return show(false);
}

function follow(event) {
  const link = event.target.closest?.("a[href]");
  if (!link || event.defaultPrevented || event.button !== 0) return;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || link.target || link.download) return;
  const to = new URL(link.href);
  if (to.origin !== location.origin || !isOurs(to.pathname)) return;
  if (to.hash && to.pathname === location.pathname && to.search === location.search) return;
  event.preventDefault();
  go(to.pathname + to.search + to.hash);
}

async function show(moveFocus) {
  leaving?.abort();
  leaving = new AbortController();
  const { signal } = leaving;
  const view = viewAt(location.pathname);
  const title = (text) => {
    document.title = `${text} · ${place}`;
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
    await view.module.show(shown, { path: location.pathname, query: new URLSearchParams(location.search), signal, title });
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
