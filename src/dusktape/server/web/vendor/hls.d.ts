/** As much of hls.js as the player uses. */
export default class Hls {
  static isSupported(): boolean;
  static Events: { ERROR: string };
  constructor(config?: Record<string, unknown>);
  readonly playingDate: Date | null;
  on(event: string, then: (event: string, data: { fatal: boolean; type: string }) => void): void;
  loadSource(url: string): void;
  attachMedia(media: HTMLMediaElement): void;
  destroy(): void;
}
