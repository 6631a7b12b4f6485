/* Keeps the lists of names a leader has opened, and their files, for when there is no network. What is kept of lists
   stands under their reader's number; whoever else opens any page on this phone removes it (app.js). */
"use strict";
const KEPT = "list1-", MOST = 20;

const keep = async (address, answer) => {
  const who = /\/static\//.test(address) ? "files" : /data-person="(\d+)"/.exec(await answer.clone().text())?.[1];
  if (!who || !answer.ok || answer.redirected) return;
  const cache = await caches.open(KEPT + who);
  await cache.delete(address, { ignoreSearch: true });
  await cache.put(address, answer);
  for (const old of (await cache.keys()).slice(0, -MOST)) await cache.delete(old);
};
const drop = async (address) => {
  for (const name of await caches.keys()) await (await caches.open(name)).delete(address, { ignoreSearch: true });
};
const find = (address) => caches.match(address, { ignoreVary: true });

const file = async (event) => (await find(event.request.url)) ?? fetch(event.request).then((answer) => {
  event.waitUntil(keep(event.request.url, answer.clone()));
  return answer;
});
const list = async (event, address) => {
  const kept = await find(address);
  const live = fetch(event.request).then((answer) => {
    if (answer.ok) event.waitUntil(keep(address, answer.clone()));
    else if (answer.status === 403) event.waitUntil(drop(address)); // lent, and not any more
    return kept && answer.status >= 500 ? kept : answer;
  });
  if (!kept) return live;
  return Promise.race([live.catch(() => kept), new Promise((late) => setTimeout(late, 5000, kept))]);
};

addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil((async () => {
  for (const name of await caches.keys()) if (!name.startsWith(KEPT)) await caches.delete(name);
  await clients.claim();
})()));
addEventListener("message", (event) => event.waitUntil(Promise.all(event.data.map(async (path) => {
  const address = new URL(path, location).href;
  await keep(address, await fetch(address));
}))));
addEventListener("fetch", (event) => {
  const { request } = event, url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (url.pathname.includes("/static/") && url.search) event.respondWith(file(event));
  else if (/\/occurrences\/\d+\/roster$/.test(url.pathname)) event.respondWith(list(event, url.origin + url.pathname));
});
