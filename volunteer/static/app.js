/* Makes pages quicker to use. Everything works without it: what needs it is hidden until it is here. */
(() => {
  "use strict";
  document.documentElement.classList.add("js"); // what is chosen elsewhere first may be hidden until then

  /* <input type="date" data-not-before="id of a date">: a year's end that lies before it moves to its own year. */
  for (const last of document.querySelectorAll("[data-not-before]")) {
    document.getElementById(last.dataset.notBefore).addEventListener("change", ({ target }) => {
      if (last.value.endsWith("-12-31") && last.value < target.value) last.value = `${target.value.slice(0, 4)}-12-31`;
    });
  }

  const select = (field) => (field.select ? field.select() : getSelection().selectAllChildren(field));

  /* <button hidden data-copy="id of a field or text" data-copied="what to say then">: copies what stands there. */
  const copy = async (field) => {
    try {
      await navigator.clipboard.writeText(field.value ?? field.textContent);
    } catch { // no clipboard without https, in old browsers, or when it is refused
      field.closest("details")?.setAttribute("open", ""); // what is folded cannot be selected
      field.focus();
      select(field);
      field.setSelectionRange?.(0, field.value.length);
      if (!document.execCommand("copy")) throw new Error("not copied; the text is selected");
    }
  };

  const prepareCopying = (root) => {
    for (const button of root.querySelectorAll("button[data-copy][hidden]")) {
      const field = document.getElementById(button.dataset.copy);
      if (!field) continue;
      const said = document.createElement("span");
      said.setAttribute("aria-live", "polite"); // there before it speaks, or nobody hears it
      button.parentElement.append(said);
      button.hidden = false;
      button.addEventListener("click", async () => {
        said.textContent = "";
        try {
          await copy(field);
          said.textContent = button.dataset.copied;
          button.focus();
        } catch {
          select(field); // left to the reader's own hands
        }
      });
    }
  };

  for (const button of document.querySelectorAll("button[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => print());
  }

  /* Lists that were kept for want of a network are for their reader alone (keeper.js). */
  self.caches?.keys().then((names) => {
    const own = ["files", document.body.dataset.person];
    for (const name of names) if (!own.includes(name.split("-")[1])) caches.delete(name);
  }).catch(() => {}); // where nothing may be kept

  prepareCopying(document);
  document.addEventListener("htmx:load", (event) => prepareCopying(event.target));
})();
