// Keys, rows, other tabs. Every page works without this file.
(() => {
  const body = document.body;
  const single = body.dataset.keys !== "off";
  const typing = (t) => t.closest("input,select,textarea,[contenteditable]");
  const search = () => document.querySelector(".c-search input, #find-q");
  const go = (href) => { if (href) location.href = href; };
  let chord = 0;

  // Rows: j and k move, Enter follows the row's first link.
  let row = -1;
  const rows = () => [...document.querySelectorAll("[data-rows] > li, [data-rows] > tbody > tr")];
  const link = (r) => r && r.querySelector("a[href]");
  function move(step) {
    const all = rows();
    if (!all.length) return;
    row = Math.max(0, Math.min(all.length - 1, row + step));
    all.forEach((r, n) => r.classList.toggle("c-here", n === row));
    const a = link(all[row]);
    if (a) a.focus({ preventScroll: true });
    all[row].scrollIntoView({ block: "nearest" });
  }

  document.addEventListener("keydown", (e) => {
    if ((e.ctrlKey || e.metaKey) && !e.altKey && e.key.toLowerCase() === "k") {
      const s = search();
      if (s) { e.preventDefault(); s.focus(); s.select(); }
      return;
    }
    if (e.key === "Escape") {
      const box = document.getElementById("c-suggest");
      if (box) box.replaceChildren();
      return;
    }
    if (typing(e.target)) {
      const hit = document.querySelector("#c-suggest a");
      if (e.key === "ArrowDown" && e.target.id === "q" && hit) { e.preventDefault(); hit.focus(); }
      return;
    }
    const hits = [...document.querySelectorAll("#c-suggest a")];
    const at = hits.indexOf(document.activeElement);
    if (at >= 0 && (e.key === "ArrowDown" || e.key === "ArrowUp")) {
      e.preventDefault();
      const next = at + (e.key === "ArrowDown" ? 1 : -1);
      (hits[next] || (next < 0 ? search() : hits[at])).focus();
      return;
    }
    if (!single || e.ctrlKey || e.metaKey || e.altKey) return;
    if (Date.now() - chord < 1500) {
      chord = 0;
      if (e.key === "h") return go("/");
      const a = document.querySelector('.c-side a[data-key="' + CSS.escape(e.key) + '"]');
      if (a) { e.preventDefault(); go(a.href); }
      return;
    }
    if (e.key === "g") { chord = Date.now(); return; }
    if (e.key === "/") {
      const s = search();
      if (s) { e.preventDefault(); s.focus(); s.select(); }
    } else if (e.key === "j") move(1);
    else if (e.key === "k") move(-1);
    else if (e.key === "r") { const a = document.querySelector("[data-refresh]"); if (a) go(a.href); }
  });

  // Where a table is wider than the screen, its newest column is in view.
  document.querySelectorAll("[data-newest]").forEach((box) => { box.scrollLeft = box.scrollWidth; });

  // After a search the first hit has the focus; it is not opened by itself.
  if (document.querySelector("[data-first] a") && location.pathname === "/find") move(1);

  // The first matches close when the focus leaves them.
  document.addEventListener("focusin", (e) => {
    const box = document.getElementById("c-suggest");
    if (box && !e.target.closest(".c-search")) box.replaceChildren();
  });

  // A page that the browser kept is fetched again: the record may have changed.
  window.addEventListener("pageshow", (e) => { if (e.persisted) location.reload(); });

  // Another patient in another tab is said, not forbidden. Only the name that
  // both pages show already passes between tabs; nothing is kept.
  const me = body.dataset.patient;
  if (me && "BroadcastChannel" in window) {
    const line = new BroadcastChannel("concord-patients");
    const tell = (ask) => line.postMessage({ ask, id: me, name: body.dataset.patientName });
    line.onmessage = ({ data }) => {
      if (data.ask) tell(false);
      if (data.id === me || document.getElementById("c-other")) return;
      const p = document.createElement("p");
      p.id = "c-other";
      p.className = "c-notice";
      p.textContent = "Also open in another tab: " + data.name;
      const main = document.getElementById("main");
      main.prepend(p);
    };
    tell(true);
  }
})();
