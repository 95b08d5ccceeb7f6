// Passkeys: a form with data-passkey asks the server what to sign, has the
// browser sign it, and is sent as a form. Without script or passkeys it stays
// hidden, and the other ways to sign in are there.
(() => {
  const able = window.PublicKeyCredential && PublicKeyCredential.parseRequestOptionsFromJSON;
  document.querySelectorAll("form[data-passkey]").forEach((form) => {
    if (!able) return;
    form.hidden = false;
    const say = form.querySelector("[data-say]");
    form.addEventListener("submit", async (e) => {
      if (form.elements.answer.value) return; // signed: let it go
      e.preventDefault();
      say.textContent = "";
      try {
        const r = await fetch(form.dataset.ask, { method: "POST", body: new URLSearchParams(new FormData(form)) });
        if (!r.ok) throw new Error(await r.text());
        const { ticket, options } = await r.json();
        const key = form.dataset.passkey === "create"
          ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options.publicKey) })
          : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options.publicKey) });
        form.elements.ticket.value = ticket;
        form.elements.answer.value = JSON.stringify(key.toJSON());
        form.submit();
      } catch (err) {
        say.textContent = err.name === "NotAllowedError"
          ? "The passkey was not used. Try again, or sign in another way."
          : err.name === "InvalidStateError" ? "This device has a passkey for you already." : err.message;
      }
    });
  });
})();
