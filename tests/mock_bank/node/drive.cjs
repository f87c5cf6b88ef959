// Drives a link through Toxiproxy's Node client: node drive.cjs URL [TOKEN]. Prints what it has seen as JSON.
const { Toxiproxy } = require("toxiproxy-node-client");

const [url, token] = process.argv.slice(2);
if (token) {
  // The client has no place for a header; whoever needs one puts it on every request.
  const plain = globalThis.fetch;
  globalThis.fetch = (to, init = {}) => plain(to, { ...init, headers: { ...init.headers, Authorization: `Bearer ${token}` } });
}

async function main() {
  const server = new Toxiproxy(url);
  const seen = { version: JSON.parse(await server.getVersion()).version };
  const link = await server.createProxy({ name: "link", listen: "localhost:0", upstream: "localhost:9" });
  seen.listen = link.listen;
  seen.again = await server.createProxy({ name: "link", listen: "localhost:0", upstream: "localhost:9" }).catch((error) => error.message);
  const toxic = await link.addToxic({ name: "", type: "slicer", stream: "upstream", toxicity: 0.5, attributes: { average_size: 7, unknown: 1 } });
  seen.toxic = toxic.toJson();
  seen.changed = (await toxic.update({ attributes: { delay: 9 } })).toJson().attributes;
  seen.disabled = (await link.update({ enabled: false, listen: link.listen, upstream: link.upstream })).enabled;
  await server.reset();
  seen.reset = (await server.get("link")).enabled;
  seen.gone = await link.getToxic(toxic.name).catch((error) => error.message);
  const more = await server.populate([{ name: "other", listen: "127.0.0.1:0", upstream: "localhost:9", enabled: true }]);
  seen.populated = Object.keys(more);
  seen.all = Object.keys(await server.getAll()).sort();
  await link.remove();
  seen.left = Object.keys(await server.getAll());
  await more.other.remove();
  console.log(JSON.stringify(seen));
}

main();
