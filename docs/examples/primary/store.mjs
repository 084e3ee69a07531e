/**
 * A store that keeps one value and believes nobody but the newest primary: a write must show a fencing token, and one
 * that is smaller than any seen before is refused, however late it comes. That is all a service needs for being fenced.
 */
import { createServer } from "node:http";

/** Starts it on a free port. `onWrite` is told what becomes of each write. */
export async function startStore(onWrite) {
  let highest = 0;
  let value = "";
  const server = createServer(async (request, response) => {
    const token = Number(request.headers["fencing-token"]);
    const [written] = await request.toArray();
    const accepted = token >= highest;
    if (accepted) {
      highest = token;
      value = String(written);
    }
    onWrite({ token, value: String(written), accepted, highest });
    response.writeHead(accepted ? 200 : 409).end(value);
  });
  await new Promise((resolve) => void server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() };
}

/** Writes. Returns whether the store took it. */
export async function write(url, token, value) {
  const answer = await fetch(url, { method: "PUT", headers: { "fencing-token": String(token) }, body: value });
  return answer.ok;
}
