// Server-sent events out of what a connection brings: frames of `event`, `data` and `id`, as WHATWG HTML has them.

/**
 * The frames of a body, one by one: `{event, data, id, retry}`, texts; `data` is null in a frame without any. Calls
 * `arrived()` whenever anything comes, be it a comment.
 */
export async function* frames(body, arrived) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    arrived();
    const whole = (rest + value).replace(/\r\n?/g, "\n").split("\n\n");
    rest = whole.pop();
    yield* whole.map(frameOf);
  }
}

function frameOf(text) {
  const frame = { event: "message", data: null };
  for (const line of text.split("\n")) {
    const [, name, value] = /^([^:]*):? ?(.*)$/.exec(line);
    if (name === "data") frame.data = frame.data === null ? value : `${frame.data}\n${value}`;
    else if (name) frame[name] = value;
  }
  return frame;
}
