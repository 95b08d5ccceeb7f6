// The idle lock. After some minutes without a key or a touch the page is
// covered. Where something is typed and not yet sent it stays as it is under
// the cover and comes back with the password; else the page is left, so that
// nothing of it remains. The server locks by itself, with or without this.
(() => {
  const limit = Number(document.body.dataset.lock) * 1000;
  if (!limit) return;
  let used = Date.now();
  let told = Date.now();
  let covered = false;

  const typed = () => [...document.forms].some((f) => !f.matches("[role=search],[data-lockform]") && [...f.elements].some((x) =>
    x.type === "checkbox" || x.type === "radio" ? x.checked !== x.defaultChecked
      : x.tagName === "SELECT" ? [...x.options].some((o) => o.selected !== o.defaultSelected) && x.selectedIndex > 0
      : "defaultValue" in x && x.type !== "hidden" && x.value !== x.defaultValue));

  function here() {
    if (covered) return;
    used = Date.now();
    if (used - told > limit / 3) {
      told = used;
      fetch("/me/awake").catch(() => {});
    }
  }
  ["keydown", "pointerdown", "input", "wheel"].forEach((e) => document.addEventListener(e, here, { passive: true, capture: true }));

  function cover() {
    covered = true;
    fetch("/lock", { method: "POST", body: new URLSearchParams({ next: location.pathname }), redirect: "manual" }).catch(() => {});
    if (!typed()) {
      location.replace("/unlock?next=" + encodeURIComponent(location.pathname + location.search));
      return;
    }
    const box = document.getElementById("c-lock").content.firstElementChild.cloneNode(true);
    document.body.append(box);
    document.body.classList.add("c-covered");
    box.addEventListener("cancel", (e) => e.preventDefault());
    box.showModal();
    const form = box.querySelector("form");
    form.addEventListener("submit", async (e) => {
      e.preventDefault();
      const say = box.querySelector("[role=alert]");
      say.textContent = "";
      let r;
      try {
        // Unlocked in another tab, as with an identity provider: nothing to type.
        r = form.elements.unlock.value ? await fetch("/unlock", { method: "POST", body: new URLSearchParams(new FormData(form)), redirect: "manual" })
          : await fetch("/me/awake", { redirect: "manual" });
      } catch {
        say.textContent = "The server does not answer. Try again.";
        return;
      }
      form.elements.unlock.value = "";
      if (r.status === 204) {
        box.close();
        box.remove();
        document.body.classList.remove("c-covered");
        covered = false;
        used = told = Date.now();
      } else {
        say.textContent = r.status === 423 ? "Still locked." : r.status === 401 ? await r.text()
          : "Your session has ended. Sign in in another tab, then send this page.";
        form.elements.unlock.focus();
      }
    });
  }

  // A laptop that slept is covered as soon as it wakes.
  setInterval(() => { if (!covered && Date.now() - used >= limit) cover(); }, 1000);
})();
