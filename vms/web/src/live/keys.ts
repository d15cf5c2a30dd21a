/** Keys of the live screen. None fires while typing in a field, nor where a button uses the key. */

export interface KeyCommands {
  toggle(): void;
  live(): void;
  replay(): void;
  markIn(): void;
  markOut(): void;
  save(): void;
  bookmark(): void;
  lock(): void;
  calendar(): void;
  /** To the next (1) or previous (-1) recording. */
  skip(by: -1 | 1): void;
  full(): void;
  help(): void;
  back(): void;
  goto(): void;
  page(by: number): void;
  digits(digits: string): void;
  call(digits: string): void;
}

/** Digits not followed by Enter are forgotten after this long. */
const FORGET_MS = 3_000;

export class Keys {
  private digits = "";
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly heard = (event: KeyboardEvent) => this.key(event);

  constructor(private readonly commands: KeyCommands) {
    document.addEventListener("keydown", this.heard, true);
  }

  close(): void {
    clearTimeout(this.timer);
    document.removeEventListener("keydown", this.heard);
  }

  private key(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.altKey || event.metaKey) return;
    if (event.ctrlKey) return this.withControl(event);
    const target = event.target instanceof Element ? event.target : document.body;
    if (isTyping(target) || document.querySelector("dialog[open]") !== null) return;
    if (/^[0-9]$/.test(event.key)) return this.digit(event.key);
    if (event.key === "Enter" && this.digits !== "") {
      event.preventDefault();
      event.stopImmediatePropagation();
      return this.call();
    }
    if ((event.key === " " || event.key === "Enter") && target.closest("button, a, summary") !== null) return;
    // The timeline is a slider with its own page keys.
    if (event.key.startsWith("Page") && target.getAttribute("role") === "slider") return;
    const act = this.command(event.key);
    if (act === undefined) return;
    event.preventDefault();
    act();
  }

  private withControl(event: KeyboardEvent): void {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const target = event.target instanceof Element ? event.target : document.body;
    if (by === undefined || isTyping(target) || document.querySelector("dialog[open]") !== null) return;
    event.preventDefault();
    this.commands.skip(by === 1 ? 1 : -1);
  }

  private command(key: string): (() => void) | undefined {
    const { commands } = this;
    const named: Record<string, () => void> = {
      " ": () => commands.toggle(),
      l: () => commands.live(),
      r: () => commands.replay(),
      "[": () => commands.markIn(),
      "]": () => commands.markOut(),
      e: () => commands.save(),
      b: () => commands.bookmark(),
      k: () => commands.lock(),
      c: () => commands.calendar(),
      f: () => commands.full(),
      g: () => commands.goto(),
      "?": () => commands.help(),
      escape: () => (this.digits === "" ? commands.back() : this.forget()),
      pageup: () => commands.page(-1),
      pagedown: () => commands.page(1),
    };
    return named[key.toLowerCase()];
  }

  private digit(digit: string): void {
    this.digits = (this.digits + digit).slice(-6);
    this.commands.digits(this.digits);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.forget(), FORGET_MS);
  }

  private call(): void {
    const { digits } = this;
    this.forget();
    this.commands.call(digits);
  }

  private forget(): void {
    clearTimeout(this.timer);
    this.digits = "";
    this.commands.digits("");
  }
}

export function isTyping(target: Element): boolean {
  if (target instanceof HTMLInputElement) return !["checkbox", "radio", "button"].includes(target.type);
  return target.matches("textarea, select, [contenteditable]");
}
