/** What somebody brings along: files on their way, read, and ready to be used. */
import { api } from "../api.js";
import { Hearing } from "./hearing.js";

/**
 * @typedef {import("../api.js").Job} Job
 * @typedef {{id: string, name: string, kind: string, job: string | null, state: "reading" | "ready" | "failed", facts: Record<string, any>, error: string}} Upload
 */

export const ENDED = ["done", "failed", "cancelled"];

export class Bringing extends Hearing {
  constructor() {
    super();
    /** @type {Upload[]} */
    this.uploads = [];
  }

  /** Ask again what there is to choose from. */
  async offer() {}

  /** @param {File[]} files */
  async bring(files) {
    for (const file of files) {
      await this.attempt(async () => {
        this.say(`${file.name} is on its way.`);
        const sent = await api.upload(file);
        const job = sent.job ?? null;
        this.uploads = [...this.uploads, {
          id: sent.id, name: sent.name ?? file.name, kind: sent.kind, job: job?.id ?? null,
          state: job ? "reading" : "ready", facts: {}, error: "",
        }];
        if (job) {
          this.accept([job]);
          if (ENDED.includes(job.state)) this.uploaded(job);
        }
        this.tell();
      });
    }
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
      await api.discard(id);
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
    if (job.state === "done") this.say(`${this.uploads.find((one) => one.job === job.id)?.name ?? "Your file"} is ready to be used.`);
    void this.offer();
  }
}
