"""Opens the pages of the style guide in Chromium and says what is wrong with them: ops/check-pages.

look.py ADDRESS FOLDER [SHOTS]
"""

import html.parser
import importlib.util
import json
import os
import re
import sys
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

PAGES = ["", "/form", "/confirm", "/hostile", "/empty", "/plain"]
WIDTHS = [360, 768, 1280]
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

address, folder = sys.argv[1:3]
shots = sys.argv[3] if len(sys.argv) > 3 else None
origin = address.rsplit("/", 1)[0]
found = []
looked = 0


def finding(words):
    found.append(words)
    print(f"check-pages: {words}", file=sys.stderr)


def axe_source():
    place = importlib.util.find_spec("axe_playwright_python").submodule_search_locations[0]
    with open(os.path.join(place, "axe.min.js"), encoding="utf-8") as file:
        return file.read()


def browser():
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for argument in [
        "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
        "--font-render-hinting=none", "--force-device-scale-factor=1", f"--user-data-dir={folder}/profile",
    ]:
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    service = Service("/usr/bin/chromedriver", log_output=os.path.join(folder, "driver.log"))
    driver = webdriver.Chrome(options=options, service=service)
    # Ends of a hang, and no judgement on a busy machine.
    driver.command_executor.client_config.timeout = 1800
    driver.set_script_timeout(1800)
    driver.set_page_load_timeout(1800)
    return driver


def said(driver, page, allowed=()):
    """What the browser reported since it was last asked: broken policies, missing files, and requests to others."""
    for entry in driver.get_log("browser"):
        if not any(words in entry["message"] for words in allowed):
            finding(f"{page}: the browser says: {entry['message'][:300]}")
    for entry in driver.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] != "Network.requestWillBeSent":
            continue
        url = message["params"]["request"]["url"]
        if not url.startswith(origin + "/") and not url.startswith(("data:", "chrome:", "about:")):
            finding(f"{page}: a request to {url[:200]}")


def size(driver, width, height=900):
    driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False},
    )


def scheme(driver, theme):
    driver.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": theme}]}
    )


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


def fetch(url):
    try:
        with urllib.request.urlopen(url) as answer:
            return answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.read().decode()


def look_at_markup():
    for page in PAGES:
        markup = Markup(page or "/")
        markup.feed(fetch(address + page))
        markup.close()


def look_at(driver, page, width, theme, axe):
    global looked
    name = f"{page or '/'} {width} {theme}"
    size(driver, width)
    driver.get(f"{address}{page}?theme={theme}&live=off")
    for line in driver.execute_script(OVERFLOW):
        finding(f"{name}: too wide: {line}")
    driver.execute_script(axe)
    for line in driver.execute_async_script(AXE):
        finding(f"{name}: {line}")
    # The answer to a form that was not taken is one, in this log.
    said(driver, name, allowed=("status of 422",))
    looked += 1
    if shots:
        height = driver.execute_script("return document.documentElement.scrollHeight")
        size(driver, width, min(height, 8000))
        driver.save_screenshot(f"{shots}/{(page or '/all')[1:]}-{width}-{theme}.png")


def look_narrow(driver):
    size(driver, 320)
    for page in PAGES:
        driver.get(f"{address}{page}?live=off")
        for line in driver.execute_script(OVERFLOW):
            finding(f"{page or '/'} 320: too wide: {line}")
        said(driver, f"{page or '/'} 320", allowed=("status of 422",))


def look_by_scheme(driver):
    """Without a choice the system's own scheme decides."""
    seen = set()
    for theme in THEMES:
        scheme(driver, theme)
        driver.get(f"{address}?live=off")
        seen.add(driver.execute_script("return getComputedStyle(document.documentElement).backgroundColor"))
    if len(seen) != 2:
        finding(f"the system's scheme changes nothing: {seen}")
    scheme(driver, "light")


def text_of(driver, selector):
    return driver.find_element(By.CSS_SELECTOR, selector).text


def wait(driver, words, condition):
    # Not a limit for a slow machine, but an end of a hang.
    try:
        WebDriverWait(driver, 1800, poll_frequency=0.1).until(lambda _: condition())
    except Exception as error:  # noqa: BLE001
        finding(f"{words}: {error}")


def look_live(driver):
    size(driver, 1280)
    driver.get(address)
    wait(driver, "the page does not become live", lambda: text_of(driver, "[data-state]") == "live")
    before = text_of(driver, "[data-live=lag]")
    elements = driver.execute_script("return document.querySelectorAll('*').length")
    wait(driver, "values do not change", lambda: text_of(driver, "[data-live=lag]") != before)
    if driver.execute_script("return document.querySelectorAll('*').length") != elements:
        finding("live values add or remove elements")
    driver.find_element(By.CSS_SELECTOR, "[data-pause]").click()
    if text_of(driver, "[data-state]") != "paused" or "live=off" not in driver.current_url:
        finding("Pause does not pause")
    still = text_of(driver, "[data-live=lag]")
    # The server goes on: what another page gets shows it, and this one must not have followed.
    paused = driver.current_window_handle
    driver.switch_to.new_window("tab")
    driver.get(address)
    wait(driver, "values do not change", lambda: text_of(driver, "[data-live=lag]") not in ("0", before, still))
    driver.close()
    driver.switch_to.window(paused)
    if text_of(driver, "[data-live=lag]") != still:
        finding("a paused page still gets values")
    driver.find_element(By.CSS_SELECTOR, "[data-pause]").click()
    wait(driver, "Resume does not resume", lambda: text_of(driver, "[data-state]") == "live")
    look_hidden(driver)
    driver.find_element(By.TAG_NAME, "body").send_keys("/")
    if driver.switch_to.active_element.get_attribute("id") != "everything":
        finding("/ does not lead to the search")
    driver.switch_to.active_element.send_keys("a/b", Keys.ESCAPE)
    driver.execute_cdp_cmd(
        "Browser.grantPermissions", {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"], "origin": origin}
    )
    button = driver.find_element(By.CSS_SELECTOR, ".facts [data-copy]")
    button.click()
    wait(driver, "Copy does not copy", lambda: button.text == "Copied")
    zone = driver.execute_script("return Intl.DateTimeFormat().resolvedOptions().timeZone")
    if f"tz={zone}" not in driver.execute_script("return document.cookie"):
        finding("the zone is not told")
    said(driver, "live")


def look_hidden(driver):
    """A hidden tab has no stream: the page's own end of it is counted, and opened again on return."""
    driver.execute_script(
        "Object.defineProperty(document, 'hidden', {configurable: true, get: () => true});"
        "document.dispatchEvent(new Event('visibilitychange'))"
    )
    still = text_of(driver, "[data-live=lag]")
    shown = driver.current_window_handle
    driver.switch_to.new_window("tab")
    driver.get(address)
    wait(driver, "values do not change", lambda: text_of(driver, "[data-live=lag]") not in ("0", still))
    driver.close()
    driver.switch_to.window(shown)
    if text_of(driver, "[data-live=lag]") != still:
        finding("a hidden page still gets values")
    driver.execute_script("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))")
    wait(driver, "a page that is seen again gets no values", lambda: text_of(driver, "[data-live=lag]") != still)


def look_at_tabs(driver):
    """A browser opens six connections to a host: pages that are hidden hold none, so the seventh is answered."""
    first = driver.current_window_handle
    for _ in range(7):
        driver.switch_to.new_window("tab")
        driver.get(address)
        wait(driver, "one of seven tabs does not become live", lambda: text_of(driver, "[data-state]") == "live")
    for handle in driver.window_handles:
        if handle != first:
            driver.switch_to.window(handle)
            driver.close()
    driver.switch_to.window(first)


def texts(driver):
    """What stands in the page, but for numbers, which change, times, which scripts tell by the reader's clock, and Copy, which they do."""
    parts = driver.find_elements(By.CSS_SELECTOR, "h1,h2,th,td,dd")
    shown = [part.text.removesuffix("\nCopy") for part in parts if not part.find_elements(By.TAG_NAME, "time")]
    return [re.sub(r"[0-9][0-9,.]*", "N", text) for text in shown]


def look_without_scripts(driver):
    driver.get(f"{address}?live=off")
    with_scripts = texts(driver)
    driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    driver.get(f"{address}?live=off")
    without = texts(driver)
    if without != with_scripts:
        finding(f"without scripts {without} is there, with them {with_scripts}")
    if any(button.is_displayed() for button in driver.find_elements(By.CSS_SELECTOR, "[data-copy]")):
        finding("a button is there that does nothing without scripts")
    driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def main():
    begun = time.monotonic()
    look_at_markup()
    axe = axe_source()
    driver = browser()
    try:
        for page in PAGES:
            for width in WIDTHS:
                for theme in THEMES:
                    look_at(driver, page, width, theme, axe)
        look_narrow(driver)
        look_by_scheme(driver)
        look_live(driver)
        look_at_tabs(driver)
        look_without_scripts(driver)
    finally:
        driver.quit()
    if found:
        print(f"check-pages: {len(found)} findings", file=sys.stderr)
        sys.exit(1)
    print(f"check-pages: {looked} looks at {len(PAGES)} pages, nothing found, {time.monotonic() - begun:.0f} s")


main()
