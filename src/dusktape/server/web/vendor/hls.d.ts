/** As much of hls.js as the player uses. */
export interface Segment {
  sn: number | "initSegment";
  start: number;
}

export default class Hls {
  static isSupported(): boolean;
  static Events: { ERROR: string; FRAG_CHANGED: string };
  constructor(config?: Record<string, unknown>);
  on(event: string, then: (event: string, data: { fatal: boolean; type: string; frag?: Segment }) => void): void;
  loadSource(url: string): void;
  attachMedia(media: HTMLMediaElement): void;
  destroy(): void;
}
