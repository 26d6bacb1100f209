"""What looks at pages in Chromium have in common: ops/check-pages."""

import base64
import html.parser
import importlib.util
import io
import json
import os
import shutil
import sys
import time

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.wait import WebDriverWait

WIDTHS = [360, 768, 1280]
# Of the narrowest screens; there only the layout is looked at.
NARROW = 320
THEMES = ["light", "dark"]
# What is in the page by its own will: measured twice, so that it may change in between.
OVERFLOW = """
const wide = document.documentElement.clientWidth;
if (document.documentElement.scrollWidth <= wide) return [];
return [...document.querySelectorAll('body *')]
  .filter(e => e.getBoundingClientRect().right > wide + 1 && !e.closest('.scroll, pre, svg, .heard, .skip'))
  .slice(0, 5).map(e => e.tagName.toLowerCase() + '.' + e.className + ' ends at ' + Math.round(e.getBoundingClientRect().right));
"""
AXE = """
const done = arguments[arguments.length - 1];
axe.run(document, {resultTypes: ['violations']}).then(
  result => done(result.violations.map(v => v.impact + ' ' + v.id + ': ' + v.help + ' — ' +
    v.nodes.slice(0, 3).map(n => n.target.join(' ') + ' ' + (n.any[0]?.message ?? '')).join(' | '))),
  error => done(['axe: ' + error]));
"""

# What another load has another of: each is replaced by a text that stays.
MASK = """
document.querySelectorAll('time, [data-live]').forEach(e => {
  if (e instanceof SVGElement || e.tagName === 'PROGRESS') e.style.visibility = 'hidden'; else e.textContent = '0';
});
"""
# The share of its pixels by which a picture may differ from another of the same page.
MOST_DIFFERENT = 0.001

found = []


def finding(words):
    found.append(words)
    print(f"check-pages: {words}", file=sys.stderr)


def axe_source():
    place = importlib.util.find_spec("axe_playwright_python").submodule_search_locations[0]
    with open(os.path.join(place, "axe.min.js"), encoding="utf-8") as file:
        return file.read()


def browser(folder, *more):
    """One in a profile of its own, below the folder; with more arguments than all have."""
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium")
    for argument in [
        "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
        "--font-render-hinting=none", "--force-device-scale-factor=1", f"--user-data-dir={folder}/profile", *more,
    ]:
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    service = Service(shutil.which("chromedriver"), log_output=os.path.join(folder, "driver.log"))
    driver = webdriver.Chrome(options=options, service=service)
    # Ends of a hang, and no judgement on a busy machine.
    driver.command_executor.client_config.timeout = 1800
    driver.set_script_timeout(1800)
    driver.set_page_load_timeout(1800)
    return driver


def said(driver, page, origins, allowed=()):
    """What the browser reported since it was last asked: broken policies, missing files, and requests to others."""
    for entry in driver.get_log("browser"):
        if not any(words in entry["message"] for words in allowed):
            finding(f"{page}: the browser says: {entry['message'][:300]}")
    for entry in driver.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] != "Network.requestWillBeSent":
            continue
        url = message["params"]["request"]["url"]
        if not any(url.startswith(origin + "/") for origin in origins) and not url.startswith(("data:", "chrome:", "about:")):
            finding(f"{page}: a request to {url[:200]}")


def size(driver, width, height=900):
    driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False},
    )


def scheme(driver, theme, is_still=False):
    """Light or dark; a value that changes meanwhile may not flash where the page is to stand still."""
    features = [{"name": "prefers-color-scheme", "value": theme}]
    if is_still:
        features.append({"name": "prefers-reduced-motion", "value": "reduce"})
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


def kept(folder, name, text):
    """Keeps the markup of a page, for ops/check-pages to have it read."""
    os.makedirs(f"{folder}/markup", exist_ok=True)
    file = "".join(letter if letter.isalnum() or letter == "-" else "_" for letter in name)
    with open(f"{folder}/markup/{file[:120]}.html", "w", encoding="utf-8") as output:
        output.write(text)


class Markup(html.parser.HTMLParser):
    def __init__(self, page):
        super().__init__()
        self.page = page
        self.ids = set()
        self.pointers = []

    def handle_starttag(self, tag, attributes):
        names = dict(attributes)
        if (identity := names.get("id")) is not None:
            if identity in self.ids:
                finding(f"{self.page}: the id {identity[:40]} is there twice")
            self.ids.add(identity)
        for name in names:
            if name == "style" or name.startswith("on"):
                finding(f"{self.page}: <{tag}> has the attribute {name}")
        if tag == "style" or tag == "script" and not names.get("src", "").startswith("/assets/"):
            finding(f"{self.page}: <{tag}> stands in the markup")
        if tag in ("img", "iframe", "object", "embed"):
            finding(f"{self.page}: <{tag}> stands in the markup")
        for name in ("for", "aria-describedby", "aria-labelledby"):
            self.pointers += (names.get(name) or "").split()

    def close(self):
        super().close()
        for pointer in self.pointers:
            if pointer not in self.ids:
                finding(f"{self.page}: nothing has the id {pointer[:40]}")


def narrow(driver, name):
    for line in driver.execute_script(OVERFLOW):
        finding(f"{name}: too wide: {line}")


def accessible(driver, name, axe):
    if driver.execute_script("return typeof window.axe === 'undefined'"):
        driver.execute_script(axe)
    for line in driver.execute_async_script(AXE):
        finding(f"{name}: {line}")


def whole(driver, width):
    """Makes the window as high as the page."""
    size(driver, width, min(driver.execute_script("return document.documentElement.scrollHeight"), 8000))


def picture(driver, width, path):
    whole(driver, width)
    driver.save_screenshot(path)


def still(driver, width):
    """The page without what another load has another of, as PNG."""
    driver.execute_script(MASK)
    whole(driver, width)
    return base64.b64decode(driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "png"})["data"])


def difference(one, other):
    """The share of pixels that differ between two pictures of one size; 1 where their sizes differ."""
    if one == other:
        return 0.0
    # Seldom needed: what is the same is so to the byte.
    from PIL import Image, ImageChops

    first, second = (Image.open(io.BytesIO(data)).convert("RGB") for data in (one, other))
    if first.size != second.size:
        return 1.0
    bands = ImageChops.difference(first, second).split()
    changed = ImageChops.lighter(ImageChops.lighter(bands[0], bands[1]), bands[2]).point(lambda value: 255 if value else 0)
    return changed.histogram()[255] / (first.size[0] * first.size[1])


def compare(name, file, load, folder, reference):
    """Two loads of a page look the same; and as the picture in the folder `reference` does, where it is there.

    `load` opens the page and gives its picture. The first is kept in `folder`.
    """
    first, second = load(), load()
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, file), "wb") as output:
        output.write(first)
    if (share := difference(first, second)) > MOST_DIFFERENT:
        with open(os.path.join(folder, file.replace(".png", "-again.png")), "wb") as output:
            output.write(second)
        finding(f"{name}: a second load differs in {share:.2%} of its pixels")
    if reference is None or not os.path.exists(os.path.join(reference, file)):
        return
    with open(os.path.join(reference, file), "rb") as input:
        if (share := difference(input.read(), first)) > MOST_DIFFERENT:
            finding(f"{name}: it differs in {share:.2%} of its pixels from {os.path.join(reference, file)}")


def wait(driver, words, condition):
    # Not a limit for a slow machine, but an end of a hang.
    try:
        WebDriverWait(driver, int(os.environ.get("PAGES_PATIENCE", "1800")), poll_frequency=0.1).until(lambda _: condition())
    except Exception as error:  # noqa: BLE001
        finding(f"{words}: {error}")


def ended(words, begun):
    """The end of a check: what was looked at, unless something was found."""
    if found:
        print(f"check-pages: {len(found)} findings", file=sys.stderr)
        sys.exit(1)
    print(f"check-pages: {words}, nothing found, {time.monotonic() - begun:.0f} s")
