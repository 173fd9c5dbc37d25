/** What somebody brings along, and takes away: files on their way, read, and ready to be used. */
import { api, fileUrl } from "../api.js";
import { calls } from "./calls.js";
import { called, gone } from "./format.js";
import { Hearing } from "./hearing.js";

/**
 * @typedef {import("../api.js").Job} Job
 * @typedef {{id: string, name: string, kind: string, job: string | null, state: "reading" | "ready" | "failed" | "refused", facts: Record<string, any>, error: string}} Upload
 */

export const ENDED = ["done", "failed", "cancelled"];

/**
 * A file as the page knows it, of what the API says of it.
 *
 * @param {Record<string, any>} sent @returns {Upload}
 */
function asUpload(sent) {
  const { job } = sent;
  return {
    id: sent.id, name: sent.name, kind: sent.kind, job: job?.id ?? null, state: sent.state,
    facts: job?.result ?? { seconds: sent.seconds, instrument: sent.kind === "soundfont" ? soundOf(sent.id) : undefined },
    error: job?.error ?? "",
  };
}

/** The name under which an upload is an instrument or an effect. @param {string} id */
const soundOf = (id) => `up_${id.slice(0, 10)}`;

/** @param {string} name  Of a file. */
const stem = (name) => name.replace(/(.)\.[^.]*$/, "$1");

/** Which one of those of its name a file is, by its id. @type {Map<string, number>} */
const numbers = new Map();

/** Give files that can be used names under which they are told apart, as files and as sounds. @param {Upload[]} files */
function christen(files) {
  const there = files.filter(({ state }) => state === "reading" || state === "ready");
  for (const { id, name } of there) {
    if (!numbers.has(id)) {
      const taken = there.filter((one) => one.name === name).map((one) => numbers.get(one.id));
      let number = 1;
      while (taken.includes(number)) number += 1;
      numbers.set(id, number);
    }
    if (called.has(soundOf(id))) continue;
    const taken = new Set(called.values());
    let number = 1;
    let free = stem(name);
    while (taken.has(free)) free = `${stem(name)} (${++number})`;
    called.set(soundOf(id), free);
  }
}

/** Let others have the name of a file. @param {string} id @returns {string | undefined} What it was called as a sound. */
function unname(id) {
  const name = called.get(soundOf(id));
  numbers.delete(id);
  called.delete(soundOf(id));
  return name;
}

/** A file's name, with a number where another one has it too. @param {Upload} one */
export const shownName = (one) => ((numbers.get(one.id) ?? 1) > 1 ? `${one.name} (${numbers.get(one.id)})` : one.name);

export class Bringing extends Hearing {
  constructor() {
    super();
    /** @type {Upload[]} */
    this.uploads = [];
    this._refused = 0;
  }

  /** Ask again what there is to choose from. */
  async offer() {}

  /** Ask what was brought before. What was refused in this visit, or came while we asked, stays. */
  async recall() {
    await this.attempt(async () => {
      const { uploads, deleted } = await api.uploads();
      for (const [sound, name] of Object.entries(deleted)) gone.set(sound, name);
      const there = uploads.reverse();
      const before = new Map(this.uploads.map((one) => [one.id, one]));
      this.uploads = there.map((one) => {
        const known = before.get(one.id);
        before.delete(one.id);
        if (known && one.state === "reading") return known;
        if (one.state === "reading" && one.job) this.accept([one.job]);
        return asUpload(one);
      }).concat([...before.values()].filter((one) => one.state === "reading" || one.state === "refused"));
      christen(this.uploads);
      this.tell();
    });
  }

  /** @param {File[]} files */
  async bring(files) {
    this.trouble = "";
    for (const file of files) {
      this.mention(`${file.name} is on its way.`);
      try {
        const sent = await api.upload(file);
        const job = sent.job ?? null;
        const there = this.uploads.some((one) => one.id === sent.id);
        this.uploads = [...this.uploads.filter((one) => one.id !== sent.id), asUpload(sent)];
        christen(this.uploads);
        if (job && !ENDED.includes(job.state)) this.accept([job]);
        else {
          this.mention(there ? `${sent.name} is here already.` : `${sent.name} is ready to be used.`);
          void this.offer();
        }
      } catch (error) {
        this._refused += 1;
        const said = error instanceof Error ? error.message : String(error);
        this.uploads = [...this.uploads, { id: `refused ${this._refused}`, name: file.name, kind: "", job: null, state: "refused", facts: {}, error: said }];
        this.lament(file.name, said);
      }
      this.tell();
    }
  }

  /** Say something that leaves standing what is wrong with other files. @param {string} text */
  mention(text) {
    this.note = text;
    this.tell();
  }

  /** Say what is wrong with a file, beside what is wrong with others. @param {string} name @param {string} error */
  lament(name, error) {
    const line = error.includes(name) ? error : `${name}: ${error}`;
    this.complain(this.trouble ? `${this.trouble}. ${line}` : line);
  }

  /**
   * Have a recording or a MIDI file made lo-fi.
   *
   * @param {Upload} upload @param {Record<string, any>} spec
   */
  treat(upload, spec) {
    return this.attempt(async () => {
      this.accept(await api.submit({ kind: "lofi", spec: { upload: upload.id, ...spec } }));
      this.say(`${upload.name} is in the queue.`);
    });
  }

  /** @param {string} id */
  discard(id) {
    return this.attempt(async () => {
      if (this.uploads.find((one) => one.id === id)?.state !== "refused") await api.discard(id);
      const name = unname(id);
      if (name) gone.set(soundOf(id), name);
      this.uploads = this.uploads.filter((one) => one.id !== id);
      this.tell();
      void this.offer();
    });
  }

  /** @param {Job} job */
  uploaded(job) {
    this.uploads = this.uploads.map((one) => one.job !== job.id ? one : {
      ...one, state: job.state === "done" ? "ready" : "failed", facts: job.result ?? {}, error: job.error ?? "",
    });
    const file = this.uploads.find((one) => one.job === job.id);
    const name = file?.name ?? "Your file";
    if (job.state === "done") this.mention(`${name} is ready to be used.`);
    if (file?.state === "failed") unname(file.id);
    if (job.state === "failed") this.lament(name, job.error ?? "it cannot be read");
    void this.offer();
  }

  /** @param {{what: string, bars?: number}} what */
  export(what) {
    const id = this.score?.track;
    if (!id) return Promise.resolve(undefined);
    return this.attempt(async () => {
      this.accept(await calls.export(id, what));
      this.say("It is being packed; the download begins by itself.");
    });
  }

  /** @param {string} track @param {string} file */
  takeAway(track, file) {
    const link = document.createElement("a");
    link.href = fileUrl(track, file, { download: true });
    link.download = "";
    document.body.append(link);
    link.click();
    link.remove();
  }
}
