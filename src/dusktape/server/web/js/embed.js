/**
 * `<dusktape-player>`: a station in any page, by one script and one element.
 *
 *     <script src="https://radio.example/static/js/embed.js" defer></script>
 *     <dusktape-player></dusktape-player>
 *
 * Attributes
 *   src       Where the station is served; by default where this script came from.
 *   station   Its name; by default the server's first. Where there is none of that name, the element says what there is.
 *   theme     `dark` (default) or `light`.
 *
 * It plays, pauses, sets its volume, shows what is heard and links to the station's page. It dispatches `play`, `pause` and
 * `title` (the title in `detail`), and has `play()`, `pause()` and `title`. Colours can be changed from outside by the custom
 * properties `--dusktape-accent`, `--dusktape-ink` and `--dusktape-paper`. It needs nothing else: no other script, no style sheet,
 * no module; the policy of the page around it must allow the station in `script-src`, `media-src` and `connect-src`. Titles and
 * sound need a station that is open to other machines (started with `--host`, or behind a name). A radio that only its own machine
 * reaches, as plain `dusktape radio` is, answers no page of another site or port: browsers report such a sound as blocked
 * (`NotSameSite`). There, put the element into a page that the radio's own address serves, or open the station's page.
 */
(() => {
  const script = /** @type {HTMLScriptElement | null} */ (document.currentScript);
  const HOME = script?.src ? new URL(script.src).origin : location.origin;
  const RATE = 44100;
  const LOOK_MS = 1000;
  const STUCK_MS = 2500;
  const RETRY_MS = 1500;
  const CHECK_MS = 15_000;
  const WAITING = "lo-fi, made while you listen";

  const STYLE = `
    :host { --accent: var(--dusktape-accent, #f3b26a); --ink: var(--dusktape-ink, #f8ecdc); --paper: var(--dusktape-paper, #1c1428);
      display: block; max-width: 26rem; color: var(--ink); font: 400 0.9375rem/1.4 ui-sans-serif, system-ui, sans-serif; }
    :host([hidden]) { display: none; }
    :host([theme="light"]) { --ink: var(--dusktape-ink, #2a1d30); --paper: var(--dusktape-paper, #fbf2e4); --accent: var(--dusktape-accent, #d9843b); }
    .box { display: grid; grid-template-columns: auto 1fr auto; align-items: center; gap: 0.9rem; padding: 0.8rem 1rem 0.8rem 0.8rem; border-radius: 1rem;
      background: linear-gradient(120deg, color-mix(in srgb, var(--accent) 14%, var(--paper)), var(--paper) 60%); border: 1px solid color-mix(in srgb, var(--ink) 14%, transparent); }
    button { display: grid; place-items: center; width: 3rem; height: 3rem; padding: 0; border: 0; border-radius: 50%; background: var(--accent); color: #2a1708; cursor: pointer; }
    button:hover { filter: brightness(1.08); }
    button:disabled { background: color-mix(in srgb, var(--ink) 22%, var(--paper)); cursor: not-allowed; filter: none; }
    :focus-visible { outline: 2px solid var(--ink); outline-offset: 3px; }
    svg { width: 1.4rem; height: 1.4rem; fill: currentColor; }
    a { display: block; color: inherit; text-decoration: none; font: 400 1.125rem/1.25 "Iowan Old Style", "Palatino Linotype", Palatino, Georgia, serif; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
    a:hover { text-decoration: underline; text-underline-offset: 0.2em; }
    p { margin: 0; font-size: 0.8125rem; opacity: 0.72; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
    p.wrong { opacity: 1; white-space: normal; }
    div > div { min-width: 0; }
    input { width: 4.5rem; accent-color: var(--accent); }
    @media (max-width: 22rem) { input { display: none; } .box { grid-template-columns: auto 1fr; } }`;
  const PLAY = "M8.2 5.1c0-.9 1-1.4 1.8-.9l9.2 6.5c.7.5.7 1.5 0 2L10 19.3c-.8.5-1.8 0-1.8-.9z";
  const PAUSE = "M6.5 6a1.4 1.4 0 0 1 1.4-1.4h1a1.4 1.4 0 0 1 1.4 1.4v12a1.4 1.4 0 0 1-1.4 1.4h-1a1.4 1.4 0 0 1-1.4-1.4zM13.7 6a1.4 1.4 0 0 1 1.4-1.4h1a1.4 1.4 0 0 1 1.4 1.4v12a1.4 1.4 0 0 1-1.4 1.4h-1a1.4 1.4 0 0 1-1.4-1.4z";

  /** @param {string} tag @param {Record<string, string>} [attributes] @param {...(Node | string)} children */
  const element = (tag, attributes = {}, ...children) => {
    const made = tag === "svg" || tag === "path" ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
  };

  class DusktapePlayer extends HTMLElement {
    static observedAttributes = ["src", "station"];

    constructor() {
      super();
      const root = this.attachShadow({ mode: "open" });
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(STYLE);
      root.adoptedStyleSheets = [sheet];
      this.shape = element("path", { d: PLAY });
      this.button = element("button", { type: "button", "aria-label": "Play" }, element("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" }, this.shape));
      this.link = /** @type {HTMLAnchorElement} */ (element("a", { target: "_blank", rel: "noopener" }, "Dusktape"));
      this.line = element("p", { role: "status", "aria-live": "polite" }, WAITING);
      this.volume = /** @type {HTMLInputElement} */ (element("input", { type: "range", min: "0", max: "100", value: "80", "aria-label": "Volume" }));
      root.append(element("div", { class: "box", role: "group", "aria-label": "Dusktape player" }, this.button, element("div", {}, this.link, this.line), this.volume));
      this.audio = new Audio();
      this.audio.preload = "none";
      this.wanted = false;
      this.title = "";
      this.first = /** @type {number | null} */ (null);
      this.last = /** @type {number | null} */ (null);
      this.moved = 0;
      this.seen = -1;
      this.retry = 0;
      this.timer = 0;
      this.listener = "";
      this.name = "";
      /** @type {{start: number, end: number, join: number, title: string, track: {id: string, bpm?: number, key?: string} | null}[]} */
      this.entries = [];
      this.asked = 0;
      /** Whether there is no station of this name, and when we looked. */
      this.missing = false;
      this.checked = 0;
      this.button.addEventListener("click", () => (this.wanted ? this.pause() : this.play()));
      this.volume.addEventListener("input", () => (this.audio.volume = (Number(this.volume.value) / 100) ** 1.6));
      this.audio.volume = 0.8 ** 1.6;
      this.audio.addEventListener("playing", () => void this.begun());
      for (const kind of ["error", "ended"]) this.audio.addEventListener(kind, () => this.broken());
    }

    /** Where the station is served. */
    get base() {
      return new URL(this.getAttribute("src") || HOME, location.href).origin;
    }

    connectedCallback() {
      this.link.href = `${this.base}/`;
      this.timer = setInterval(() => this.look(), LOOK_MS);
      void this.check();
    }

    disconnectedCallback() {
      clearInterval(this.timer);
      this.pause();
    }

    attributeChangedCallback() {
      this.link.href = `${this.base}/`;
      this.name = "";
      if (this.wanted) this.connect();
      if (this.timer) void this.check();
    }

    /** Look whether there is a station of this name; where there is none, say so and what there is. */
    async check() {
      const name = this.getAttribute("station");
      this.checked = performance.now();
      const there = name ? await this.ask("stations") : [];
      if (!Array.isArray(there) || name !== this.getAttribute("station")) return;
      const missing = Boolean(name) && !there.some((one) => one.name === name);
      if (missing) {
        this.pause();
        this.line.textContent = `There is no station “${name}” here; there is ${there.map((one) => one.name).join(", ")}.`;
      } else if (this.missing) this.line.textContent = WAITING;
      this.missing = missing;
      /** @type {HTMLButtonElement} */ (this.button).disabled = missing;
      this.line.classList.toggle("wrong", missing);
    }

    play() {
      if (this.missing) return;
      this.wanted = true;
      this.show();
      this.connect();
      this.dispatchEvent(new Event("play"));
    }

    pause() {
      if (!this.wanted) return;
      this.wanted = false;
      clearTimeout(this.retry);
      this.audio.removeAttribute("src");
      this.audio.load();
      this.show();
      this.dispatchEvent(new Event("pause"));
    }

    connect() {
      clearTimeout(this.retry);
      this.first = null;
      this.moved = performance.now();
      this.seen = -1;
      this.listener = [...crypto.getRandomValues(new Uint8Array(9))].map((b) => b.toString(16).padStart(2, "0")).join("");
      const query = new URLSearchParams({ listener: this.listener });
      const station = this.getAttribute("station");
      if (station) query.set("station", station);
      if (this.last !== null) query.set("at", String(Math.round(this.last)));
      this.audio.src = `${this.base}/live.mp3?${query}`;
      this.audio.play().catch((error) => error.name === "NotAllowedError" && this.pause());
    }

    broken() {
      if (!this.wanted) return;
      clearTimeout(this.retry);
      this.retry = setTimeout(() => this.wanted && this.connect(), RETRY_MS);
    }

    async begun() {
      const { listener } = this;
      const told = await this.ask(`stations/${await this.station()}/listeners/${listener}`);
      if (told && listener === this.listener) this.first = told.frame;
    }

    async station() {
      this.name ||= this.getAttribute("station") || (await this.ask("stations"))?.[0]?.name || "";
      return encodeURIComponent(this.name);
    }

    /** @param {string} path @returns {Promise<any>} */
    async ask(path) {
      try {
        const answer = await fetch(`${this.base}/api/v1/${path}`);
        return answer.ok ? await answer.json() : null;
      } catch {
        return null;
      }
    }

    look() {
      const now = performance.now();
      if (this.missing && now - this.checked > CHECK_MS) void this.check();
      if (!this.wanted) return;
      if (this.audio.currentTime !== this.seen) [this.seen, this.moved] = [this.audio.currentTime, now];
      else if (now - this.moved > STUCK_MS) this.connect();
      if (this.first === null) return;
      const frame = this.first + this.audio.currentTime * RATE;
      this.last = frame;
      const heard = this.entries.filter((e) => e.start + e.join / 2 <= frame && frame < e.end).pop();
      if (heard) this.tell(heard);
      if ((!heard || now - this.asked > 60_000) && now - this.asked > 5000) {
        this.asked = now;
        void this.station().then((name) => this.ask(`stations/${name}/entries?since=${Math.round(frame)}`)).then((found) => found && (this.entries = found));
      }
    }

    /** @param {DusktapePlayer["entries"][number]} heard */
    tell(heard) {
      if (heard.title === this.title) return;
      this.title = heard.title;
      this.link.textContent = heard.title;
      if (heard.track) this.link.href = `${this.base}/t/${encodeURIComponent(heard.track.id)}`;
      this.line.textContent = [heard.track?.bpm ? `${Math.round(heard.track.bpm)} bpm` : "", heard.track?.key ?? ""].filter(Boolean).join(" · ") || "Dusktape";
      this.dispatchEvent(new CustomEvent("title", { detail: heard.title }));
    }

    show() {
      this.shape.setAttribute("d", this.wanted ? PAUSE : PLAY);
      this.button.setAttribute("aria-label", this.wanted ? "Pause" : "Play");
    }
  }

  if (!customElements.get("dusktape-player")) customElements.define("dusktape-player", DusktapePlayer);
})();
