// What goes on by itself, while somebody looks at something else.

/** Whatever it raises once one has gone elsewhere is nobody's concern. */
export const unattended = (promise, signal) =>
  promise.catch((error) => {
    if (!signal.aborted) throw error;
  });

/**
 * Ask every so many milliseconds, and when somebody looks again: never while nobody does, never twice at once. What
 * fails is asked again; that the service is away, or the session over, is said by whoever asks it. Answers `stop()`.
 */
export function askNowAndThen(ask, milliseconds) {
  let isAsking = false;
  const once = async () => {
    if (document.hidden || isAsking) return;
    isAsking = true;
    await ask().catch(() => {});
    isAsking = false;
  };
  const timer = setInterval(once, milliseconds);
  document.addEventListener("visibilitychange", once);
  return () => {
    clearInterval(timer);
    document.removeEventListener("visibilitychange", once);
  };
}
