/* The screen with the code: counts down, brings the next code in place, and keeps the phone awake. */
(() => {
  "use strict";
  const offline = document.getElementById("offline");
  const bring = async () => {
    try {
      const answer = await fetch(location.href);
      if (!answer.ok) throw new Error(answer.status);
      const next = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("live");
      if (!next) location.reload(); // logged out meanwhile
      else document.getElementById("live").replaceWith(next);
      offline.hidden = true;
    } catch { // asked again in five seconds
      document.querySelector("#live progress").value = 5;
      offline.hidden = false;
    }
  };
  setInterval(() => {
    const left = document.querySelector("#live progress");
    if (left.value > 0 && --left.value === 0) bring();
  }, 1000);
  navigator.wakeLock?.request("screen").catch(() => {}); // without leave, or in the dark
})();
