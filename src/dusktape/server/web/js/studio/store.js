/** What the workbench knows, and what it can do: one place, told to whoever draws. */
import { ApiError, api, hasKey, listen } from "../api.js";
import { asked, follow, note } from "./address.js";
import { ENDED } from "./bringing.js";
import { calls } from "./calls.js";
import { Choosing } from "./choosing.js";
import { called, counted, editName, named } from "./format.js";
import { Shelf } from "./shelf.js";

/**
 * @typedef {import("../api.js").Job} Job
 * @typedef {import("../api.js").Timeline} Timeline
 * @typedef {import("./calls.js").Version} Version
 * @typedef {import("./calls.js").Score} Score
 * @typedef {import("./calls.js").Control} Control
 */

/** Jobs that the studio orders itself; the reserve of a station is made by others. */
const OURS = ["track", "loop", "edit", "notes", "mix", "export", "stems", "upload", "lofi"];

const EDITS = ["edit", "notes", "mix"];

export class Store extends Choosing {
  constructor() {
    super();
    /** @type {Control[]} */
    this.controls = [];
    /** @type {Map<string, Job>} */
    this.jobs = new Map();
    /** Whether we were told what waits. */
    this.told = false;
    /** What we ordered in this visit. @type {Set<string>} */
    this.ordered = new Set();
    this.shelf = new Shelf();
    this.station = "main";
    /** @type {Version[]} */
    this.versions = [];
    /** @type {Timeline | null} */
    this.timeline = null;
    this.loading = false;
    /** How often something was asked for: what comes too late is not laid down. */
    this.turn = 0;
    /** @type {string | null} */
    this.part = null;
    /** Where we came back from, to go there again. @type {string[]} */
    this.undone = [];
    this.connected = true;
    /** Whether nobody answered when the page was opened. */
    this.away = false;
  }

  async begin() {
    follow(this);
    await this.enter();
    listen(this.station, {
      job: (job) => void this.notice(job),
      gone: ({ track }) => this.lost(track),
      connection: (open) => {
        this.connected = open;
        if (open && this.away) void this.retry();
        else if (open) void this.refresh().then(() => this.recall());
        if (open && !this.controls.length) void this.offer();
        this.tell();
      },
    });
    if (this.away) return;
    void this.offer();
    void this.recall();
    await this.show();
  }

  /** Ask who is there; `away` says whether nobody answers. */
  async enter() {
    await this.attempt(async () => {
      try {
        const stations = await api.stations();
        if (stations[0]) this.station = stations[0].name;
        this.away = false;
        this.trouble = "";
      } catch (error) {
        this.away = error instanceof ApiError && error.status === 0;
        throw error;
      }
    });
  }

  /** Try again, where nobody answered. */
  async retry() {
    await this.enter();
    if (this.away) return;
    void this.recall();
    await this.show();
  }

  /** Lay on the bench what the address says, or what was made last. */
  async show() {
    await this.refresh();
    const first = asked() ?? this.shelf.tracks[0]?.id;
    if (first) await this.open(first, { quiet: true });
  }

  /** Ask what the controls offer; again, while nobody answers. */
  async offer() {
    try {
      this.controls = await calls.controls();
      for (const { choices } of this.controls) for (const { value, label } of choices) if (value.startsWith("up_")) called.set(value, label);
    } catch (error) {
      if (!this.controls.length) setTimeout(() => this.offer(), 3000);
      this.complain(error);
    }
    this.tell();
  }

  async refresh() {
    await this.attempt(async () => {
      const [jobs] = await Promise.all([api.jobs(), this.shelf.read()]);
      this.told = true;
      for (const job of jobs) if (OURS.includes(job.kind)) this.jobs.set(job.id, job);
      this.tell();
    });
  }

  missed() {
    void this.refresh();
  }

  /** A track left the library; what lies on the bench stays there. @param {string} id */
  lost(id) {
    this.shelf.lose(id);
    this.versions = this.versions.filter((one) => one.id !== id || id === this.score?.track);
    this.left.add(id);
    if (id === this.rival?.id) void this.compare(null);
    if (id === this.score?.track) {
      this.deck.pause();
      this.unmark();
      this.complain(`${this.score.title} is not in the library any more.`);
    }
    this.tell();
  }

  // what is made

  /** Jobs to show: what waits or runs, and what we ordered, newest last. */
  get queue() {
    return [...this.jobs.values()].filter((job) => !job.spec?.station && (!ENDED.includes(job.state) || this.ordered.has(job.id)));
  }

  get busy() {
    return this.queue.filter((job) => !ENDED.includes(job.state)).length;
  }

  /** @param {Job[]} jobs */
  accept(jobs) {
    for (const job of jobs) {
      this.ordered.add(job.id);
      this.jobs.set(job.id, job);
    }
    this.tell();
  }

  /** @param {Record<string, any>} spec @param {number} variants */
  make(spec, variants) {
    return this.attempt(async () => {
      this.accept(await api.submit({ kind: "track", spec, variants }));
      this.say(variants > 1 ? `${variants} variants are in the queue.` : "It is in the queue.");
    });
  }

  /** @param {string} id */
  cancel(id) {
    return this.attempt(async () => {
      const job = await api.cancel(id);
      if (job?.id) this.learn(job);
      const left = this.busy;
      this.say(`Called off; ${left ? `${counted(left, "order")} still in the queue` : "the queue is empty"}.`);
    });
  }

  /** @param {string} id */
  forget(id) {
    this.ordered.delete(id);
    this.tell();
  }

  /** Learn what an event tells. It leaves out what files are called: who has the token asks for that. @param {Job} job */
  async notice(job) {
    const known = this.jobs.get(job.id)?.spec;
    if (!hasKey() || !["upload", "lofi"].includes(job.kind) || job.spec.name !== undefined) this.learn(job);
    else if (known?.name && job.state !== "failed") this.learn({ ...job, spec: { ...known, ...job.spec } });
    else this.learn(await api.job(job.id).catch(() => job));
  }

  /** @param {Job} job */
  learn(job) {
    if (!OURS.includes(job.kind)) return;
    const before = this.jobs.get(job.id);
    if (before && ENDED.includes(before.state) && !ENDED.includes(job.state)) return; // told late
    this.jobs.set(job.id, job);
    if (this.ordered.has(job.id) && before && !ENDED.includes(before.state) && ENDED.includes(job.state)) void this.ended(job);
    this.tell();
  }

  /** @param {Job} job */
  async ended(job) {
    if (job.kind === "upload") {
      this.ordered.delete(job.id);
      this.uploaded(job);
    }
    if (job.state === "failed" && job.kind !== "upload") this.complain(job.error ?? "That did not work.");
    if (job.state !== "done") {
      if (EDITS.includes(job.kind)) this.drafts.failed(job.spec.track);
      return;
    }
    if (job.kind === "stems") {
      if (job.track === this.score?.track || job.spec.track === this.score?.track) await this.reload();
    } else if (job.kind === "export") {
      this.takeAway(String(job.result?.track ?? job.track), String(job.result?.file));
      this.say("Your file is ready.");
    } else if (job.track) {
      const several = [...this.jobs.values()].filter((one) => job.group && one.group === job.group).length > 1;
      await this.refresh();
      const child = job.spec.track === this.score?.track;
      const ours = child || !this.score || ["track", "loop", "lofi"].includes(job.kind);
      const stays = ours && this.draft.unkept;
      if (ours && !stays && !several) await this.open(job.track);
      if (this.versions.length) await this.readTree();
      if (job.spec.track && job.spec.track !== this.score?.track) this.drafts.done(job.spec.track);
      if (stays) this.say(`${child ? "A new version is ready among the versions" : "A new song is ready in the queue"}; what you changed is still here.`);
      else if (several) this.say("A variant is ready to be heard.");
    }
  }

  // what lies on the bench

  get version() {
    return this.versions.find((one) => one.id === this.score?.track) ?? null;
  }

  /** @param {string} id @param {{quiet?: boolean, keepUndone?: boolean}} [how] */
  async open(id, { quiet = false, keepUndone = false } = {}) {
    const turn = (this.turn += 1);
    this.loading = true;
    this.tell();
    const done = await this.attempt(async () => {
      const track = await this.shelf.find(id);
      const [score, timeline, tree] = await Promise.all([
        calls.score(id), track.files?.includes("timeline.json") ? calls.timeline(id).catch(() => null) : null, calls.song(track.song ?? id),
      ]);
      if (turn !== this.turn) return false;
      note(id, { unasked: quiet });
      const sameSong = this.version !== null && this.version.song === track.song;
      const partsBefore = this.score && sameSong ? this.hearing : "master";
      this.timeline = timeline;
      this.versions = tree.versions;
      if (this.rival && (!sameSong || this.rival.id === id)) this.lay({ rival: null });
      this.lay({ score, draft: this.drafts.take(score), side: "a" });
      if (!score.parts.some((p) => p.name === this.part && !p.texture)) {
        this.part = (score.parts.find((p) => p.name === "lead" && p.notes.length) ?? score.parts.find((p) => p.notes.length))?.name ?? null;
      }
      this.unmark();
      if (!keepUndone) this.undone = [];
      this.lay({ hearing: (partsBefore === "parts" || this.draft.mixChanged) && this.stemsThere ? "parts" : "master" });
      if (!sameSong) this.deck.pause();
      await this.sound();
      void this.measure();
      if (!sameSong) await this.deck.seek(0);
      if (!quiet) this.say(`${score.title} is on the bench: ${editName(this.version?.edit)}.`);
      this.dispatchEvent(new Event("opened"));
      return true;
    });
    if (turn === this.turn) this.loading = false;
    this.tell();
    return done ?? false;
  }

  async readTree() {
    const song = this.version?.song ?? this.score?.track;
    if (!song) return;
    await this.attempt(async () => {
      this.versions = (await calls.song(song)).versions;
      this.tell();
    });
  }

  async reload() {
    const id = this.score?.track;
    if (!id) return;
    await this.attempt(async () => {
      const score = await calls.score(id);
      this.lay({ score });
      void this.measure();
      if (this.wantsParts && this.stemsThere) {
        this.lay({ wantsParts: false, hearing: "parts" });
        await this.sound();
        this.say("The parts are there: mute, solo and faders are heard at once.");
      }
      await this.readTree();
    });
    this.tell();
  }

  get parent() {
    const parent = this.version?.parent;
    return parent && this.versions.some((one) => one.id === parent) ? parent : null;
  }

  get undoes() {
    return this.draft.before.length ? "Take back what was last done to the mix" : this.parent ? "Back to the version this one was made from" : "";
  }

  get redoes() {
    return this.draft.after.length > 0 || this.undone.length > 0;
  }

  async undo() {
    const here = this.score?.track;
    if (this.mixBack() || !here || !this.parent) return;
    this.undone.push(here);
    await this.open(this.parent, { keepUndone: true });
  }

  async redo() {
    if (this.mixForth()) return;
    const there = this.undone.pop();
    if (there) await this.open(there, { keepUndone: true });
  }

  // what is done to it

  /**
   * Order a new version. Levels and mutes that are not kept yet go with it; of notes that are not, somebody decides first.
   *
   * @param {Record<string, any>} edit @param {string} said
   */
  edit(edit, said) {
    const id = this.score?.track;
    if (!id) return Promise.resolve(undefined);
    const { draft } = this;
    const { atHand, written } = draft;
    return this.attempt(async () => {
      if (!edit.notes && atHand.notes) {
        const way = atHand.notes === draft.sent.notes ? "are on their way into a new version: go on from there" : "are not kept yet: keep or discard them first";
        throw new Error(`Your notes of ${named(Object.keys(written))} ${way}.`);
      }
      const mixed = !edit.mix && draft.levelsChanged;
      this.accept(await calls.edit(id, mixed ? { ...edit, mix: draft.levels({ solo: false }) } : edit));
      draft.sent = atHand;
      this.say(mixed ? `${said} Your mix goes with it.` : said);
      return true;
    });
  }

  /** @param {number} variants */
  async doAgain(variants) {
    const what = this.keep.size ? { keep: [...this.keep] } : { again: [...this.again] };
    const said = this.keep.size ? `Keeping ${named(this.keep)}; the rest is made again.` : `${named(this.again)} again: it is in the queue.`;
    const done = await this.edit({ ...what, ...(this.bars ? { bars: this.bars } : {}), variants }, said);
    if (done) {
      this.unmark();
      this.tell();
    }
  }

  saveMix() {
    const { draft } = this;
    const { written } = draft;
    const mix = draft.levels({ solo: true });
    if (!draft.atHand.notes) return this.edit({ mix }, "Your mix becomes a new version.");
    return this.edit({ notes: written, mix }, `Your mix becomes a new version, with your notes of ${named(Object.keys(written))}.`);
  }

  saveNotes() {
    const { written } = this.draft;
    return this.edit({ notes: written }, `Your notes of ${named(Object.keys(written))} become a new version.`);
  }

  send() {
    const id = this.score?.track;
    if (!id) return Promise.resolve(undefined);
    return this.attempt(async () => {
      await api.queue(this.station, id, true);
      this.say("The station plays it next.");
    });
  }
}

export const store = new Store();
