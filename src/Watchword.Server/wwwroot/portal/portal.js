// What the portal needs from the browser itself: passkeys, the clipboard, the theme, and knowing that the connection was lost.
(() => {
  "use strict";

  const bytes = text => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), c => c.charCodeAt(0));
  const text = buffer => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

  // A form that needs a passkey: the browser makes or uses one, then the form goes on its way with what came of it.
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.addEventListener("submit", async event => {
      const field = [...form.elements].find(e => e.name.endsWith(".Credential"));
      if (field.value)
        return;
      event.preventDefault();
      const problem = form.querySelector(".problem");
      problem.hidden = true;
      try {
        const options = JSON.parse(form.dataset.options);
        options.challenge = bytes(options.challenge);
        for (const listed of [...options.allowCredentials ?? [], ...options.excludeCredentials ?? []])
          listed.id = bytes(listed.id);
        if (options.user)
          options.user.id = bytes(options.user.id);
        const made = form.dataset.passkey === "create"
          ? await navigator.credentials.create({ publicKey: options })
          : await navigator.credentials.get({ publicKey: options });
        field.value = JSON.stringify(plain(made));
        form.requestSubmit();
      } catch (fault) {
        problem.textContent = fault.name === "NotAllowedError" ? "Nothing came of it: the browser's question was declined or timed out. Try again."
          : fault.name === "InvalidStateError" ? "This device already has a passkey for you."
          : "This browser cannot use passkeys here.";
        problem.hidden = false;
      }
    });
  }

  // WebAuthn Level 3's toJSON, which not every browser has.
  function plain(made) {
    const { response } = made;
    const json = { clientDataJSON: text(response.clientDataJSON) };
    if (response.attestationObject) {
      json.attestationObject = text(response.attestationObject);
      json.transports = response.getTransports?.() ?? [];
    } else {
      json.authenticatorData = text(response.authenticatorData);
      json.signature = text(response.signature);
      json.userHandle = response.userHandle ? text(response.userHandle) : undefined;
    }
    return { id: made.id, rawId: text(made.rawId), type: made.type, response: json, clientExtensionResults: made.getClientExtensionResults(), authenticatorAttachment: made.authenticatorAttachment };
  }

  // An invitation's code stands behind the #, which browsers send to no server.
  const code = document.querySelector("[data-from-fragment]");
  const takeCode = () => {
    if (!code || location.hash.length < 2)
      return;
    code.value = decodeURIComponent(location.hash.slice(1));
    history.replaceState(null, "", location.pathname);
  };
  takeCode();
  // Another link, pasted where the page is open already.
  addEventListener("hashchange", takeCode);

  for (const button of document.querySelectorAll("[data-copy]")) {
    button.hidden = !navigator.clipboard;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(document.querySelector(button.dataset.copy).innerText);
      button.textContent = "Copied";
    });
  }

  // An instant in the reader's own time and language of numbers; class "ago": how long from now.
  const units = [["day", 86400], ["hour", 3600], ["minute", 60]];
  customElements.define("local-time", class extends HTMLElement {
    static observedAttributes = ["datetime"];
    connectedCallback() { this.write(); this.timer = this.classList.contains("ago") ? setInterval(() => this.write(), 30000) : 0; }
    disconnectedCallback() { clearInterval(this.timer); }
    attributeChangedCallback() { if (this.isConnected) this.write(); }
    write() {
      const at = new Date(this.getAttribute("datetime"));
      const whole = at.toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" });
      const seconds = (at - Date.now()) / 1000;
      const unit = units.find(([, size]) => Math.abs(seconds) >= size);
      this.title = at.toLocaleString("en-GB", { dateStyle: "full", timeStyle: "long" });
      this.textContent = !this.classList.contains("ago") || Math.abs(seconds) > 30 * 86400 ? whole
        : unit ? new Intl.RelativeTimeFormat("en", { numeric: "auto" }).format(Math.round(seconds / unit[1]), unit[0]) : "just now";
    }
  });

  const lost = document.getElementById("components-reconnect-modal");
  if (lost) {
    lost.addEventListener("components-reconnect-state-changed", event => {
      if (event.detail.state === "show")
        lost.showModal();
      else if (event.detail.state === "hide")
        lost.close();
      else if (event.detail.state === "rejected")
        location.reload();
    });
    document.getElementById("reconnect").addEventListener("click", async () => {
      try {
        if (!await Blazor.reconnect())
          location.reload();
      } catch {
        location.reload();
      }
    });
  }

  window.watchword = {
    opened: () => document.getElementById("loading")?.classList.add("done"),
    theme: name => {
      document.documentElement.dataset.theme = name;
      document.cookie = `watchword-theme=${name}; path=/; max-age=31536000; samesite=strict${location.protocol === "https:" ? "; secure" : ""}`;
    },
    focus: id => document.getElementById(id)?.focus(),
    submit: id => document.getElementById(id)?.requestSubmit(),
    copy: text => navigator.clipboard.writeText(text),
  };
})();
