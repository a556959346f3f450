// The API, as every other client has it. The session's cookie goes along by itself; nothing is kept in storage.

import { asWhom } from "./session.js";

const PATIENCE = [500, 1000, 2000, 4000];
const SECONDS_FOR_AN_ANSWER = 20;

let seen = null; // the log's position that this page has seen: what it wrote is in what it reads next
let ahead = 0; // milliseconds that the service's clock is ahead of ours

/** Milliseconds since 1970 by the service's clock, to about a second. */
export const now = () => Date.now() + ahead;

/** An answer that says no. `code`, `detail` and the facts are those of the problem document. */
export class Problem extends Error {
  constructor(status, facts) {
    super(facts.detail ?? "Something went wrong.");
    this.status = status;
    this.code = facts.code ?? "unknown";
    this.facts = facts;
  }
}

/** No answer at all came, however often it was tried. */
export class Unreachable extends Error {
  constructor() {
    super("The service cannot be reached.");
  }
}

/** A new Idempotency-Key: one for each wish, kept for repeats of that wish. */
export const newKey = () => crypto.randomUUID();

/**
 * Ask, until there is an answer or the signal is aborted. Answers `{data, etag, position}`. Raises Problem, and the
 * signal's reason.
 */
export const get = (path, { signal } = {}) => request("GET", path, { signal });

/**
 * Wish for something. With the same `key` it may be sent again and happens once; so this repeats it by itself when an
 * answer got lost. `version`: the ETag that was seen, for If-Match. `seconds`: how long an answer may take.
 */
export const post = (path, body, { key = newKey(), version, signal, seconds } = {}) =>
  request("POST", path, { body, signal, seconds, headers: { "Idempotency-Key": key, ...matching(version) } });

export const put = (path, body, { version, signal } = {}) =>
  request("PUT", path, { body, signal, headers: matching(version) });

export const patch = (path, body, { signal } = {}) => request("PATCH", path, { body, signal });

export const remove = (path, { version, signal } = {}) =>
  request("DELETE", path, { signal, headers: matching(version) });

const matching = (version) => (version ? { "If-Match": version } : {});

async function request(method, path, { body, headers = {}, signal, seconds }) {
  const mayRepeat = method === "GET" || "Idempotency-Key" in headers;
  for (let attempt = 0; ; attempt += 1) {
    const isLast = !mayRepeat || attempt >= PATIENCE.length;
    const wait = PATIENCE[Math.min(attempt, PATIENCE.length - 1)];
    let answer;
    try {
      answer = await sent(method, path, body, headers, signal, seconds);
    } catch (error) {
      if (signal?.aborted) throw error;
      const givesUp = isLast && method !== "GET"; // questions are asked until somebody goes elsewhere
      tell("unreachable", { givesUp });
      if (givesUp) throw new Unreachable();
      await pause(wait, signal);
      continue;
    }
    setClock(answer);
    tell("reached");
    if (answer.ok) return result(answer);
    const problem = await problemOf(answer);
    if (problem.code === "unknown-position" && method === "GET" && seen !== null) {
      seen = null; // another log: what was seen there says nothing here
      continue;
    }
    if (answer.status === 401) tell("signed-out", problem.facts.reason ? problem.message : null);
    if (isLast || ![429, 503].includes(answer.status)) throw problem;
    await pause(Math.max(wait, 1000 * Number(answer.headers.get("Retry-After") ?? 0)), signal);
  }
}

function sent(method, path, body, headers, signal, seconds = SECONDS_FOR_AN_ANSWER) {
  const all = { Accept: "application/json", ...asWhom, ...headers };
  if (body !== undefined) all["Content-Type"] = "application/json";
  if (method === "GET" && seen !== null) all["Daybook-Position"] = seen;
  const late = AbortSignal.timeout(1000 * seconds);
  return fetch(path, {
    method,
    headers: all,
    body: body === undefined ? undefined : JSON.stringify(body),
    signal: signal ? AbortSignal.any([signal, late]) : late,
    redirect: "error",
  });
}

async function result(answer) {
  const position = answer.headers.get("Daybook-Position");
  if (position !== null && isLater(position)) seen = position;
  const data = answer.status === 204 ? null : await answer.json();
  return { data, etag: answer.headers.get("ETag"), position };
}

function setClock(answer) {
  const clock = Date.parse(answer.headers.get("Date") ?? "");
  // It says whole seconds: only what lies outside of them is a difference of clocks.
  if (Math.abs(clock + 500 - now()) > 1000) ahead = clock + 500 - Date.now();
}

function isLater(position) {
  if (seen === null) return true;
  const [log, at] = position.split(".");
  const [seenLog, seenAt] = seen.split(".");
  return log !== seenLog || Number(at) > Number(seenAt);
}

async function problemOf(answer) {
  try {
    return new Problem(answer.status, await answer.json());
  } catch {
    return new Problem(answer.status, {}); // something between us and the service answered
  }
}

function pause(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    signal?.addEventListener("abort", stop, { once: true });
  });
}

/** `daybook:unreachable`, `daybook:reached` and `daybook:signed-out` go to whoever listens on the document. */
const tell = (what, detail = null) => document.dispatchEvent(new CustomEvent(`daybook:${what}`, { detail }));
