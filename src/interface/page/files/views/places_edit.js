// One place as a form: previewed while it is typed, saved on the version that was seen, never over others' changes.

import { get, put } from "../api.js";
import { element } from "../dom.js";
import { draftOf, forget, keep } from "../drafts.js";
import { follow } from "../live.js";
import { path } from "../paths.js";
import { complaints } from "../places_complaints.js";
import { BLANK, definitionOf, worded } from "../places_definition.js";
import { doesNotFit, whichOnes } from "../places_displaced.js";
import { fixedPart } from "../places_fixed.js";
import { definitionForm } from "../places_form.js";
import { lostEdit } from "../places_lost.js";
import { differences } from "../places_merge.js";
import { preview } from "../places_preview.js";
import { retiring } from "../places_retire.js";
import { refusal, showRefusal } from "../refusals.js";
import { go } from "../router.js";
import * as times from "../times.js";
import { unattended } from "../unattended.js";

const NEW = "new place"; // no id is written like this
const MOST_BESIDE_THE_BUTTON = 3; // the preview names more
const TAKEN = [{ pointer: "/id", detail: "There is a place with this id already. Choose another one." }];

const CHANGED = "Somebody else has just changed it. You see it as it is now.";

const same = (one, other) => !differences(one, other).length;

export async function edit(place, { id, signal, title }) {
  const blank = { data: { ...BLANK, timezone: "" }, etag: null };
  const loaded = id ? await get(path`/v1/resources/${id}`, { signal }) : blank;
  title(loaded.data.name || "New place");
  const heading = element("h1", { tabindex: "-1" }, loaded.data.name || "New place");
  const way = element("a", { href: "/places" }, "All places");
  place.append(element("nav", { class: "crumbs", "aria-label": "Where you are" }, way), heading);
  if (id) place.append(element("p", { class: "soft" }, `${id} · ${loaded.data.timezone}`));
  if (loaded.data.retired) return place.append(retiredNotice());

  const draftName = `place ${id ?? NEW}`;
  let { etag } = loaded;
  let base = definitionOf(loaded.data);
  let isSaving = false;
  let theirs = null; // what somebody else saved meanwhile, and is not taken yet: {definition, etag}

  const news = element("div", { role: "status" });
  const trouble = element("div", {});
  const others = element("div", {});
  const form = definitionForm(typed);
  const fixed = id ? { id: () => id, zone: () => loaded.data.timezone } : fixedPart(typed);
  const said = element("div", { class: "soft", role: "status" });
  const save = element("button", { class: "main" }, id ? "Save" : "Add this place");
  const undo = element("button", { type: "button", onclick: discard }, "Discard changes");
  const shown = preview({
    id: fixed.id,
    zone: fixed.zone,
    ready: () => whole.checkValidity(),
    read: form.read,
    saved: () => (id ? base : null),
    complain: (errors) => wrong.say("preview", errors),
    signal,
  });
  const look = element("button", { type: "button", class: "look", onclick: toPreview }, "Preview");
  const whole = element(
    "form",
    { class: "place-form", novalidate: true, onsubmit: submit },
    element("div", { class: "place-fields" }, others, fixed.element, form.element, id && retirement()),
    shown.element,
    element("div", { class: "save-bar" }, said, element("p", { class: "actions" }, look, undo, save)),
  );
  const wrong = complaints(whole, others);
  place.append(news, trouble, whole);
  form.fill(base);
  restore(draftOf(draftName));
  mark();
  unattended(shown.now(), signal);
  if (id) signal.addEventListener("abort", follow([id], { resource: hear, reset: () => catchUp() }));

  function typed() {
    keep(draftName, { definition: form.read(), base, etag, fixed: fixed.read?.() });
    mark();
    shown.ask();
  }

  function typedNow() {
    return JSON.stringify([form.read(), fixed.id(), fixed.zone()]);
  }

  function mark(words = "") {
    const count = differences(base, form.read()).length;
    const unsaved = `${count === 1 ? "One change is" : `${count} changes are`} not saved yet.`;
    const overtaken = theirs ? " Somebody else changed this place: see above." : "";
    said.replaceChildren(count ? unsaved + overtaken : words);
    undo.hidden = !count;
    if (!count && !fixed.read?.().id) forget(draftName);
  }

  // What was typed before, on the version that it was typed on: so nobody's edit is lost by it.
  function restore(draft) {
    if (!draft.definition) return;
    try {
      form.fill(draft.definition);
      fixed.fill?.(draft.fixed);
    } catch {
      forget(draftName); // of an earlier version of this page
      return void form.fill(base);
    }
    news.replaceChildren(element("p", { class: "notice" }, "What you had typed here and not saved is back."));
    const now = { definition: base, etag };
    if (!id || etag === draft.etag) return;
    [base, etag] = [draft.base, draft.etag];
    overtakenBy(now);
  }

  // Back to what is in force.
  function discard() {
    take(theirs ?? { definition: base, etag });
    form.fill(base);
    fixed.fill?.({ id: "", zone: times.ownZone });
    wrong.clear();
    forget(draftName);
    mark();
    shown.ask();
    heading.focus();
  }

  function take(now) {
    [base, etag, theirs] = [now.definition, now.etag, null];
    const name = base.name || "New place";
    heading.textContent = name;
    title(name);
    trouble.replaceChildren();
    news.replaceChildren();
  }

  async function submit(event) {
    event?.preventDefault();
    if (isSaving || !whole.reportValidity()) return;
    isSaving = true;
    save.setAttribute("aria-busy", "true");
    said.replaceChildren("Saving …");
    trouble.replaceChildren();
    const sent = form.read();
    try {
      const body = id ? sent : { ...sent, timezone: fixed.zone() };
      const { data, etag: now } = await put(path`/v1/resources/${fixed.id()}`, body, { version: etag });
      if (!signal.aborted) saved(data, now, sent);
    } catch (error) {
      if (!signal.aborted) await refused(error, sent);
    } finally {
      isSaving = false;
      save.removeAttribute("aria-busy");
    }
  }

  function saved(data, now, sent) {
    take({ definition: definitionOf(data), etag: now });
    wrong.clear();
    if (!id) {
      forget(draftName);
      return void go(`/places/${data.id}`);
    }
    if (same(form.read(), sent)) form.fill(base); // else somebody types on: that is what is not saved yet
    const text = ["Saved.", doesNotFit(data.displaced)].join(" ").trim();
    mark(element("div", { class: "said" }, text, whichOnes(data.displaced, data, MOST_BESIDE_THE_BUTTON)));
    shown.ask();
  }

  async function refused(error, sent) {
    mark();
    if (error.code === "stale-version") return catchUp(sent);
    if (error.code === "if-match-required") return taken(sent);
    const now = typedNow();
    const field = wrong.say("saving", error.facts?.errors ?? [], () => typedNow() === now);
    if (!field) return showRefusal(trouble, refusal(error));
    const facts = { title: "It cannot be saved like this" };
    trouble.replaceChildren(refusal({ facts, message: worded(error.message) }));
    return field.focus();
  }

  // The id is taken: perhaps by this very place, when its answer got lost.
  async function taken(sent) {
    const { data } = await get(path`/v1/resources/${fixed.id()}`, { signal });
    if (same(definitionOf(data), sent) && data.timezone === fixed.zone()) return saved(data, null, sent);
    const id = fixed.id();
    return wrong.say("saving", TAKEN, () => fixed.id() === id).focus();
  }

  // What does not come is told again by the stream.
  async function hear({ version }) {
    if (`"${version}"` !== etag && !isSaving) await catchUp();
  }

  // Somebody revised it. `sent`: what was refused because of that.
  async function catchUp(sent = null) {
    const { data, etag: now } = await get(path`/v1/resources/${id}`, { signal });
    const found = { definition: definitionOf(data), etag: now };
    if (data.retired) return gone();
    if (!sent && (now === etag || now === theirs?.etag)) return;
    // It is what was sent: only the answer got lost.
    if (sent && same(found.definition, sent)) return saved({ ...data, displaced: [] }, now, sent);
    if (!same(base, form.read())) return overtakenBy(found, sent !== null);
    take(found);
    form.fill(base);
    news.replaceChildren(element("p", { class: "notice" }, CHANGED));
    mark();
    shown.ask();
  }

  function overtakenBy(found, isRefused = false) {
    theirs = found;
    const adopt = (result) => adopted(result, isRefused);
    const made = lostEdit({ base, read: form.read, theirs: found.definition, isRefused, adopt, drop: discard });
    trouble.replaceChildren(made);
    mark();
    if (isRefused) made.focus();
  }

  function adopted(result, isToBeSaved) {
    take(theirs);
    form.fill(result);
    typed();
    save.focus();
    if (isToBeSaved) return void submit();
    news.replaceChildren(element("p", { class: "notice" }, "Both are in the form now. Look at it, then save."));
  }

  function gone() {
    forget(draftName);
    whole.remove();
    trouble.replaceChildren();
    news.replaceChildren(retiredNotice());
  }

  function retirement() {
    const retired = () => {
      forget(draftName);
      if (!signal.aborted) go(`/places?retired=${id}`);
    };
    return retiring({ id, name: () => base.name, version: () => etag, retired });
  }

  function toPreview() {
    const place = shown.element.querySelector("h2");
    place.setAttribute("tabindex", "-1");
    place.focus();
    place.scrollIntoView();
  }
}

const retiredNotice = () =>
  element("p", { class: "notice" }, "It is retired: it takes no bookings any more. What is booked there stands.");
