// How Debian's browsers are started, headless, by puppeteer.

export const LAUNCH = {
  chromium: {
    browser: "chrome",
    executablePath: process.env.TIDEGATE_CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox", // root in a container
      "--disable-gpu",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  },
  firefox: { browser: "firefox", executablePath: process.env.TIDEGATE_FIREFOX ?? "/usr/bin/firefox-esr" },
};
