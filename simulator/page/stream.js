// Streams of events that come back by themselves after the simulator was away.

const WAIT_MS = 1000;

export class Stream {
  constructor(hear, tell) {
    this.hear = hear;
    this.tell = tell;
    this.source = null;
    this.timer = 0;
  }

  // Follows another address; nothing when it is empty.
  follow(address) {
    this.close();
    if (!address) return;
    const source = new EventSource(address);
    this.source = source;
    source.onopen = () => this.tell(true);
    source.onmessage = (message) => this.hear(JSON.parse(message.data));
    source.onerror = () => {
      this.tell(false);
      // A browser gives up for good on an answer that is no stream; a simulator that starts gives such answers.
      if (source.readyState === EventSource.CLOSED && source === this.source) {
        this.timer = setTimeout(() => this.follow(address), WAIT_MS);
      }
    };
  }

  close() {
    clearTimeout(this.timer);
    this.source?.close();
    this.source = null;
  }
}

export function addressFor(path, keys) {
  return keys.length ? `${path}?${new URLSearchParams(keys.map((key) => ["phone", key]))}` : "";
}
