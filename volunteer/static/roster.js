/* The leader's list without network: a tick is kept on this phone, under a key of its own, until the server has it. */
(() => {
  "use strict";
  const box = document.getElementById("kept");
  if (!box) return;
  const words = box.dataset, { to, person, by } = words;
  const find = (what) => box.querySelector(what);
  const shapes = document.getElementById("shapes").content;
  const unkept = new Map(); // what there was no room for
  let busy = false, away = "";

  const all = () => {
    const found = new Map(unkept);
    try {
      for (const name of Object.keys(localStorage).filter((one) => one.startsWith("tick-"))) {
        const tick = JSON.parse(localStorage[name]);
        found.set(tick.key, tick);
      }
    } catch { /* no storage at all */ }
    return [...found.values()].sort((one, other) => one.n - other.n);
  };
  const keep = (tick) => {
    unkept.set(tick.key, tick);
    try {
      localStorage[`tick-${tick.key}`] = JSON.stringify(tick);
      unkept.delete(tick.key);
    } catch { /* full: this page still has it */ }
  };
  const drop = ({ key }) => {
    unkept.delete(key);
    try { localStorage.removeItem(`tick-${key}`); } catch { /* never was in it */ }
  };
  const mine = () => all().filter((tick) => tick.person === person);
  const due = () => mine().filter((tick) => !tick.told);
  const key = () => "10000000-1000-4000-8000-100000000000".replace(/[018]/g, (c) =>
    (c ^ (crypto.getRandomValues(new Uint8Array(1))[0] & (15 >> (c / 4)))).toString(16));
  const whose = ({ fields }) => fields.companion ? `${fields.signup}-${fields.companion}` : fields.signup;
  const rowOf = (tick) => tick.to === to && document.getElementById(`n${whose(tick)}`);

  const draw = (row, said, line) => {
    const shape = shapes.querySelector(`[data-shape="${said}"]`)?.cloneNode(true);
    if (!shape || !row.dataset.name) return;
    for (const one of shape.querySelectorAll("[aria-label]")) one.setAttribute("aria-label", one.getAttribute("aria-label").replace("{}", row.dataset.name));
    if ("own" in row.dataset) shape.querySelector("[value=absent]")?.remove();
    const focused = row.contains(document.activeElement);
    row.querySelector("span:first-of-type > .chip")?.remove();
    row.querySelector(".buttons").replaceWith(shape);
    if (focused) shape.querySelector("button").focus();
    row.classList.remove("tall");
    Object.assign(row.dataset, { said, line });
  };

  const listed = (words, act) => {
    const line = document.createElement("li");
    line.append(words, " ");
    if (act) {
      const button = document.createElement("button");
      Object.assign(button, { type: "button", className: "link", textContent: box.dataset.drop, onclick: act });
      line.append(button);
    }
    find("ul").append(line);
  };

  const notation = (ticks) => {
    const last = [...new Map(ticks.map((tick) => [whose(tick) ?? tick.key, tick])).values()];
    const numbered = (tick) => words.edition && +tick.row && rowOf(tick)?.dataset.row === tick.row; // else it is another's by now
    const rows = (mark) => last.filter((tick) => numbered(tick) && tick.fields.mark === mark).map((tick) => tick.row).join();
    const named = last.filter((tick) => !numbered(tick) && tick.fields.mark !== "undo");
    const lines = named.map(({ who, fields }) => [who, fields.mark === "absent" ? "缺" : fields.phone].join(" ").trim());
    const typed = rows("present") + (rows("absent") && ` 缺:${rows("absent")}`);
    return [typed && `${words.edition} ${typed.trim()}`, ...lines].join("\n").trim();
  };

  const show = () => {
    const ticks = all(), own = mine(), waits = due(), others = {};
    for (const row of document.querySelectorAll("[data-queued]")) delete row.dataset.queued;
    for (const tick of waits) rowOf(tick)?.querySelector?.("span").setAttribute("data-queued", words.pending);
    find("ul").replaceChildren();
    for (const tick of own) {
      if (tick.told) listed(`${tick.who}: ${tick.told}`, () => { drop(tick); show(); });
      else if (unkept.has(tick.key)) listed(`${tick.who}: ${words.full}`);
      else if (!tick.row) listed(`${tick.who}: ${words.pending}`);
    }
    for (const tick of ticks) if (tick.person !== person) others[tick.by] = (others[tick.by] ?? 0) + 1;
    for (const name in others) listed(`${name}: ${words.others.replace("{}", others[name])}`);
    find(".status").textContent = [waits.length ? words.waiting.replace("{}", waits.length) : "", navigator.onLine ? "" : words.offline].join(" ").trim();
    find(".ended").textContent = away;
    find(".ended").hidden = !away;
    const text = document.getElementById("unsent");
    text.textContent = notation(own.filter((tick) => tick.to === to));
    text.hidden = find(".again").parentElement.hidden = !own.length;
    box.hidden = !ticks.length && navigator.onLine;
    const there = document.querySelectorAll("form[data-said=in]:not([data-row='0'])").length, head = document.querySelector(".top small");
    if (ticks.length || head.dataset.touched) {
      head.dataset.touched = "yes";
      head.textContent = head.textContent.replace(/\d+/, there);
    }
  };

  const settle = (tick, said, line) => {
    const row = rowOf(tick);
    if (!row || due().some((one) => whose(one) === whose(tick))) return null; // more is to come
    draw(row, said, line);
    return row;
  };
  const answered = (tick, said) => {
    drop(tick);
    const row = settle(tick, said.says, said.line ?? "");
    row?.querySelector(".overruled")?.remove();
    if (!row || !said.told) return;
    const note = document.createElement("small");
    Object.assign(note, { className: "meta overruled", textContent: said.told });
    row.querySelector("span").append(note);
  };

  const send = async () => {
    if (busy) return;
    busy = true;
    away = "";
    let newcomers = false;
    for (let tick; (tick = due()[0]);) {
      const body = new URLSearchParams({ ...tick.fields, key: tick.key, done_at: tick.done_at, phone_now: Date.now() });
      body.set("csrf_token", document.querySelector("[name=csrf_token]").value);
      const answer = await fetch(tick.to, { method: "POST", body, signal: AbortSignal.timeout?.(20000) }).catch(() => null);
      const said = await answer?.json().catch(() => null);
      if (!answer || answer.status >= 500 || answer.status === 429 || (answer.ok && !said && !answer.redirected)) break;
      if (answer.redirected || [400, 401, 403].includes(answer.status)) {
        away = words.ended;
        break;
      }
      if (answer.ok) answered(tick, said);
      else {
        keep({ ...tick, told: said?.told || words.refused });
        settle(tick, ...tick.was);
      }
      newcomers ||= answer.ok && !tick.row;
      show();
    }
    busy = false;
    show();
    if (newcomers && !due().length && !document.activeElement?.matches("input")) location.reload();
  };

  const add = (fields, who, row = "", was = []) => {
    const before = due().pop(), n = (all().pop()?.n ?? 0) + 1; // the order holds when the clock of the phone jumps back
    keep({ key: key(), n, done_at: Math.max(Date.now(), (before?.done_at ?? 0) + 1), person, by, to, who, row, was, fields });
  };
  const tap = (row, mark) => {
    const [signup, companion] = row.id.slice(1).split("-");
    const fields = { signup, ...(companion && { companion }), mark };
    if (mark === "undo") fields.undoes = due().filter((one) => whose(one) === whose({ fields })).pop()?.key ?? row.dataset.line;
    add(fields, row.dataset.name, row.dataset.row, [row.dataset.said, row.dataset.line]);
    draw(row, { present: "in", absent: "absent", undo: "" }[mark], all().pop().key);
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("form[data-name] button[name=mark]");
    if (!button || !["present", "absent", "undo"].includes(button.value)) return;
    event.preventDefault();
    tap(button.form, button.value);
    show();
    send();
  });
  document.addEventListener("submit", (event) => {
    const form = event.target, typed = Object.fromEntries(new FormData(form));
    if (form.matches(".everyone")) {
      document.querySelectorAll("form[data-said='']:not([data-own]) [value=present]").forEach((button) => tap(button.form, "present"));
      form.hidden = true;
    } else if (form.closest("[data-door]") && typed.name.trim()) {
      add({ name: typed.name, phone: typed.phone, ...(typed.shift && { shift: typed.shift }), mark: "present" }, typed.name);
      form.reset();
    } else return;
    event.preventDefault();
    show();
    send();
  });

  const open = () => {
    if (navigator.onLine && Date.now() < words.opens) return;
    for (const one of document.querySelectorAll("form[data-name] > .buttons, [data-door]")) one.hidden = false;
  };
  const wake = () => { open(); show(); if (due().length) send(); };
  find(".again").onclick = () => { mine().forEach((tick) => keep({ ...tick, told: "" })); send(); };
  for (const tick of due()) if (rowOf(tick)) draw(rowOf(tick), { present: "in", absent: "absent", undo: "" }[tick.fields.mark], tick.key);
  for (const event of ["online", "offline", "storage", "focus"]) addEventListener(event, wake);
  setInterval(wake, 20000);
  wake();
  const seen = navigator.serviceWorker?.controller; // has the worker seen this page and its files come?
  navigator.serviceWorker?.register(words.keeper).then(() => navigator.serviceWorker.ready).then(({ active }) => {
    find(".stay").hidden = true;
    if (seen) return;
    const files = [...document.querySelectorAll("link[href], script[src], use")].map((one) => one.src ?? one.href.baseVal ?? one.href);
    active.postMessage([location.pathname, ...new Set(files.map((file) => file.split("#")[0]))]);
  }).catch(() => { /* the page says that it must not be closed */ });
})();
